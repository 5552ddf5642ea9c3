/*
 * The race detector (--gpu race=on): invocations of one job that access the
 * same memory, one of them writing, with nothing that orders them.
 *
 * What orders two accesses: being made by one invocation; a barrier between
 * them, in one workgroup; an atomic operation with a result, by the later one's
 * workgroup, of a word on which the earlier one's workgroup has made an atomic
 * operation after its access (a hand-over, as "the last workgroup adds up");
 * lying in different jobs. Two atomic operations do not race.
 *
 * Not reported: lanes of one warp at different instructions, for nothing in a
 * binary shows a subgroup's barrier. Missed: what more than two readers of a
 * word did before it is written, hand-overs through a third workgroup are taken
 * for races.
 *
 * Not watched: vertex and fragment shaders. Invocations of a draw have no workgroup, and what
 * orders fragments of one pixel is the tile buffer's business. That they stored, or did atomic
 * operations, is said once, in the log and the report, with their number at the end.
 *
 * Memory: cells of four bytes of memory in a table of fixed size, four to a
 * set; the oldest of a set makes room. How many were lost while their job ran
 * is said.
 *
 * One thread: jobs that are observed run on the thread that submits them.
 *
 * Called by core.c and compute.c (observer), pipeline.c. Calls the log and the
 * report.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline_internal.h"

#define CELLS                                                                                      \
    (1u << 20) /* some 80 MiB, of which the host gives what is used                                \
                */
#define WAYS     4u
#define SYNCS    (1u << 16) /* (atomic word, workgroup) pairs remembered */
#define PAIRS    256u       /* distinct reports */
#define JOB_BITS 4096u
#define JOBS     64u /* whose hand-overs are known at a time */
#define TAKEN    16u /* words on which a workgroup has taken over */

/* Who made an access. */
struct access {
    uint32_t group;  /* linear, 1 is the first; 0: no access */
    uint16_t thread; /* of the group */
    uint8_t bytes;   /* of the word, a bit each */
    uint8_t atomic;
    uint32_t epoch; /* barriers that the group has passed */
    uint32_t pc;    /* byte offset in the program */
    uint64_t time;  /* number of the instruction among all that were observed */
};

struct cell {
    uint64_t word; /* address / 4 */
    uint32_t job;  /* 0: free */
    uint32_t pad;
    struct access write, read[2];
};

/* A workgroup's last atomic operation on a word. */
struct sync {
    uint64_t word, time;
    uint32_t job, group;
};

/* The words on which a job's workgroup under way has made atomic operations
 * with results. */
struct taken {
    uint64_t job;
    uint32_t group;
    unsigned words;
    uint64_t word[TAKEN];
};

struct pair {
    uint64_t hash; /* of the program */
    uint32_t pc[2];
    bool reads; /* one of the two only reads */
};

struct race {
    struct core_observer observer; /* first */
    struct mali_bus *bus;
    struct mali_trace *trace;
    struct cell *cell;
    struct sync *sync;
    struct taken taken[JOBS];
    uint8_t ended[JOB_BITS / 8];
    uint64_t last_job, time;
    uint64_t races, lost, pairs_lost, unwatched;
    unsigned pairs;
    struct pair pair[PAIRS];
};

/* --- the table
 * ------------------------------------------------------------------------ */

static bool job_ended(const struct race *r, uint32_t job)
{
    return r->last_job - job >= JOB_BITS || r->ended[job % JOB_BITS / 8] >> job % 8 & 1;
}

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 29) * 0xff51afd7ed558ccdull;
    return x ^ x >> 32;
}

static uint64_t last_use(const struct cell *c)
{
    uint64_t t = c->write.time;

    t = c->read[0].time > t ? c->read[0].time : t;
    return c->read[1].time > t ? c->read[1].time : t;
}

