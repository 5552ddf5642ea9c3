/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Tracepoints of garm.ko: /sys/kernel/tracing/events/garm/. README.md has a table of them.
 *
 * Called by every room; calls nothing. Each event takes pointers and reads them only when it is
 * switched on, so that one that is off is a jump that is not taken. Names that user space knows:
 * "client" is fdinfo's drm-client-id, "group" counts the groups of a client from 1, "vm" the VMs of
 * the device (1: the firmware's), "context" and "seqno" are those of the done-fence, as in the
 * kernel's own dma_fence events. No kernel address is recorded.
 *
 * gpu_power_status and gpu_job_irq have the names and fields that Panthor gave them in Linux 6.19:
 * tools for those need another system name only.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM garm

#if !defined(GARM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define GARM_TRACE_H

#include <linux/tracepoint.h>
#include <linux/types.h>

struct garm_device;
struct garm_group;
struct garm_plan;
struct garm_queue;
struct garm_vm;
struct garm_vm_op;
struct jobq;
struct jobq_job;

/*
 * Jobs: of rings, and of VM_BIND (queue "garm-vm-bind")
 */

DECLARE_EVENT_CLASS(garm_job,
	TP_PROTO(const struct jobq_job *job),
	TP_ARGS(job),
	TP_STRUCT__entry(
		__string(queue, job->q->name)
		__field(u64, context)
		__field(u64, seqno)
		__field(u32, credits)
		__field(int, error)
	),
	TP_fast_assign(
		__assign_str(queue);
		__entry->context = job->q->context;
		__entry->seqno = job->seqno;
		__entry->credits = job->credits;
		__entry->error = job->error;
	),
	TP_printk("queue=%s context=%llu seqno=%llu credits=%u error=%d", __get_str(queue),
		  __entry->context, __entry->seqno, __entry->credits, __entry->error)
);

/* pushed; its dependencies may be outstanding */
DEFINE_EVENT(garm_job, garm_job_queued,
	TP_PROTO(const struct jobq_job *job), TP_ARGS(job));
/* dependencies have signalled; credits may be missing */
DEFINE_EVENT(garm_job, garm_job_eligible,
	TP_PROTO(const struct jobq_job *job), TP_ARGS(job));
/* handed to the owner: ring (garm_ring_write follows), page tables (garm_vm_bind follows) */
DEFINE_EVENT(garm_job, garm_job_run,
	TP_PROTO(const struct jobq_job *job), TP_ARGS(job));
/* its fence is about to signal; error 0, or what is wrong: cancelled is -125, timed out -110 */
DEFINE_EVENT(garm_job, garm_job_done,
	TP_PROTO(const struct jobq_job *job), TP_ARGS(job));

/* No job of the queue runs any more: those after "done" end with the error. */
TRACE_EVENT(garm_queue_killed,
	TP_PROTO(const struct jobq *q),
	TP_ARGS(q),
	TP_STRUCT__entry(
		__string(queue, q->name)
		__field(u64, context)
		__field(u64, done)
		__field(u64, seqno)
		__field(int, error)
	),
	TP_fast_assign(
		__assign_str(queue);
		__entry->context = q->context;
		__entry->done = q->done_seqno;
		__entry->seqno = q->seqno;
		__entry->error = q->error;
	),
	TP_printk("queue=%s context=%llu done=%llu seqno=%llu error=%d", __get_str(queue),
		  __entry->context, __entry->done, __entry->seqno, __entry->error)
);

/* The call of a user's stream is in the ring. */
TRACE_EVENT(garm_ring_write,
	TP_PROTO(const struct garm_queue *queue, const struct jobq_job *job, u64 va, u32 size),
	TP_ARGS(queue, job, va, size),
	TP_STRUCT__entry(
		__string(queue, job->q->name)
		__field(u64, seqno)
		__field(u64, number)
		__field(u64, insert)
		__field(u64, va)
		__field(u32, size)
		__field(int, slot)
	),
	TP_fast_assign(
		__assign_str(queue);
		__entry->seqno = job->seqno;
		__entry->number = queue->submitted;
		__entry->insert = queue->insert;
		__entry->va = va;
		__entry->size = size;
		__entry->slot = queue->group->cand.slot;
	),
	TP_printk("queue=%s seqno=%llu number=%llu insert=0x%llx stream=0x%llx+0x%x slot=%d",
		  __get_str(queue), __entry->seqno, __entry->number, __entry->insert,
		  __entry->va, __entry->size, __entry->slot)
);

/*
 * Groups and slots
 */

TRACE_EVENT(garm_group_created,
	TP_PROTO(const struct garm_group *group),
	TP_ARGS(group),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u32, group)
		__field(u32, vm)
		__field(u32, queues)
		__field(u32, priority)
	),
	TP_fast_assign(
		__entry->client = group->client;
		__entry->group = group->serial;
		__entry->vm = group->vm->id;
		__entry->queues = group->queue_count;
		__entry->priority = group->cand.priority;
	),
	TP_printk("client=%llu group=%u vm=%u queues=%u priority=%u", __entry->client,
		  __entry->group, __entry->vm, __entry->queues, __entry->priority)
);

