/*
 * Guest RAM as the GPU sees it: a sorted table of RAM sections, rebuilt by a
 * memory listener and read without locks by the GPU thread.
 *
 * Called by the core through struct mali_host_ops; calls QEMU's memory API.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "exec/address-spaces.h"
#include "hw/mali/qemu/mali_device.h"

static const MaliRamSection *find(const MaliRamTable *t, uint64_t pa)
{
    unsigned lo = 0, hi = t ? t->count : 0;

    while (lo < hi) {
        unsigned mid = lo + (hi - lo) / 2;
        const MaliRamSection *s = &t->section[mid];

        if (pa < s->base) {
            hi = mid;
        } else if (pa - s->base >= s->size) {
            lo = mid + 1;
        } else {
            return s;
        }
    }
    return NULL;
}

void *mali_ram_lookup(void *opaque, uint64_t pa, uint64_t *avail, bool *writable)
{
    MaliState *s = opaque;
    const MaliRamSection *sec = find(qatomic_load_acquire(&s->ram), pa);

    if (!sec) {
        return NULL;
    }
    *avail = sec->size - (pa - sec->base);
    *writable = sec->writable;
    return (uint8_t *)sec->host + (pa - sec->base);
}

void mali_ram_dirty(void *opaque, uint64_t pa, uint64_t len)
{
    MaliState *s = opaque;
    const MaliRamSection *sec = find(qatomic_load_acquire(&s->ram), pa);

    if (sec) {
        memory_region_set_dirty(sec->mr, sec->offset + (pa - sec->base),
                                MIN(len, sec->size - (pa - sec->base)));
    }
}

static void ram_begin(MemoryListener *listener)
{
    MaliState *s = container_of(listener, MaliState, listener);

    g_array_set_size(s->ram_build, 0);
}

static void ram_section(MemoryListener *listener, MemoryRegionSection *section)
{
    MaliState *s = container_of(listener, MaliState, listener);
    MaliRamSection sec = {
        .base = section->offset_within_address_space,
        .size = int128_get64(section->size),
        .mr = section->mr,
        .offset = section->offset_within_region,
        .writable = !section->readonly,
    };

    if (!memory_region_is_ram(section->mr) || memory_region_is_ram_device(section->mr)) {
        return;
    }
    sec.host = (uint8_t *)memory_region_get_ram_ptr(section->mr) + sec.offset;
    g_array_append_val(s->ram_build, sec);
}

static int by_base(const void *a, const void *b)
{
    const MaliRamSection *x = a, *y = b;

    return x->base < y->base ? -1 : x->base > y->base;
}

static bool same(const MaliRamTable *t, const GArray *a)
{
    if (!t || t->count != a->len) {
        return false;
    }
    for (unsigned i = 0; i < a->len; i++) {
        const MaliRamSection *x = &t->section[i];
        const MaliRamSection *y = &g_array_index(a, MaliRamSection, i);

        if (x->base != y->base || x->size != y->size || x->host != y->host ||
            x->writable != y->writable) {
            return false;
        }
    }
    return true;
}

/* The GPU thread may be reading the old table: it is kept until the device goes. */
static void ram_commit(MemoryListener *listener)
{
    MaliState *s = container_of(listener, MaliState, listener);
    GArray *a = s->ram_build;
    MaliRamTable *t;

    qsort(a->data, a->len, sizeof(MaliRamSection), by_base);
    if (same(s->ram, a)) {
        return;
    }
    t = g_malloc(sizeof(*t) + a->len * sizeof(MaliRamSection));
    t->count = a->len;
    memcpy(t->section, a->data, a->len * sizeof(MaliRamSection));
    t->retired = s->ram;
    qatomic_store_release(&s->ram, t);
    mali_gpu_ram_changed(s->gpu);
}

static void ram_log_sync(MemoryListener *listener, MemoryRegionSection *section)
{
    MaliState *s = container_of(listener, MaliState, listener);

    mali_gpu_dirty_sync(s->gpu);
}

void mali_ram_init(MaliState *s)
{
    s->ram_build = g_array_new(false, false, sizeof(MaliRamSection));
    s->listener = (MemoryListener){
        .name = "mali-ram",
        .begin = ram_begin,
        .region_add = ram_section,
        .region_nop = ram_section,
        .commit = ram_commit,
        .log_sync = ram_log_sync,
    };
    memory_listener_register(&s->listener, &address_space_memory);
}

void mali_ram_cleanup(MaliState *s)
{
    MaliRamTable *t = s->ram;

    memory_listener_unregister(&s->listener);
    g_array_free(s->ram_build, true);
    while (t) {
        MaliRamTable *next = t->retired;

        g_free(t);
        t = next;
    }
}
