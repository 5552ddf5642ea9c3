/*
 * The firmware interface as memory: offsets and bits of the control, input and
 * output blocks that host and firmware share. The driver keeps its own table;
 * a test compares the two, so this one is never included there.
 *
 * Used by the files of hw/mcu only.
 * Source of every value: panthor_fw.h and panthor_fw.c of Linux 6.12 and 7.2.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef MALI_FW_IF_H
#define MALI_FW_IF_H

#define FW_AS              0u
#define FW_SHARED_VA       0x04000000ull
#define FW_SHARED_MAX      0x04000000ull
#define FW_GROUP_CONTROL   0x1000u
#define FW_STREAM_CONTROL  0x40u
#define FW_STREAM_STRIDE   0x10u
#define FW_VERSION         ((1u << 24) | (1u << 16)) /* interface 1.1.0 */

/* GLB control */
#define GLB_VERSION        0x00
#define GLB_FEATURES       0x04
#define GLB_INPUT_VA       0x08
#define GLB_OUTPUT_VA      0x0c
#define GLB_GROUP_NUM      0x10
#define GLB_GROUP_STRIDE   0x14
#define GLB_PRFCNT_SIZE    0x18
#define GLB_INSTR_FEATURES 0x1c

/* GLB input */
#define GLB_REQ            0x00
#define GLB_ACK_IRQ_MASK   0x04
#define GLB_DB_REQ         0x08
#define GLB_PROGRESS_TIMER 0x10
#define GLB_PWROFF_TIMER   0x14
#define GLB_ALLOC_EN       0x18 /* core_en_mask, u64 */
#define GLB_PRFCNT_AS      0x24
#define GLB_PRFCNT_BASE    0x28 /* u64 */
#define GLB_PRFCNT_EXTRACT 0x30
#define GLB_PRFCNT_CONFIG  0x40
#define GLB_PRFCNT_CSG_SEL 0x44
#define GLB_PRFCNT_FW_EN   0x48
#define GLB_PRFCNT_CSG_EN  0x4c
#define GLB_PRFCNT_CSF_EN  0x50
#define GLB_PRFCNT_SHADER_EN 0x54
#define GLB_PRFCNT_TILER_EN  0x58
#define GLB_PRFCNT_MMU_L2_EN 0x5c
#define GLB_IDLE_TIMER     0x80
#define GLB_INPUT_SIZE     0xc0

/* GLB output */
#define GLB_ACK            0x00
#define GLB_DB_ACK         0x08
#define GLB_HALT_STATUS    0x10
#define GLB_PRFCNT_STATUS  0x14
#define GLB_PRFCNT_INSERT  0x18
#define GLB_OUTPUT_SIZE    0x40

/* GLB request and event bits */
#define GLB_REQ_HALT           (1u << 0)
#define GLB_REQ_CFG_PROGRESS   (1u << 1)
#define GLB_REQ_CFG_ALLOC_EN   (1u << 2)
#define GLB_REQ_CFG_PWROFF     (1u << 3)
#define GLB_REQ_PROTM_ENTER    (1u << 4)
#define GLB_REQ_PRFCNT_EN      (1u << 5)
#define GLB_REQ_PRFCNT_SAMPLE  (1u << 6)
#define GLB_REQ_COUNTER_EN     (1u << 7)
#define GLB_REQ_PING           (1u << 8)
#define GLB_REQ_FWCFG_UPDATE   (1u << 9)
#define GLB_REQ_IDLE_EN        (1u << 10)
#define GLB_REQ_SLEEP          (1u << 12)
#define GLB_EVT_PROTM_EXIT     (1u << 23)
#define GLB_EVT_PRFCNT_THRESHOLD (1u << 24)
#define GLB_EVT_PRFCNT_OVERFLOW  (1u << 25)
#define GLB_EVT_IDLE           (1u << 26)
#define GLB_EVT_MASK           0x07f00000u
#define GLB_TIMER_GPU_COUNTER  (1u << 31)

/* CSG control */
#define CSG_FEATURES           0x00
#define CSG_INPUT_VA           0x04
#define CSG_OUTPUT_VA          0x08
#define CSG_SUSPEND_SIZE       0x0c
#define CSG_PROTM_SUSPEND_SIZE 0x10
#define CSG_STREAM_NUM         0x14
#define CSG_STREAM_STRIDE      0x18

