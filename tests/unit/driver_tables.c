/*
 * The driver's registers and interface offsets as a table; see driver_tables.h.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "driver_tables.h"

#include "../../driver/garm_fw_if.h"
#include "../../driver/garm_regs.h"

#include <stddef.h>

#define SAME(name) { #name, name }

const struct driver_value driver_regs[] = {
    SAME(GPU_ID), SAME(GPU_L2_FEATURES), SAME(GPU_CORE_FEATURES), SAME(GPU_TILER_FEATURES),
    SAME(GPU_MEM_FEATURES), SAME(GPU_MMU_FEATURES), SAME(GPU_AS_PRESENT), SAME(GPU_CSF_ID),
    { "GPU_INT_RAWSTAT", GPU_INT_BASE + INT_RAWSTAT }, { "GPU_INT_CLEAR", GPU_INT_BASE + INT_CLEAR },
    { "GPU_INT_MASK", GPU_INT_BASE + INT_MASK }, { "GPU_INT_STAT", GPU_INT_BASE + INT_STAT },
    SAME(GPU_CMD), SAME(GPU_STATUS), SAME(GPU_FAULT_STATUS), SAME(GPU_FAULT_ADDR), SAME(GPU_L2_CONFIG),
    SAME(GPU_FEATURES), SAME(GPU_TIMESTAMP_OFFSET), SAME(GPU_CYCLE_COUNT), SAME(GPU_TIMESTAMP),
    SAME(GPU_THREAD_MAX_THREADS), SAME(GPU_THREAD_MAX_WORKGROUP_SIZE), SAME(GPU_THREAD_MAX_BARRIER_SIZE),
    SAME(GPU_THREAD_FEATURES), { "GPU_TEXTURE_FEATURES", GPU_TEXTURE_FEATURES(0) },
    SAME(GPU_SHADER_PRESENT), SAME(GPU_TILER_PRESENT), SAME(GPU_L2_PRESENT),
    { "SHADER_READY", GPU_SHADER_READY }, { "TILER_READY", GPU_TILER_READY }, { "L2_READY", GPU_L2_READY },
    { "SHADER_PWRON", GPU_SHADER_PWRON }, { "TILER_PWRON", GPU_TILER_PWRON }, { "L2_PWRON", GPU_L2_PWRON },
    { "SHADER_PWROFF", GPU_SHADER_PWROFF }, { "TILER_PWROFF", GPU_TILER_PWROFF },
    { "L2_PWROFF", GPU_L2_PWROFF }, { "SHADER_PWRTRANS", GPU_SHADER_PWRTRANS },
    { "TILER_PWRTRANS", GPU_TILER_PWRTRANS }, { "L2_PWRTRANS", GPU_L2_PWRTRANS },
    { "SHADER_PWRACTIVE", GPU_SHADER_PWRACTIVE }, { "TILER_PWRACTIVE", GPU_TILER_PWRACTIVE },
    { "L2_PWRACTIVE", GPU_L2_PWRACTIVE }, { "GPU_REVID", GPU_REVID },
    SAME(GPU_COHERENCY_FEATURES), SAME(GPU_COHERENCY_PROTOCOL), SAME(MCU_CONTROL), SAME(MCU_STATUS),
    { "JOB_INT_RAWSTAT", JOB_INT_BASE + INT_RAWSTAT }, { "JOB_INT_CLEAR", JOB_INT_BASE + INT_CLEAR },
    { "JOB_INT_MASK", JOB_INT_BASE + INT_MASK }, { "JOB_INT_STAT", JOB_INT_BASE + INT_STAT },
    { "MMU_INT_RAWSTAT", MMU_INT_BASE + INT_RAWSTAT }, { "MMU_INT_CLEAR", MMU_INT_BASE + INT_CLEAR },
    { "MMU_INT_MASK", MMU_INT_BASE + INT_MASK }, { "MMU_INT_STAT", MMU_INT_BASE + INT_STAT },
    { "AS_TRANSTAB", AS_TRANSTAB(0) }, { "AS_MEMATTR", AS_MEMATTR(0) }, { "AS_LOCKADDR", AS_LOCKADDR(0) },
    { "AS_COMMAND", AS_COMMAND(0) }, { "AS_FAULTSTATUS", AS_FAULTSTATUS(0) },
    { "AS_FAULTADDRESS", AS_FAULTADDRESS(0) }, { "AS_STATUS", AS_STATUS(0) },
    { "AS_TRANSCFG", AS_TRANSCFG(0) }, { "AS_FAULTEXTRA", AS_FAULTEXTRA(0) },
    { "CSF_GPU_LATEST_FLUSH_ID", GPU_LATEST_FLUSH_ID }, { "CSF_DOORBELL", GPU_DOORBELL(0) },
    { NULL, 0 },
};

#define AT(name, type, field) { #name, offsetof(struct type, field) }
#define BITS(name, value) { #name, (uint32_t)(value) }

const struct driver_value driver_if[] = {
    AT(GLB_VERSION, fw_glb_control, version), AT(GLB_FEATURES, fw_glb_control, features),
    AT(GLB_INPUT_VA, fw_glb_control, input_va), AT(GLB_OUTPUT_VA, fw_glb_control, output_va),
    AT(GLB_GROUP_NUM, fw_glb_control, group_num), AT(GLB_GROUP_STRIDE, fw_glb_control, group_stride),
    AT(GLB_PRFCNT_SIZE, fw_glb_control, perfcnt_size),
    AT(GLB_INSTR_FEATURES, fw_glb_control, instr_features),
    AT(GLB_REQ, fw_glb_in, req), AT(GLB_ACK_IRQ_MASK, fw_glb_in, ack_irq_mask),
    AT(GLB_DB_REQ, fw_glb_in, doorbell_req), AT(GLB_PROGRESS_TIMER, fw_glb_in, progress_timer),
    AT(GLB_PWROFF_TIMER, fw_glb_in, poweroff_timer), AT(GLB_ALLOC_EN, fw_glb_in, core_en_mask),
    AT(GLB_PRFCNT_AS, fw_glb_in, perfcnt_as), AT(GLB_PRFCNT_BASE, fw_glb_in, perfcnt_base),
    AT(GLB_PRFCNT_EXTRACT, fw_glb_in, perfcnt_extract), AT(GLB_PRFCNT_CONFIG, fw_glb_in, perfcnt_config),
    AT(GLB_PRFCNT_MMU_L2_EN, fw_glb_in, perfcnt_mmu_l2_enable), AT(GLB_IDLE_TIMER, fw_glb_in, idle_timer),
    AT(GLB_ACK, fw_glb_out, ack), AT(GLB_DB_ACK, fw_glb_out, doorbell_ack),
    AT(GLB_HALT_STATUS, fw_glb_out, halt_status), AT(GLB_PRFCNT_STATUS, fw_glb_out, perfcnt_status),
    AT(GLB_PRFCNT_INSERT, fw_glb_out, perfcnt_insert),
    BITS(GLB_REQ_HALT, GLB_HALT), BITS(GLB_REQ_CFG_PROGRESS, GLB_CFG_PROGRESS_TIMER),
    BITS(GLB_REQ_CFG_ALLOC_EN, GLB_CFG_ALLOC_EN), BITS(GLB_REQ_CFG_PWROFF, GLB_CFG_POWEROFF_TIMER),
    BITS(GLB_REQ_COUNTER_EN, GLB_COUNTER_EN), BITS(GLB_REQ_PING, GLB_PING),
    BITS(GLB_REQ_IDLE_EN, GLB_IDLE_EN), BITS(GLB_EVT_IDLE, GLB_IDLE_EVENT),
    AT(CSG_FEATURES, fw_csg_control, features), AT(CSG_INPUT_VA, fw_csg_control, input_va),
    AT(CSG_OUTPUT_VA, fw_csg_control, output_va), AT(CSG_SUSPEND_SIZE, fw_csg_control, suspend_size),
    AT(CSG_PROTM_SUSPEND_SIZE, fw_csg_control, protm_suspend_size),
    AT(CSG_STREAM_NUM, fw_csg_control, stream_num), AT(CSG_STREAM_STRIDE, fw_csg_control, stream_stride),
    AT(CSG_REQ, fw_csg_in, req), AT(CSG_ACK_IRQ_MASK, fw_csg_in, ack_irq_mask),
    AT(CSG_DB_REQ, fw_csg_in, doorbell_req), AT(CSG_IRQ_ACK, fw_csg_in, cs_irq_ack),
    AT(CSG_ALLOW_COMPUTE, fw_csg_in, allow_compute), AT(CSG_ALLOW_FRAGMENT, fw_csg_in, allow_fragment),
    AT(CSG_ALLOW_OTHER, fw_csg_in, allow_other), AT(CSG_EP_REQ, fw_csg_in, endpoint_req),
    AT(CSG_SUSPEND_BUF, fw_csg_in, suspend_buf), AT(CSG_PROTM_SUSPEND_BUF, fw_csg_in, protm_suspend_buf),
    AT(CSG_CONFIG, fw_csg_in, config), AT(CSG_ACK, fw_csg_out, ack), AT(CSG_DB_ACK, fw_csg_out, doorbell_ack),
    AT(CSG_IRQ_REQ, fw_csg_out, cs_irq_req), AT(CSG_EP_CURRENT, fw_csg_out, status_endpoint_current),
    AT(CSG_STATUS_STATE, fw_csg_out, status_state), AT(CSG_RESOURCE_DEP, fw_csg_out, resource_dep),
    BITS(CSG_REQ_EP_CFG, CSG_ENDPOINT_CONFIG), BITS(CSG_REQ_STATUS, CSG_STATUS_UPDATE),
    BITS(CSG_EVT_SYNC_UPDATE, CSG_SYNC_UPDATE), BITS(CSG_EVT_IDLE, CSG_IDLE),
    BITS(CSG_EVT_DOORBELL, CSG_DOORBELL), BITS(CSG_EVT_PROGRESS, CSG_PROGRESS_TIMER_EVENT),
    AT(CS_FEATURES, fw_cs_control, features), AT(CS_INPUT_VA, fw_cs_control, input_va),
    AT(CS_OUTPUT_VA, fw_cs_control, output_va), AT(CS_REQ, fw_cs_in, req), AT(CS_CONFIG, fw_cs_in, config),
    AT(CS_ACK_IRQ_MASK, fw_cs_in, ack_irq_mask), AT(CS_BASE, fw_cs_in, ringbuf_base),
    AT(CS_SIZE, fw_cs_in, ringbuf_size), AT(CS_HEAP_START, fw_cs_in, heap_start),
    AT(CS_HEAP_END, fw_cs_in, heap_end), AT(CS_USER_INPUT, fw_cs_in, ringbuf_input),
    AT(CS_USER_OUTPUT, fw_cs_in, ringbuf_output), AT(CS_ACK, fw_cs_out, ack),
    AT(CS_STATUS_CMD_PTR, fw_cs_out, status_cmd_ptr), AT(CS_STATUS_WAIT, fw_cs_out, status_wait),
    AT(CS_STATUS_REQ_RES, fw_cs_out, status_req_resource),
    AT(CS_STATUS_SYNC_PTR, fw_cs_out, status_wait_sync_ptr),
    AT(CS_STATUS_SYNC_VAL, fw_cs_out, status_wait_sync_value), AT(CS_STATUS_SB, fw_cs_out, status_scoreboards),
    AT(CS_STATUS_BLOCKED, fw_cs_out, status_blocked_reason),
    AT(CS_STATUS_SYNC_VAL_HI, fw_cs_out, status_wait_sync_value_hi), AT(CS_FAULT, fw_cs_out, fault),
    AT(CS_FATAL, fw_cs_out, fatal), AT(CS_FAULT_INFO, fw_cs_out, fault_info),
    AT(CS_FATAL_INFO, fw_cs_out, fatal_info), AT(CS_HEAP_VT_START, fw_cs_out, heap_vt_start),
    AT(CS_HEAP_VT_END, fw_cs_out, heap_vt_end), AT(CS_HEAP_FRAG_END, fw_cs_out, heap_frag_end),
    AT(CS_HEAP_ADDRESS, fw_cs_out, heap_address), BITS(CS_REQ_EXTRACT_EVENT, CS_EXTRACT_EVENT),
    BITS(CS_IDLE_SYNC_WAIT, CS_IDLE_SYNC_WAIT), BITS(CS_IDLE_PROTM_PEND, CS_IDLE_PROTM_PENDING),
    BITS(CS_IDLE_EMPTY, CS_IDLE_EMPTY), BITS(CS_IDLE_RESOURCE, CS_IDLE_RESOURCE_REQ),
    BITS(CS_EVT_TILER_OOM, CS_TILER_OOM), BITS(CS_EVT_PROTM_PEND, CS_PROTM_PENDING),
    { "CS_EVT_FATAL", (uint32_t)(CS_EVENT_MASK & BIT(30)) }, { "CS_EVT_FAULT", (uint32_t)(CS_EVENT_MASK & BIT(31)) },
    AT(RING_INSERT, fw_ring_in, insert), AT(RING_EXTRACT_INIT, fw_ring_in, extract),
    AT(RING_EXTRACT, fw_ring_out, extract), AT(RING_ACTIVE, fw_ring_out, active),
    { NULL, 0 },
};