/* It has a slot and is started, or resumed from its suspend buffer. */
TRACE_EVENT(garm_group_bound,
	TP_PROTO(const struct garm_group *group, int as, bool resume),
	TP_ARGS(group, as, resume),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u32, group)
		__field(u32, vm)
		__field(int, slot)
		__field(int, as)
		__field(u32, priority)
		__field(bool, resume)
	),
	TP_fast_assign(
		__entry->client = group->client;
		__entry->group = group->serial;
		__entry->vm = group->vm->id;
		__entry->slot = group->cand.slot;
		__entry->as = as;
		__entry->priority = group->cand.fw_priority;
		__entry->resume = resume;
	),
	TP_printk("client=%llu group=%u vm=%u slot=%d as=%d priority=%u %s", __entry->client,
		  __entry->group, __entry->vm, __entry->slot, __entry->as, __entry->priority,
		  __entry->resume ? "resume" : "start")
);

TRACE_DEFINE_ENUM(GARM_GROUP_NEW);
TRACE_DEFINE_ENUM(GARM_GROUP_STARTING);
TRACE_DEFINE_ENUM(GARM_GROUP_ACTIVE);
TRACE_DEFINE_ENUM(GARM_GROUP_SUSPENDED);
TRACE_DEFINE_ENUM(GARM_GROUP_STOPPED);
TRACE_DEFINE_ENUM(GARM_GROUP_DEAD);

#define garm_show_group_state(state) __print_symbolic(state, \
	{ GARM_GROUP_NEW, "new" }, { GARM_GROUP_STARTING, "starting" }, \
	{ GARM_GROUP_ACTIVE, "active" }, { GARM_GROUP_SUSPENDED, "suspended" }, \
	{ GARM_GROUP_STOPPED, "stopped" }, { GARM_GROUP_DEAD, "dead" })

DECLARE_EVENT_CLASS(garm_group,
	TP_PROTO(const struct garm_group *group),
	TP_ARGS(group),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u32, group)
		__field(int, slot)
		__field(u32, state)
		__field(u32, fatal_queues)
		__field(bool, timedout)
		__field(bool, innocent)
		__field(bool, destroyed)
	),
	TP_fast_assign(
		__entry->client = group->client;
		__entry->group = group->serial;
		__entry->slot = group->cand.slot;
		__entry->state = group->state;
		__entry->fatal_queues = group->fatal_queues;
		__entry->timedout = group->timedout;
		__entry->innocent = group->innocent;
		__entry->destroyed = group->destroyed;
	),
	TP_printk("client=%llu group=%u slot=%d state=%s fatal=0x%x timedout=%d innocent=%d destroyed=%d",
		  __entry->client, __entry->group, __entry->slot,
		  garm_show_group_state(__entry->state), __entry->fatal_queues,
		  __entry->timedout, __entry->innocent, __entry->destroyed)
);

/* It is asked to leave its slot: suspended, or terminated when it cannot run any more */
DEFINE_EVENT(garm_group, garm_group_evict,
	TP_PROTO(const struct garm_group *group), TP_ARGS(group));
/* It leaves its slot; the state tells how */
DEFINE_EVENT(garm_group, garm_group_unbound,
	TP_PROTO(const struct garm_group *group), TP_ARGS(group));
/* Its end: every fence has signalled */
DEFINE_EVENT(garm_group, garm_group_ended,
	TP_PROTO(const struct garm_group *group), TP_ARGS(group));

