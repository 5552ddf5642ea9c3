/*
 * Suspend and resume of a group through its suspend buffer in guest memory.
 * The image is the firmware's own affair on hardware; here it is a header, a
 * checksum and the plain cs_state of every started stream. Whoever writes to
 * the buffer in between is caught: the firmware then refuses to resume.
 *
 * Called by mcu_csg.c. Calls mmu (AS0 copies) and csf (cs_state_valid).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <string.h>

#include "mcu_internal.h"

#define IMAGE_MAGIC   0x4d524147u /* "GARM" */
#define IMAGE_VERSION 1u

struct image_header {
    uint32_t magic, version;
    uint32_t streams;       /* slots in the image */
    uint32_t started;       /* bit per stream that follows */
    uint32_t state_size;    /* sizeof(struct cs_state) */
    uint32_t check;         /* over the streams that follow */
    uint64_t reserved;
};

uint32_t mcu_suspend_size(unsigned streams)
{
    uint32_t n = (uint32_t)(sizeof(struct image_header) + streams * sizeof(struct cs_state));

    return (n + 0xfff) & ~0xfffu;
}

/* FNV-1a over words: finds damage, not malice; malice is what cs_state_valid() is for. */
static uint32_t checksum(uint32_t h, const void *data, size_t len)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 16777619u;
    return h;
}

static uint64_t slot_va(const struct mali_mcu *m, unsigned g, unsigned i)
{
    return m->csg[g].suspend_buf + sizeof(struct image_header) + i * sizeof(struct cs_state);
}

bool mcu_suspend(struct mali_mcu *m, unsigned g)
{
    struct image_header h = {
        .magic = IMAGE_MAGIC,
        .version = IMAGE_VERSION,
        .streams = m->cfg.streams,
        .state_size = sizeof(struct cs_state),
        .check = 2166136261u,
    };
    struct mali_fault fault = {0};
    enum mali_mem_result r;

    for (unsigned i = 0; i < m->cfg.streams; i++) {
        struct mcu_cs *cs = mcu_stream(m, g, i);

        if (!cs->started)
            continue;
        h.started |= 1u << i;
        h.check = checksum(h.check, &cs->st, sizeof(cs->st));
        r = mali_mem_write(m->tlb, FW_AS, slot_va(m, g, i), &cs->st, sizeof(cs->st), MCU_SRC_FW,
                           &fault);
        if (r != MALI_MEM_OK) {
            mcu_crash(m, &fault, "suspend buffer write");
            return false;
        }
    }
    r = mali_mem_write(m->tlb, FW_AS, m->csg[g].suspend_buf, &h, sizeof(h), MCU_SRC_FW, &fault);
    if (r != MALI_MEM_OK)
        mcu_crash(m, &fault, "suspend buffer write");
    return r == MALI_MEM_OK;
}

static bool header_ok(const struct mali_mcu *m, const struct image_header *h)
{
    return h->magic == IMAGE_MAGIC && h->version == IMAGE_VERSION &&
           h->streams == m->cfg.streams && h->state_size == sizeof(struct cs_state);
}

static bool refuse(struct mali_mcu *m, unsigned g, const char *why)
{
    struct mali_fault fault = {.code = MALI_CSF_FW_INTERNAL_ERROR, .va = m->csg[g].suspend_buf};

    mali_log(m->bus, MALI_LOG_GUEST_ERROR, "group %u: suspend buffer at 0x%llx: %s", g,
             (unsigned long long)m->csg[g].suspend_buf, why);
    mcu_crash(m, &fault, "suspend buffer contents");
    return false;
}

bool mcu_resume(struct mali_mcu *m, unsigned g)
{
    struct image_header h;
    struct mali_fault fault = {0};
    uint32_t check = 2166136261u;

    if (mali_mem_read(m->tlb, FW_AS, m->csg[g].suspend_buf, &h, sizeof(h), MCU_SRC_FW, &fault) !=
        MALI_MEM_OK) {
        mcu_crash(m, &fault, "suspend buffer read");
        return false;
    }
    if (!header_ok(m, &h))
        return refuse(m, g, "no image of this firmware");
    for (unsigned i = 0; i < m->cfg.streams; i++) {
        struct mcu_cs *cs = mcu_stream(m, g, i);

        if (!(h.started & (1u << i)))
            continue;
        if (mali_mem_read(m->tlb, FW_AS, slot_va(m, g, i), &cs->st, sizeof(cs->st), MCU_SRC_FW,
                          &fault) != MALI_MEM_OK) {
            mcu_crash(m, &fault, "suspend buffer read");
            return false;
        }
        check = checksum(check, &cs->st, sizeof(cs->st));
        if (!cs_state_valid(&cs->st) || !cs->st.ring_size)
            return refuse(m, g, "stream state out of range");
        cs->reported_extract = cs->st.extract;
        cs->stop = CS_STOP_BUDGET;
    }
    if (check != h.check)
        return refuse(m, g, "checksum differs");
    return true;
}
