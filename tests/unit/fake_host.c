/*
 * The unit tests' host; see fake_host.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "fake_host.h"

#include "../../hw/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* --- callbacks ------------------------------------------------------------- */
static void clip(uint64_t pa, uint64_t start, uint64_t size, uint64_t *avail, bool *inside)
{
    *inside = size && pa >= start && pa - start < size;
    if (*inside && *avail > size - (pa - start))
        *avail = size - (pa - start);
    else if (size && pa<start && * avail> start - pa)
        *avail = start - pa;
}

static void *fake_op_ram(void *opaque, uint64_t pa, uint64_t *avail, bool *writable)
{
    struct fake_host *h = opaque;
    bool rom, hole;

    __atomic_fetch_add(&h->ram_calls, 1, __ATOMIC_RELAXED);
    if (pa < h->ram_base || pa - h->ram_base >= h->ram_size)
        return NULL;
    *avail = h->ram_size - (pa - h->ram_base);
    clip(pa, h->rom_base, h->rom_size, avail, &rom);
    clip(pa, h->hole_base, h->hole_size, avail, &hole);
    *writable = !rom;
    return hole ? NULL : h->ram + (pa - h->ram_base);
}

static void fake_op_dirty(void *opaque, uint64_t pa, uint64_t len)
{
    struct fake_host *h = opaque;

    pthread_mutex_lock(&h->lock);
    h->dirty_calls++;
    h->dirty_pa = pa;
    h->dirty_len = len;
    pthread_mutex_unlock(&h->lock);
}

static uint64_t fake_op_now(void *opaque)
{
    struct fake_host *h = opaque;

    return __atomic_load_n(&h->now_ns, __ATOMIC_RELAXED);
}

static uint64_t fake_op_counter(void *opaque)
{
    struct fake_host *h = opaque;
    unsigned __int128 ticks = (unsigned __int128)fake_op_now(h) * h->counter_hz;

    return h->counter_offset + (uint64_t)(ticks / 1000000000u);
}

static uint32_t fake_op_counter_hz(void *opaque)
{
    return ((struct fake_host *)opaque)->counter_hz;
}

static void fake_op_timer(void *opaque, uint64_t ns)
{
    struct fake_host *h = opaque;

    pthread_mutex_lock(&h->lock);
    h->timer_ns = ns;
    h->timer_calls++;
    pthread_mutex_unlock(&h->lock);
}

static void fake_op_irq(void *opaque)
{
    struct fake_host *h = opaque;

    pthread_mutex_lock(&h->lock);
    h->irq = true;
    h->irq_calls++;
    pthread_mutex_unlock(&h->lock);
}

static void fake_op_log(void *opaque, enum mali_log level, const char *line)
{
    struct fake_host *h = opaque;

    pthread_mutex_lock(&h->lock);
    h->log_count[level]++;
    snprintf(h->log[h->log_total++ % FAKE_LOG_LINES], sizeof(h->log[0]), "%s", line);
    if (h->log_print)
        printf("# log: %s\n", line);
    pthread_mutex_unlock(&h->lock);
}

static void fake_op_trace(void *opaque, const struct mali_event *ev)
{
    struct fake_host *h = opaque;

    pthread_mutex_lock(&h->lock);
    struct fake_event *e = &h->event[h->event_total++ % FAKE_EVENTS];
    *e = (struct fake_event){.id = ev->id, .a = ev->a, .b = ev->b, .c = ev->c, .d = ev->d};
    snprintf(e->name, sizeof(e->name), "%s", ev->name ? ev->name : "");
    if ((unsigned)ev->id < FAKE_EVENT_IDS)
        h->event_count[ev->id]++;
    pthread_mutex_unlock(&h->lock);
}

static void fake_op_thread(void *opaque, bool start)
{
    struct fake_host *h = opaque;

    __atomic_fetch_add(&h->threads, start ? 1 : -1, __ATOMIC_RELAXED);
}

const struct mali_host_ops *fake_host_ops(void)
{
    static const struct mali_host_ops ops = {
        .ram = fake_op_ram,
        .dirty = fake_op_dirty,
        .now = fake_op_now,
        .counter = fake_op_counter,
        .counter_hz = fake_op_counter_hz,
        .timer = fake_op_timer,
        .irq = fake_op_irq,
        .log = fake_op_log,
        .trace = fake_op_trace,
        .thread = fake_op_thread,
    };
    return &ops;
}

/* --- life ------------------------------------------------------------------ */
struct fake_host *fake_host_new(uint64_t ram_base, uint64_t ram_size)
{
    struct fake_host *h = calloc(1, sizeof(*h));

