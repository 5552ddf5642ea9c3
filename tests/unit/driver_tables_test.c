/*
 * garm.ko's tables of registers and firmware interface against the model's, which were written apart from each
 * other: a wrong offset on one side shows.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "driver_tables.h"
#include "tap.h"

#include "../../hw/mcu/fw_if.h"
#include "../../hw/regs/regs.h"

#include <string.h>

static const struct mali_reg *model_reg(const char *name)
{
    for (unsigned i = 0; i < MALI_REG_COUNT; i++) {
        if (!strcmp(mali_regs[i].name, name))
            return &mali_regs[i];
    }
    return NULL;
}

static void registers(void)
{
    for (const struct driver_value *v = driver_regs; v->name; v++) {
        const struct mali_reg *reg = model_reg(v->name);

        if (!TAP_CHECK(reg) || !TAP_CHECK_EQ(v->value, reg->off))
            tap_note("%s", v->name);
    }
}

#define SAME(name) { #name, name }

static const struct driver_value model_if[] = {
    SAME(GLB_VERSION), SAME(GLB_FEATURES), SAME(GLB_INPUT_VA), SAME(GLB_OUTPUT_VA), SAME(GLB_GROUP_NUM),
    SAME(GLB_GROUP_STRIDE), SAME(GLB_PRFCNT_SIZE), SAME(GLB_INSTR_FEATURES), SAME(GLB_REQ),
    SAME(GLB_ACK_IRQ_MASK), SAME(GLB_DB_REQ), SAME(GLB_PROGRESS_TIMER), SAME(GLB_PWROFF_TIMER),
    SAME(GLB_ALLOC_EN), SAME(GLB_PRFCNT_AS), SAME(GLB_PRFCNT_BASE), SAME(GLB_PRFCNT_EXTRACT),
    SAME(GLB_PRFCNT_CONFIG), SAME(GLB_PRFCNT_MMU_L2_EN), SAME(GLB_IDLE_TIMER), SAME(GLB_ACK),
    SAME(GLB_DB_ACK), SAME(GLB_HALT_STATUS), SAME(GLB_PRFCNT_STATUS), SAME(GLB_PRFCNT_INSERT),
    SAME(GLB_REQ_HALT), SAME(GLB_REQ_CFG_PROGRESS), SAME(GLB_REQ_CFG_ALLOC_EN), SAME(GLB_REQ_CFG_PWROFF),
    SAME(GLB_REQ_COUNTER_EN), SAME(GLB_REQ_PING), SAME(GLB_REQ_IDLE_EN), SAME(GLB_EVT_IDLE),
    SAME(CSG_FEATURES), SAME(CSG_INPUT_VA), SAME(CSG_OUTPUT_VA), SAME(CSG_SUSPEND_SIZE),
    SAME(CSG_PROTM_SUSPEND_SIZE), SAME(CSG_STREAM_NUM), SAME(CSG_STREAM_STRIDE), SAME(CSG_REQ),
    SAME(CSG_ACK_IRQ_MASK), SAME(CSG_DB_REQ), SAME(CSG_IRQ_ACK), SAME(CSG_ALLOW_COMPUTE),
    SAME(CSG_ALLOW_FRAGMENT), SAME(CSG_ALLOW_OTHER), SAME(CSG_EP_REQ), SAME(CSG_SUSPEND_BUF),
    SAME(CSG_PROTM_SUSPEND_BUF), SAME(CSG_CONFIG), SAME(CSG_ACK), SAME(CSG_DB_ACK), SAME(CSG_IRQ_REQ),
    SAME(CSG_EP_CURRENT), SAME(CSG_STATUS_STATE), SAME(CSG_RESOURCE_DEP), SAME(CSG_REQ_EP_CFG),
    SAME(CSG_REQ_STATUS), SAME(CSG_EVT_SYNC_UPDATE), SAME(CSG_EVT_IDLE), SAME(CSG_EVT_DOORBELL),
    SAME(CSG_EVT_PROGRESS), SAME(CS_FEATURES), SAME(CS_INPUT_VA), SAME(CS_OUTPUT_VA), SAME(CS_REQ),
    SAME(CS_CONFIG), SAME(CS_ACK_IRQ_MASK), SAME(CS_BASE), SAME(CS_SIZE), SAME(CS_HEAP_START),
    SAME(CS_HEAP_END), SAME(CS_USER_INPUT), SAME(CS_USER_OUTPUT), SAME(CS_ACK), SAME(CS_STATUS_CMD_PTR),
    SAME(CS_STATUS_WAIT), SAME(CS_STATUS_REQ_RES), SAME(CS_STATUS_SYNC_PTR), SAME(CS_STATUS_SYNC_VAL),
    SAME(CS_STATUS_SB), SAME(CS_STATUS_BLOCKED), SAME(CS_STATUS_SYNC_VAL_HI), SAME(CS_FAULT), SAME(CS_FATAL),
    SAME(CS_FAULT_INFO), SAME(CS_FATAL_INFO), SAME(CS_HEAP_VT_START), SAME(CS_HEAP_VT_END),
    SAME(CS_HEAP_FRAG_END), SAME(CS_HEAP_ADDRESS), SAME(CS_REQ_EXTRACT_EVENT), SAME(CS_IDLE_SYNC_WAIT),
    SAME(CS_IDLE_PROTM_PEND), SAME(CS_IDLE_EMPTY), SAME(CS_IDLE_RESOURCE), SAME(CS_EVT_TILER_OOM),
    SAME(CS_EVT_PROTM_PEND), SAME(CS_EVT_FATAL), SAME(CS_EVT_FAULT), SAME(RING_INSERT),
    SAME(RING_EXTRACT_INIT), SAME(RING_EXTRACT), SAME(RING_ACTIVE),
};

static const struct driver_value *model_value(const char *name)
{
    for (unsigned i = 0; i < sizeof(model_if) / sizeof(model_if[0]); i++) {
        if (!strcmp(model_if[i].name, name))
            return &model_if[i];
    }
    return NULL;
}

static void interface(void)
{
    for (const struct driver_value *v = driver_if; v->name; v++) {
        const struct driver_value *model = model_value(v->name);

        if (!TAP_CHECK(model) || !TAP_CHECK_EQ(v->value, model->value))
            tap_note("%s", v->name);
    }
}

TAP_MAIN({"registers", registers}, {"firmware-interface", interface})
