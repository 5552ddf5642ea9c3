/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Tiler heaps: contexts and chunks in the kernel's part of a VM; growth on tiler out-of-memory.
 * garm_heap.c.
 */
#ifndef GARM_HEAP_H
#define GARM_HEAP_H

#include <linux/types.h>

struct drm_device;
struct drm_file;
struct garm_device;
struct garm_heap_pool;
struct garm_vm;

#define GARM_MAX_HEAPS_PER_POOL 128

struct garm_heap_pool *garm_heap_pool_create(struct garm_device *gdev, struct garm_vm *vm);
struct garm_heap_pool *garm_heap_pool_get(struct garm_heap_pool *pool);
void garm_heap_pool_put(struct garm_heap_pool *pool);
void garm_heap_pool_destroy(struct garm_heap_pool *pool);	/* the VM goes: all heaps do */
u64 garm_heap_pool_size(struct garm_heap_pool *pool);		/* bytes, for fdinfo */

/**
 * garm_heap_grow() - one more chunk for the heap whose context is at @heap_va
 * @in_flight: render passes in flight, @pending: fragment jobs that will give chunks back
 * @chunk: out: address | size / 4 KiB, as the firmware takes it
 * Return: 0; -ENOMEM when the limit is reached and nothing will come back (the exception handler
 * shall run) or memory is short; -EBUSY when waiting for fragment jobs helps; -EINVAL for an
 * unknown heap. Sleeps and allocates: never on the fence-signalling path.
 */
int garm_heap_grow(struct garm_heap_pool *pool, u64 heap_va, u32 in_flight, u32 pending,
		   u64 *chunk);
int garm_heap_return_chunk(struct garm_heap_pool *pool, u64 heap_va, u64 chunk_va);

/* Rows of debugfs's table. */
struct seq_file;
void garm_heap_pool_show(struct garm_heap_pool *pool, u32 vm, struct seq_file *m);

int garm_ioctl_heap_create(struct drm_device *drm, void *data, struct drm_file *file);
int garm_ioctl_heap_destroy(struct drm_device *drm, void *data, struct drm_file *file);

#endif