/* A decision about the slots, before it is carried out */
TRACE_EVENT(garm_tick,
	TP_PROTO(const struct garm_plan *plan),
	TP_ARGS(plan),
	TP_STRUCT__entry(
		__field(u32, picked)
		__field(u32, busy)
		__field(bool, rotate)
		__field(bool, left_out)
	),
	TP_fast_assign(
		__entry->picked = plan->count;
		__entry->busy = plan->busy;
		__entry->rotate = plan->rotate;
		__entry->left_out = plan->left_out;
	),
	TP_printk("picked=%u busy=%u rotate=%d left_out=%d", __entry->picked, __entry->busy,
		  __entry->rotate, __entry->left_out)
);

/*
 * Firmware. Slot -1: the global interface; stream -1: the slot's own.
 */

TRACE_EVENT(garm_fw_request,
	TP_PROTO(int slot, int cs, const u32 *req, u32 mask),
	TP_ARGS(slot, cs, req, mask),
	TP_STRUCT__entry(
		__field(int, slot)
		__field(int, cs)
		__field(u32, req)
		__field(u32, mask)
	),
	TP_fast_assign(
		__entry->slot = slot;
		__entry->cs = cs;
		__entry->req = READ_ONCE(*req) & mask;
		__entry->mask = mask;
	),
	TP_printk("slot=%d cs=%d req=0x%x mask=0x%x", __entry->slot, __entry->cs, __entry->req,
		  __entry->mask)
);

/* A wait for acknowledgments is over: acked of mask, and the error when that is not all */
TRACE_EVENT(garm_fw_ack,
	TP_PROTO(int slot, u32 mask, u32 acked, int error),
	TP_ARGS(slot, mask, acked, error),
	TP_STRUCT__entry(
		__field(int, slot)
		__field(u32, mask)
		__field(u32, acked)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->slot = slot;
		__entry->mask = mask;
		__entry->acked = acked;
		__entry->error = error;
	),
	TP_printk("slot=%d mask=0x%x acked=0x%x error=%d", __entry->slot, __entry->mask,
		  __entry->acked, __entry->error)
);

/* Number 0 has the firmware look at requests; slot + 1: a ring of that slot has work */
TRACE_EVENT(garm_doorbell,
	TP_PROTO(u32 number),
	TP_ARGS(number),
	TP_STRUCT__entry(__field(u32, number)),
	TP_fast_assign(__entry->number = number;),
	TP_printk("number=%u", __entry->number)
);

/*
 * Interrupts
 */

/* Before the handler; the block is "gpu", "mmu" or "job" */
TRACE_EVENT(garm_irq,
	TP_PROTO(const struct device *dev, const char *block, u32 status),
	TP_ARGS(dev, block, status),
	TP_STRUCT__entry(
		__string(dev_name, dev_name(dev))
		__string(block, block)
		__field(u32, status)
	),
	TP_fast_assign(
		__assign_str(dev_name);
		__assign_str(block);
		__entry->status = status;
	),
	TP_printk("%s: block=%s status=0x%x", __get_str(dev_name), __get_str(block),
		  __entry->status)
);

/*
 * The firmware's interrupt was handled: bit 31 the global interface, below it slots. The time does
 * not include the work that it queued.
 */
TRACE_EVENT(gpu_job_irq,
	TP_PROTO(const struct device *dev, u32 events, u32 duration_ns),
	TP_ARGS(dev, events, duration_ns),
	TP_STRUCT__entry(
		__string(dev_name, dev_name(dev))
		__field(u32, events)
		__field(u32, duration_ns)
	),
	TP_fast_assign(
		__assign_str(dev_name);
		__entry->events = events;
		__entry->duration_ns = duration_ns;
	),
	TP_printk("%s: events=0x%x duration_ns=%u", __get_str(dev_name), __entry->events,
		  __entry->duration_ns)
);

/*
 * Power
 */

int garm_gpu_trace_power_on(void);
void garm_gpu_trace_power_off(void);

/*
 * Domains were switched on or off: masks of what has power now. While this event is on the GPU
 * interrupts for each change.
 */