/* The cell of a word; a new one takes the place of the oldest. */
static struct cell *cell_of(struct race *r, uint32_t job, uint64_t word)
{
    struct cell *set = &r->cell[mix(word ^ (uint64_t)job << 40) % (CELLS / WAYS) * WAYS],
                *best = set;

    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].word == word && set[i].job == job)
            return &set[i];
    for (unsigned i = 1; i < WAYS; i++) /* a free cell was never used */
        if (last_use(&set[i]) < last_use(best))
            best = &set[i];
    for (unsigned i = 0; i < WAYS; i++)
        if (set[i].job && job_ended(r, set[i].job))
            best = &set[i];
    r->lost += best->job && !job_ended(r, best->job);
    memset(best, 0, sizeof(*best));
    best->job = job;
    best->word = word;
    return best;
}

/* --- hand-overs by atomic operations
 * --------------------------------------------------------- */

static struct sync *sync_of(struct race *r, uint32_t job, uint64_t word, uint32_t group)
{
    return &r->sync[mix(word ^ (uint64_t)job << 40 ^ mix(group)) % SYNCS];
}

static struct taken *taken_of(struct race *r, uint32_t job, uint32_t group)
{
    struct taken *t = &r->taken[job % JOBS];

    if (t->job != job || t->group != group)
        *t = (struct taken){.job = job, .group = group};
    return t;
}

static bool has_result(const struct va_insn *in)
{
    for (unsigned i = 0; i < in->nr_sr; i++)
        if (in->sr[i].write)
            return true;
    return false;
}

/* Group @group has made an atomic operation on @word. */
static void note_atomic(struct race *r, uint32_t job, uint64_t word, uint32_t group,
                        const struct va_insn *in)
{
    struct taken *t = taken_of(r, job, group);
    unsigned i = 0;

    struct sync *s = sync_of(r, job, word, group);

    r->lost += s->job && !job_ended(r, s->job) && (s->word != word || s->group != group);
    *s = (struct sync){word, r->time, job, group};
    if (!has_result(in))
        return;
    while (i < t->words && t->word[i] != word)
        i++;
    if (i == TAKEN)
        i = (unsigned)(r->time % TAKEN);
    t->word[i] = word;
    t->words += i == t->words;
}

/* Something that @prev's group did after @prev has reached @now's group through
 * an atomic. */
static bool handed_over(struct race *r, uint32_t job, const struct access *prev,
                        const struct access *now)
{
    const struct taken *t = taken_of(r, job, now->group);

    for (unsigned i = 0; i < t->words; i++) {
        const struct sync *s = sync_of(r, job, t->word[i], prev->group);
        if (s->job == job && s->word == t->word[i] && s->group == prev->group &&
            s->time > prev->time)
            return true;
    }
    return false;
}

/* --- reports
 * ------------------------------------------------------------------------------------
 */

static void insn_text(const struct core *c, uint32_t pc, char *buf, size_t size)
{
    const struct va_insn *in = pc & 7 ? NULL : va_program_insn(c->shader.program, pc / 8);

    snprintf(buf, size, "code outside the program");
    if (in)
        va_disasm(in, buf, size);
}

static void group_text(const struct core *c, uint32_t group, char *buf, size_t size)
{
    uint32_t n = group - 1, gx = c->grid[0] ? c->grid[0] : 1, gy = c->grid[1] ? c->grid[1] : 1;

    snprintf(buf, size, "%u,%u,%u", n % gx, n / gx % gy, n / gx / gy);
}

/* True: not reported before. */
static bool new_pair(struct race *r, const struct pair *p)
{
    for (unsigned i = 0; i < r->pairs; i++)
        if (r->pair[i].hash == p->hash && r->pair[i].pc[0] == p->pc[0] &&
            r->pair[i].pc[1] == p->pc[1] && r->pair[i].reads == p->reads)
            return false;
    if (r->pairs == PAIRS) {
        r->pairs_lost++;
        return false;
    }
    r->pair[r->pairs++] = *p;
    return true;
}