    if (!h)
        abort();
    h->ram = mmap(NULL, ram_size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (h->ram == MAP_FAILED)
        abort();
    h->ram_base = ram_base;
    h->ram_size = ram_size;
    h->table_next = ram_base + ram_size;
    h->counter_hz = 24000000; /* RK3588's generic timer */
    h->timer_ns = UINT64_MAX;
    pthread_mutex_init(&h->lock, NULL);
    h->bus = (struct mali_bus){.ops = fake_host_ops(), .opaque = h, .log_mask = 7};
    return h;
}

void fake_host_free(struct fake_host *h)
{
    munmap(h->ram, h->ram_size);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

/* --- memory, time, log ------------------------------------------------------- */
void *fake_ram(struct fake_host *h, uint64_t pa, uint64_t len)
{
    if (pa < h->ram_base || pa - h->ram_base > h->ram_size ||
        len > h->ram_size - (pa - h->ram_base)) {
        fprintf(stderr, "fake_ram: 0x%llx + 0x%llx is outside RAM\n", (unsigned long long)pa,
                (unsigned long long)len);
        abort();
    }
    return h->ram + (pa - h->ram_base);
}

uint64_t fake_page(const struct fake_host *h, uint64_t n)
{
    return h->ram_base + n * 4096;
}

void fake_advance(struct fake_host *h, uint64_t ns)
{
    __atomic_fetch_add(&h->now_ns, ns, __ATOMIC_RELAXED);
}

bool fake_advance_to_timer(struct fake_host *h)
{
    pthread_mutex_lock(&h->lock);
    bool armed = h->timer_ns != UINT64_MAX;
    if (armed) {
        if (h->timer_ns > h->now_ns)
            __atomic_store_n(&h->now_ns, h->timer_ns, __ATOMIC_RELAXED);
        h->timer_ns = UINT64_MAX;
    }
    pthread_mutex_unlock(&h->lock);
    return armed;
}

bool fake_log_has(struct fake_host *h, const char *text)
{
    bool found = false;

    pthread_mutex_lock(&h->lock);
    for (unsigned i = 0; i < h->log_total && i < FAKE_LOG_LINES && !found; i++)
        found = strstr(h->log[i], text) != NULL;
    pthread_mutex_unlock(&h->lock);
    return found;
}

void fake_log_clear(struct fake_host *h)
{
    pthread_mutex_lock(&h->lock);
    h->log_total = 0;
    memset(h->log_count, 0, sizeof(h->log_count));
    pthread_mutex_unlock(&h->lock);
}

/* --- page tables ------------------------------------------------------------- */
#define PT_ADDR 0x0000fffffffff000ull

static unsigned pt_shift(unsigned level)
{
    return 39 - 9 * level;
}

uint64_t pt_new_root(struct fake_host *h)
{
    h->table_next -= 4096;
    memset(fake_ram(h, h->table_next, 4096), 0, 4096);
    return h->table_next;
}

uint64_t *pt_entry(struct fake_host *h, uint64_t root, uint64_t va, unsigned level)
{
    uint64_t table = root;

    for (unsigned l = 0;; l++) {
        uint64_t *t = fake_ram(h, table, 4096);
        uint64_t *e = &t[va >> pt_shift(l) & 511];
        if (l == level)
            return e;
        if ((*e & 3) != 3)
            return NULL;
        table = *e & PT_ADDR;
    }
}

static unsigned pt_leaf_level(uint64_t va, uint64_t pa, uint64_t size, unsigned flags)
{
    for (unsigned level = 1; level < 3; level++) {
        uint64_t leaf = 1ull << pt_shift(level);
        if ((flags & PT_4K_ONLY) || (level == 1 && (flags & PT_2M_MAX)))
            continue;
        if (!((va | pa) & (leaf - 1)) && size >= leaf)
            return level;
    }
    return 3;
}

static uint64_t pt_leaf(uint64_t pa, unsigned level, unsigned flags)
{
    uint64_t e = pa | (level == 3 ? 3 : 1) | (uint64_t)(flags >> 8 & 7) << 2 | 1ull << 11;

    e |= flags & (PT_R | PT_W) ? 1ull << 6 : 0; /* AP[1]: unprivileged */
    e |= flags & PT_W ? 0 : 1ull << 7;          /* AP[2]: read only */
    e |= flags & PT_NO_AF ? 0 : 1ull << 10;
    e |= flags & PT_CONTIG ? 1ull << 52 : 0;
    e |= flags & PT_X ? 0 : 3ull << 53;
    return e;
}

void pt_map(struct fake_host *h, uint64_t root, uint64_t va, uint64_t pa, uint64_t size,
            unsigned flags)
{
    while (size) {
        unsigned leaf = pt_leaf_level(va, pa, size, flags);
        for (unsigned l = 0; l < leaf; l++) {
            uint64_t *e = pt_entry(h, root, va, l);
            if ((*e & 3) != 3)
                *e = pt_new_root(h) | 3;
        }
        *pt_entry(h, root, va, leaf) = pt_leaf(pa, leaf, flags);
        uint64_t step = 1ull << pt_shift(leaf);
        va += step;
        pa += step;
        size -= size < step ? size : step;
    }
}

void pt_unmap(struct fake_host *h, uint64_t root, uint64_t va, uint64_t size)
{
    uint64_t end = va + size;

    while (va < end) {
        unsigned level = 0;
        uint64_t *e = pt_entry(h, root, va, 0);
        while (level < 3 && (*e & 3) == 3)
            e = pt_entry(h, root, va, ++level);
        *e = 0;
        va = ((va >> pt_shift(level)) + 1) << pt_shift(level);
    }
}