TRACE_EVENT_FN(gpu_power_status,
	TP_PROTO(const struct device *dev, u64 shader_bitmap, u64 tiler_bitmap, u64 l2_bitmap),
	TP_ARGS(dev, shader_bitmap, tiler_bitmap, l2_bitmap),
	TP_STRUCT__entry(
		__string(dev_name, dev_name(dev))
		__field(u64, shader_bitmap)
		__field(u64, tiler_bitmap)
		__field(u64, l2_bitmap)
	),
	TP_fast_assign(
		__assign_str(dev_name);
		__entry->shader_bitmap = shader_bitmap;
		__entry->tiler_bitmap = tiler_bitmap;
		__entry->l2_bitmap = l2_bitmap;
	),
	TP_printk("%s: shader_bitmap=0x%llx tiler_bitmap=0x%llx l2_bitmap=0x%llx",
		  __get_str(dev_name), __entry->shader_bitmap, __entry->tiler_bitmap,
		  __entry->l2_bitmap),
	garm_gpu_trace_power_on, garm_gpu_trace_power_off
);

TRACE_DEFINE_ENUM(GARM_PM_SUSPENDED);
TRACE_DEFINE_ENUM(GARM_PM_RESUMING);
TRACE_DEFINE_ENUM(GARM_PM_ACTIVE);
TRACE_DEFINE_ENUM(GARM_PM_SUSPENDING);

/* The device as a whole: runtime PM and system sleep */
TRACE_EVENT(garm_power,
	TP_PROTO(const struct device *dev, u32 state, int error),
	TP_ARGS(dev, state, error),
	TP_STRUCT__entry(
		__string(dev_name, dev_name(dev))
		__field(u32, state)
		__field(int, error)
	),
	TP_fast_assign(
		__assign_str(dev_name);
		__entry->state = state;
		__entry->error = error;
	),
	TP_printk("%s: state=%s error=%d", __get_str(dev_name),
		  __print_symbolic(__entry->state,
				   { GARM_PM_SUSPENDED, "suspended" },
				   { GARM_PM_RESUMING, "resuming" },
				   { GARM_PM_ACTIVE, "active" },
				   { GARM_PM_SUSPENDING, "suspending" }),
		  __entry->error)
);

/*
 * Resets. Stages: "requested", "begin", "slots cleared", "stopped", then up to three times "gpu
 * reset" and "firmware up", then "done" or "given up".
 */
TRACE_EVENT(garm_reset,
	TP_PROTO(const struct device *dev, const char *stage, const char *why, int error),
	TP_ARGS(dev, stage, why, error),
	TP_STRUCT__entry(
		__string(dev_name, dev_name(dev))
		__string(stage, stage)
		__string(why, why)
		__field(int, error)
	),
	TP_fast_assign(
		__assign_str(dev_name);
		__assign_str(stage);
		__assign_str(why);
		__entry->error = error;
	),
	TP_printk("%s: stage=\"%s\" why=\"%s\" error=%d", __get_str(dev_name), __get_str(stage),
		  __get_str(why), __entry->error)
);

/*
 * Memory
 */

TRACE_EVENT(garm_vm_created,
	TP_PROTO(u64 client, u32 handle, u32 vm),
	TP_ARGS(client, handle, vm),
	TP_STRUCT__entry(
		__field(u64, client)
		__field(u32, handle)
		__field(u32, vm)
	),
	TP_fast_assign(
		__entry->client = client;
		__entry->handle = handle;
		__entry->vm = vm;
	),
	TP_printk("client=%llu handle=%u vm=%u", __entry->client, __entry->handle, __entry->vm)
);

/* Its handle is gone; groups that use it end */
TRACE_EVENT(garm_vm_destroyed,
	TP_PROTO(const struct garm_vm *vm),
	TP_ARGS(vm),
	TP_STRUCT__entry(__field(u32, vm)),
	TP_fast_assign(__entry->vm = vm->id;),
	TP_printk("vm=%u", __entry->vm)
);

TRACE_DEFINE_ENUM(GARM_VM_OP_MAP);
TRACE_DEFINE_ENUM(GARM_VM_OP_UNMAP);