static void report(struct race *r, struct core *c, uint64_t va, const struct access *prev,
                   const struct access *now, bool reads)
{
    const struct access *both[2] = {prev, now};
    struct pair p = {va_program_hash(c->shader.program), {prev->pc, now->pc}, reads};
    char insn[2][160], group[2][48], text[1024];

    r->races++;
    if (!new_pair(r, &p))
        return;
    for (unsigned i = 0; i < 2; i++) {
        insn_text(c, both[i]->pc, insn[i], sizeof(insn[i]));
        group_text(c, both[i]->group, group[i], sizeof(group[i]));
    }
    snprintf(text, sizeof(text),
             "%s race at 0x%llx in shader %016llx at 0x%llx: workgroup %s "
             "invocation %u at +0x%x "
             "{%s}, workgroup %s invocation %u at +0x%x {%s}",
             reads ? "read-write" : "write-write", (unsigned long long)va,
             (unsigned long long)p.hash, (unsigned long long)c->shader.base, group[0], prev->thread,
             prev->pc, insn[0], group[1], now->thread, now->pc, insn[1]);
    mali_log(r->bus, MALI_LOG_GUEST_ERROR, "%s", text);
    mali_trace_finding(r->trace, "race", text);
}

/* --- accesses
 * --------------------------------------------------------------------------------------
 */

static bool ordered(struct race *r, uint32_t job, const struct access *prev,
                    const struct access *now)
{
    if (!prev->group || !(prev->bytes & now->bytes) || (prev->atomic && now->atomic))
        return true;
    if (prev->group != now->group)
        return handed_over(r, job, prev, now);
    if (prev->thread == now->thread || prev->epoch < now->epoch)
        return true;
    return prev->thread / VA_LANES == now->thread / VA_LANES && prev->time != now->time;
}

/* Two readers are kept: the same one again, a free place, one that is ordered,
 * the older. */
static void keep_read(struct race *r, struct cell *cell, const struct access *now)
{
    struct access *to = &cell->read[cell->read[1].time < cell->read[0].time];

    for (unsigned i = 2; i--;)
        if (!cell->read[i].group || ordered(r, cell->job, &cell->read[i], now))
            to = &cell->read[i];
    *to = *now;
}

static void word_touched(struct race *r, struct core *c, uint64_t word, const struct access *now,
                         enum va_access access, bool shared)
{
    uint32_t job = (uint32_t)c->job;
    struct cell *cell = cell_of(r, job, word);

    if (shared && cell->write.group != now->group)
        cell->write.group = 0; /* another workgroup had the same storage before */
    for (unsigned i = 0; i < 2 && shared; i++)
        if (cell->read[i].group != now->group)
            cell->read[i].group = 0;
    if (!ordered(r, job, &cell->write, now))
        report(r, c, 4 * word, &cell->write, now, access == VA_READ);
    if (access == VA_READ) {
        keep_read(r, cell, now);
        return;
    }
    for (unsigned i = 0; i < 2; i++)
        if (!ordered(r, job, &cell->read[i], now)) {
            report(r, c, 4 * word, &cell->read[i], now, true);
            break;
        }
    cell->write = *now;
}

static void lane_touched(struct race *r, struct core *c, const struct va_touch *t, unsigned lane,
                         struct access *now)
{
    uint64_t va = t->va[lane], end = va + t->size;
    bool shared = va - c->wls < c->wls_bytes;

    for (uint64_t word = va / 4; 4 * word < end; word++) {
        unsigned first = 4 * word < va ? (unsigned)(va & 3) : 0;
        unsigned last = end - 4 * word < 4 ? (unsigned)(end - 4 * word) : 4;
        now->bytes = (uint8_t)((1u << last) - (1u << first));
        if (t->access == VA_ATOMIC && 4 * word <= va)
            note_atomic(r, (uint32_t)c->job, word, now->group, t->insn);
        word_touched(r, c, word, now, t->access, shared);
    }
}