/* CSG input */
#define CSG_REQ            0x00
#define CSG_ACK_IRQ_MASK   0x04
#define CSG_DB_REQ         0x08
#define CSG_IRQ_ACK        0x0c
#define CSG_ALLOW_COMPUTE  0x20
#define CSG_ALLOW_FRAGMENT 0x28
#define CSG_ALLOW_OTHER    0x30
#define CSG_EP_REQ         0x34
#define CSG_SUSPEND_BUF    0x40
#define CSG_PROTM_SUSPEND_BUF 0x48
#define CSG_CONFIG         0x50
#define CSG_INPUT_SIZE     0x60

/* CSG output */
#define CSG_ACK            0x00
#define CSG_DB_ACK         0x08
#define CSG_IRQ_REQ        0x0c
#define CSG_EP_CURRENT     0x10
#define CSG_EP_STATUS_REQ  0x14
#define CSG_STATUS_STATE   0x18
#define CSG_RESOURCE_DEP   0x1c
#define CSG_OUTPUT_SIZE    0x20

#define CSG_STATE_MASK      0x7u
#define CSG_STATE_TERMINATE 0u
#define CSG_STATE_START     1u
#define CSG_STATE_SUSPEND   2u
#define CSG_STATE_RESUME    3u
#define CSG_REQ_EP_CFG      (1u << 4)
#define CSG_REQ_STATUS      (1u << 5)
#define CSG_EVT_SYNC_UPDATE (1u << 28)
#define CSG_EVT_IDLE        (1u << 29)
#define CSG_EVT_DOORBELL    (1u << 30)
#define CSG_EVT_PROGRESS    (1u << 31)
#define CSG_EVT_MASK        0xf0000000u

/* CS control */
#define CS_FEATURES        0x00
#define CS_INPUT_VA        0x04
#define CS_OUTPUT_VA       0x08

/* CS input */
#define CS_REQ             0x00
#define CS_CONFIG          0x04
#define CS_ACK_IRQ_MASK    0x0c
#define CS_BASE            0x10
#define CS_SIZE            0x18
#define CS_HEAP_START      0x20
#define CS_HEAP_END        0x28
#define CS_USER_INPUT      0x30
#define CS_USER_OUTPUT     0x38
#define CS_INPUT_SIZE      0x60

/* CS output */
#define CS_ACK             0x00
#define CS_STATUS_CMD_PTR  0x40
#define CS_STATUS_WAIT     0x48
#define CS_STATUS_REQ_RES  0x4c
#define CS_STATUS_SYNC_PTR 0x50
#define CS_STATUS_SYNC_VAL 0x58
#define CS_STATUS_SB       0x5c
#define CS_STATUS_BLOCKED  0x60
#define CS_STATUS_SYNC_VAL_HI 0x64
#define CS_FAULT           0x80
#define CS_FATAL           0x84
#define CS_FAULT_INFO      0x88
#define CS_FATAL_INFO      0x90
#define CS_HEAP_VT_START   0xc0
#define CS_HEAP_VT_END     0xc4
#define CS_HEAP_FRAG_END   0xcc
#define CS_HEAP_ADDRESS    0xd0
#define CS_OUTPUT_SIZE     0xe0

#define CS_STATE_MASK      0x7u
#define CS_STATE_STOP      0u
#define CS_STATE_START     1u
#define CS_REQ_EXTRACT_EVENT (1u << 4)
#define CS_IDLE_SYNC_WAIT  (1u << 8)
#define CS_IDLE_PROTM_PEND (1u << 9)
#define CS_IDLE_EMPTY      (1u << 10)
#define CS_IDLE_RESOURCE   (1u << 11)
#define CS_EVT_TILER_OOM   (1u << 26)
#define CS_EVT_PROTM_PEND  (1u << 27)
#define CS_EVT_FATAL       (1u << 30)
#define CS_EVT_FAULT       (1u << 31)

/* Ring buffer input and output blocks (user I/O pages) */
#define RING_INSERT        0x00
#define RING_EXTRACT_INIT  0x08
#define RING_EXTRACT       0x00
#define RING_ACTIVE        0x08

#endif