/* Tables were changed and caches flushed, or not: the user's binds and the driver's own mappings */
TRACE_EVENT(garm_vm_bind,
	TP_PROTO(const struct garm_vm *vm, const struct garm_vm_op *op, int error),
	TP_ARGS(vm, op, error),
	TP_STRUCT__entry(
		__field(u32, vm)
		__field(u32, type)
		__field(u64, va)
		__field(u64, size)
		__field(u64, offset)
		__field(u32, flags)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->vm = vm->id;
		__entry->type = op->type;
		__entry->va = op->va;
		__entry->size = op->size;
		__entry->offset = op->bo_offset;
		__entry->flags = op->flags;
		__entry->error = error;
	),
	TP_printk("vm=%u %s va=0x%llx size=0x%llx offset=0x%llx flags=0x%x error=%d", __entry->vm,
		  __print_symbolic(__entry->type, { GARM_VM_OP_MAP, "map" },
				   { GARM_VM_OP_UNMAP, "unmap" }),
		  __entry->va, __entry->size, __entry->offset, __entry->flags, __entry->error)
);

DECLARE_EVENT_CLASS(garm_as,
	TP_PROTO(const struct garm_vm *vm, int as),
	TP_ARGS(vm, as),
	TP_STRUCT__entry(
		__field(u32, vm)
		__field(int, as)
	),
	TP_fast_assign(
		__entry->vm = vm->id;
		__entry->as = as;
	),
	TP_printk("vm=%u as=%d", __entry->vm, __entry->as)
);

/* The VM has got the address-space slot */
DEFINE_EVENT(garm_as, garm_as_bound,
	TP_PROTO(const struct garm_vm *vm, int as), TP_ARGS(vm, as));
/* ... must leave it to another one (garm_as_released follows) */
DEFINE_EVENT(garm_as, garm_as_evicted,
	TP_PROTO(const struct garm_vm *vm, int as), TP_ARGS(vm, as));
/* ... has it no more */
DEFINE_EVENT(garm_as, garm_as_released,
	TP_PROTO(const struct garm_vm *vm, int as), TP_ARGS(vm, as));

/* vm 0: the slot is free by now */
TRACE_EVENT(garm_as_fault,
	TP_PROTO(const struct garm_vm *vm, int as, u32 status, u64 address),
	TP_ARGS(vm, as, status, address),
	TP_STRUCT__entry(
		__field(u32, vm)
		__field(int, as)
		__field(u32, status)
		__field(u64, address)
	),
	TP_fast_assign(
		__entry->vm = vm ? vm->id : 0;
		__entry->as = as;
		__entry->status = status;
		__entry->address = address;
	),
	TP_printk("vm=%u as=%d status=0x%x address=0x%llx", __entry->vm, __entry->as,
		  __entry->status, __entry->address)
);

/* The tiler asked for a chunk: what it got, or the error */
TRACE_EVENT(garm_heap_grow,
	TP_PROTO(const struct garm_vm *vm, u64 heap, u64 chunk, int error),
	TP_ARGS(vm, heap, chunk, error),
	TP_STRUCT__entry(
		__field(u32, vm)
		__field(u64, heap)
		__field(u64, chunk)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->vm = vm->id;
		__entry->heap = heap;
		__entry->chunk = chunk;
		__entry->error = error;
	),
	TP_printk("vm=%u heap=0x%llx chunk=0x%llx error=%d", __entry->vm, __entry->heap,
		  __entry->chunk, __entry->error)
);

DECLARE_EVENT_CLASS(garm_reclaim,
	TP_PROTO(const struct garm_vm *vm, u64 bytes, int error),
	TP_ARGS(vm, bytes, error),
	TP_STRUCT__entry(
		__field(u32, vm)
		__field(u64, bytes)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->vm = vm ? vm->id : 0;
		__entry->bytes = bytes;
		__entry->error = error;
	),
	TP_printk("vm=%u bytes=%llu error=%d", __entry->vm, __entry->bytes, __entry->error)
);

/*
 * The shrinker took an object of so many bytes out of a VM (0: it was in none). An error: it is
 * still there, and its memory with it
 */
DEFINE_EVENT(garm_reclaim, garm_evicted,
	TP_PROTO(const struct garm_vm *vm, u64 bytes, int error), TP_ARGS(vm, bytes, error));
/* ... and it is back, because the VM is used. An error: the submission that wanted it got it */
DEFINE_EVENT(garm_reclaim, garm_restored,
	TP_PROTO(const struct garm_vm *vm, u64 bytes, int error), TP_ARGS(vm, bytes, error));

#endif

/* Kbuild puts the folder of the sources into the search path of garm_trace.c. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE garm_trace

#include <trace/define_trace.h>