/* Stores and atomic operations of a draw's shader, to memory that others can see. */
static void unwatched(struct race *r, const struct core *c, const struct va_warp *w,
                      const struct va_touch *t)
{
    static const char text[] =
        "vertex or fragment shaders store to memory: draws are not watched for races";
    uint64_t before = r->unwatched;

    for (unsigned i = 0; i < VA_LANES && t->access != VA_READ; i++)
        r->unwatched += (t->lanes >> i & 1) && !CORE_IN_NULL_WINDOW(t->va[i]) &&
                        !CORE_IN_VERTEX_WINDOW(t->va[i]) && t->va[i] - va_tls(w, i) >= c->tls_bytes;
    if (before || !r->unwatched)
        return;
    mali_log(r->bus, MALI_LOG_GUEST_ERROR, "%s (the first: shader at 0x%llx)", text,
             (unsigned long long)c->shader.base);
    mali_trace_finding(r->trace, "race detector", text);
}

static void on_touched(struct core_observer *o, struct core *c, struct va_warp *w,
                       const struct va_touch *t)
{
    struct race *r = (struct race *)o;
    unsigned warp = (unsigned)c->shader.special[VA_SPECIAL_WARP_ID];
    uint32_t group = 1 + c->group[0] + c->grid[0] * (c->group[1] + c->grid[1] * c->group[2]);

    if (!c->threads) { /* not a compute job: invocations have no workgroups */
        unwatched(r, c, w, t);
        return;
    }
    r->time++;
    r->last_job = c->job > r->last_job ? c->job : r->last_job;
    r->ended[c->job % JOB_BITS / 8] &= (uint8_t) ~(1u << c->job % 8);
    for (unsigned i = 0; i < VA_LANES; i++) {
        unsigned thread = VA_LANES * warp + i;
        struct access now = {
            .group = group + thread / c->threads,
            .thread = (uint16_t)(thread % c->threads),
            .atomic = t->access == VA_ATOMIC,
            .epoch = c->epoch,
            .pc = (uint32_t)(t->pc - c->shader.base),
            .time = r->time,
        };
        if ((t->lanes >> i & 1) && !CORE_IN_NULL_WINDOW(t->va[i]) &&
            t->va[i] - va_tls(w, i) >= c->tls_bytes)
            lane_touched(r, c, t, i, &now);
    }
}

static void on_ended(struct core_observer *o, struct core *c)
{
    struct race *r = (struct race *)o;

    r->ended[c->job % JOB_BITS / 8] |= (uint8_t)(1u << c->job % 8);
}

/* --- life
 * --------------------------------------------------------------------------------------------
 */

bool mali_pipeline_race(struct mali_pipeline *p, struct mali_trace *trace)
{
    struct race *r = calloc(1, sizeof(*r));

    if (r) {
        r->cell = calloc(CELLS, sizeof(*r->cell));
        r->sync = calloc(SYNCS, sizeof(*r->sync));
    }
    if (!r || !r->cell || !r->sync) {
        if (r) {
            free(r->cell);
            free(r->sync);
        }
        free(r);
        return false;
    }
    r->observer = (struct core_observer){on_touched, on_ended};
    r->bus = p->bus;
    r->trace = trace;
    p->race = r;
    p->observer = &r->observer;
    return true;
}

void mali_pipeline_race_end(struct mali_pipeline *p)
{
    struct race *r = p->race;

    if (!r)
        return;
    mali_log(r->bus, r->races ? MALI_LOG_GUEST_ERROR : MALI_LOG_INFO,
             "race detector: %u pairs of instructions race, seen %llu times; "
             "%llu words forgotten "
             "for lack of room, %llu races of further pairs not reported; "
             "%llu stores of vertex and fragment shaders not watched",
             r->pairs, (unsigned long long)r->races, (unsigned long long)r->lost,
             (unsigned long long)r->pairs_lost, (unsigned long long)r->unwatched);
    p->race = NULL;
    p->observer = NULL;
    free(r->cell);
    free(r->sync);
    free(r);
}
