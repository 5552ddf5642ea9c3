// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Tiler heaps: the memory in which the tiler leaves its polygon lists. See garm_heap.h.
 *
 * Called by ioctls (create, destroy), by the VM that owns them (end), and by garm_events.c when the
 * tiler has run out of memory (grow); calls garm_kbo.c for memory in the kernel's part of the VM.
 *
 * A heap is a context, 32 bytes that belong to the firmware and the GPU and that we only clear, and
 * a list of chunks of equal size. A chunk begins with a header of 64 bytes, whose first word names
 * the next chunk: address (bits 63:12) and size in units of 4 KiB (bits 11:0); the rest is zero
 * (driver-facts A.9).
 *
 * Locks: pool->lock > heap->lock > those of the VM. Everything here allocates or frees and so is
 * never on the fence-signalling path.
 */
#include <linux/kref.h>
#include <linux/rwsem.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "garm_device.h"
#include "garm_gem.h"
#include "garm_heap.h"
#include "garm_sync.h"
#include "garm_trace.h"
#include "garm_vm.h"

#define HEAP_CONTEXT_SIZE	32
#define HEAP_MIN_CHUNK_SIZE	SZ_128K
#define HEAP_MAX_CHUNK_SIZE	SZ_8M

struct garm_chunk_header {
	u64 next;
	u32 zero[14];
};

struct garm_chunk {
	struct list_head node;
	struct garm_kbo *kbo;
};

struct garm_heap {
	struct mutex lock;		/* chunks, chunk_count */
	struct list_head chunks;	/* newest first */
	u32 chunk_count;
	u32 chunk_size, max_chunks, target_in_flight;	/* constant */
};

/** struct garm_heap_pool - heaps of a VM */
struct garm_heap_pool {
	struct kref kref;
	struct garm_device *gdev;
	struct rw_semaphore lock;	/* write: heaps come and go; read: they stay */
	struct garm_vm *vm; /* NULL once destroyed; no reference: the VM owns the pool */
	struct garm_kbo *contexts;	/* NULL once destroyed */
	u64 contexts_va;
	u32 stride;
	struct xarray heaps;
	atomic64_t size;		/* bytes of contexts and chunks */
};

static u64 chunk_word(const struct garm_heap *heap, const struct garm_chunk *chunk)
{
	return (chunk->kbo->va & GENMASK_ULL(63, 12)) | (heap->chunk_size >> 12);
}

static int write_header(struct garm_chunk *chunk, u64 next)
{
	struct garm_chunk_header header = { .next = next };
	int ret = garm_kbo_vmap(chunk->kbo);

	if (ret)
		return ret;
	memcpy(chunk->kbo->kmap, &header, sizeof(header));
	garm_kbo_vunmap(chunk->kbo);
	return 0;
}

/* A chunk whose header names @next. Not in any list yet. */
static struct garm_chunk *chunk_create(struct garm_heap_pool *pool, const struct garm_heap *heap,
				       u64 next)
{
	struct garm_chunk *chunk = kzalloc(sizeof(*chunk), GFP_KERNEL);
	int ret;

	if (!chunk)
		return ERR_PTR(-ENOMEM);
	chunk->kbo = garm_kbo_create(pool->gdev, pool->vm, heap->chunk_size, DRM_PANTHOR_BO_NO_MMAP,
				     DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC, GARM_KBO_AUTO_VA,
				     "heap chunk");
	if (IS_ERR(chunk->kbo)) {
		ret = PTR_ERR(chunk->kbo);
		goto err_free;
	}
	ret = write_header(chunk, next);
	if (ret)
		goto err_destroy;
	return chunk;

err_destroy:
	garm_kbo_destroy(chunk->kbo);
err_free:
	kfree(chunk);
	return ERR_PTR(ret);
}

static void chunk_free(struct garm_heap_pool *pool, struct garm_chunk *chunk)
{
	atomic64_sub(chunk->kbo->va_size, &pool->size);
	garm_kbo_destroy(chunk->kbo);
	kfree(chunk);
}

static void chunk_add(struct garm_heap_pool *pool, struct garm_heap *heap, struct garm_chunk *chunk)
{
	lockdep_assert_held(&heap->lock);
	list_add(&chunk->node, &heap->chunks);
	heap->chunk_count++;
	atomic64_add(chunk->kbo->va_size, &pool->size);
}

static void heap_free(struct garm_heap_pool *pool, struct garm_heap *heap)
{
	struct garm_chunk *chunk, *next;

	list_for_each_entry_safe(chunk, next, &heap->chunks, node)
		chunk_free(pool, chunk);
	mutex_destroy(&heap->lock);
	kfree(heap);
}

/* The first chunks, each naming the one before: the newest is the first that the tiler takes. */
static int add_initial_chunks(struct garm_heap_pool *pool, struct garm_heap *heap, u32 count)
{
	u64 next = 0;
	int ret = 0;

	mutex_lock(&heap->lock);
	while (count-- && !ret) {
		struct garm_chunk *chunk;

		/* The count is the user's, and only memory limits it. */
		ret = garm_may_go_on(&pool->gdev->base);
		if (ret)
			break;
		chunk = chunk_create(pool, heap, next);
		if (IS_ERR(chunk)) {
			ret = PTR_ERR(chunk);
			break;
		}
		chunk_add(pool, heap, chunk);
		next = chunk_word(heap, chunk);
	}
	mutex_unlock(&heap->lock);
	return ret;
}

static struct garm_heap *heap_create(struct garm_heap_pool *pool,
				     const struct drm_panthor_tiler_heap_create *args)
{
	struct garm_heap *heap = kzalloc(sizeof(*heap), GFP_KERNEL);
	int ret;

	if (!heap)
		return ERR_PTR(-ENOMEM);
	mutex_init(&heap->lock);
	INIT_LIST_HEAD(&heap->chunks);
	heap->chunk_size = args->chunk_size;
	heap->max_chunks = args->max_chunks;
	heap->target_in_flight = args->target_in_flight;
	ret = add_initial_chunks(pool, heap, args->initial_chunk_count);
	if (ret) {
		heap_free(pool, heap);
		return ERR_PTR(ret);
	}
	return heap;
}

static int heap_publish(struct garm_heap_pool *pool, struct garm_heap *heap,
			struct drm_panthor_tiler_heap_create *args)
{
	struct garm_chunk *first = list_first_entry(&heap->chunks, struct garm_chunk, node);
	u32 id;
	int ret;

	lockdep_assert_held_write(&pool->lock);
	args->first_heap_chunk_gpu_va = first->kbo->va;
	ret = xa_alloc(&pool->heaps, &id, heap, XA_LIMIT(0, GARM_MAX_HEAPS_PER_POOL - 1),
		       GFP_KERNEL);
	if (ret)
		return ret;
	memset(pool->contexts->kmap + (size_t)id * pool->stride, 0, pool->stride);
	args->tiler_heap_ctx_gpu_va = pool->contexts_va + (u64)id * pool->stride;
	args->handle = args->vm_id << 16 | id;
	return 0;
}

static int pool_add_heap(struct garm_heap_pool *pool, struct drm_panthor_tiler_heap_create *args)
{
	struct garm_heap *heap;
	int ret;

	/* Creation under the write lock: slower for others, but the VM cannot go meanwhile. */
	down_write(&pool->lock);
	if (!pool->vm) {
		ret = -EINVAL;
		goto out;
	}
	heap = heap_create(pool, args);
	if (IS_ERR(heap)) {
		ret = PTR_ERR(heap);
		goto out;
	}
	ret = heap_publish(pool, heap, args);
	if (ret)
		heap_free(pool, heap);
out:
	up_write(&pool->lock);
	return ret;
}

/* The heap whose context is at @heap_va, or NULL. pool->lock is held. */
static struct garm_heap *heap_at(struct garm_heap_pool *pool, u64 heap_va)
{
	u64 offset = heap_va - pool->contexts_va;

	if (!pool->vm || heap_va < pool->contexts_va || offset % pool->stride ||
	    offset / pool->stride >= GARM_MAX_HEAPS_PER_POOL)
		return NULL;
	return xa_load(&pool->heaps, offset / pool->stride);
}

static int heap_grow_locked(struct garm_heap_pool *pool, struct garm_heap *heap, u32 in_flight,
			    u32 pending, u64 *word)
{
	struct garm_chunk *chunk;

	lockdep_assert_held(&heap->lock);
	if (in_flight > heap->target_in_flight || heap->chunk_count >= heap->max_chunks)
		return pending ? -EBUSY : -ENOMEM;
	/* Its successor is the firmware's to write. */
	chunk = chunk_create(pool, heap, 0);
	if (IS_ERR(chunk))
		return PTR_ERR(chunk);
	chunk_add(pool, heap, chunk);
	*word = chunk_word(heap, chunk);
	return 0;
}

/**
 * garm_heap_grow() - one more chunk for a heap; see garm_heap.h
 * @pool: the heaps of the group's VM
 * @heap_va: of the heap's context, as the firmware reports it
 * @in_flight: render passes in flight
 * @pending: fragment jobs that will give chunks back
 * @chunk: out: address | size / 4 KiB
 *
 * Takes the pool's lock; sleeps and allocates.
 * Return: 0; -ENOMEM; -EBUSY; -EINVAL when there is no such heap or the VM is destroyed; or another
 * error of the mapping.
 */
int garm_heap_grow(struct garm_heap_pool *pool, u64 heap_va, u32 in_flight, u32 pending, u64 *chunk)
{
	struct garm_heap *heap;
	int ret = -EINVAL;

	down_read(&pool->lock);
	heap = heap_at(pool, heap_va);
	if (heap) {
		mutex_lock(&heap->lock);
		ret = heap_grow_locked(pool, heap, in_flight, pending, chunk);
		trace_garm_heap_grow(pool->vm, heap_va, ret ? 0 : *chunk, ret);
		mutex_unlock(&heap->lock);
	}
	up_read(&pool->lock);
	return ret;
}

static struct garm_chunk *heap_take_chunk(struct garm_heap *heap, u64 va)
{
	struct garm_chunk *chunk;

	lockdep_assert_held(&heap->lock);
	list_for_each_entry(chunk, &heap->chunks, node) {
		if (chunk->kbo->va == va) {
			list_del(&chunk->node);
			heap->chunk_count--;
			return chunk;
		}
	}
	return NULL;
}

/**
 * garm_heap_return_chunk() - free a chunk of garm_heap_grow() that could not be handed to the
 * firmware
 * @pool: the heaps
 * @heap_va: of the heap's context
 * @chunk_va: the chunk; the low twelve bits, its size, are ignored
 *
 * Return: 0; -EINVAL when there is no such heap or chunk.
 */
int garm_heap_return_chunk(struct garm_heap_pool *pool, u64 heap_va, u64 chunk_va)
{
	struct garm_chunk *chunk = NULL;
	struct garm_heap *heap;

	down_read(&pool->lock);
	heap = heap_at(pool, heap_va);
	if (heap) {
		mutex_lock(&heap->lock);
		chunk = heap_take_chunk(heap, chunk_va & GENMASK_ULL(63, 12));
		mutex_unlock(&heap->lock);
	}
	if (chunk)
		chunk_free(pool, chunk);
	up_read(&pool->lock);
	return chunk ? 0 : -EINVAL;
}

static void pool_release(struct kref *kref)
{
	struct garm_heap_pool *pool = container_of(kref, struct garm_heap_pool, kref);

	xa_destroy(&pool->heaps);
	kfree(pool);
}

/** garm_heap_pool_get() - one more reference; returned */
struct garm_heap_pool *garm_heap_pool_get(struct garm_heap_pool *pool)
{
	kref_get(&pool->kref);
	return pool;
}

/** garm_heap_pool_put() - drop a reference; NULL is allowed. Any context that may free memory */
void garm_heap_pool_put(struct garm_heap_pool *pool)
{
	if (pool)
		kref_put(&pool->kref, pool_release);
}

/** garm_heap_pool_size() - bytes that the heaps of a VM have, for statistics. Any context */
u64 garm_heap_pool_size(struct garm_heap_pool *pool)
{
	return atomic64_read(&pool->size);
}

/**
 * garm_heap_pool_show() - a row of debugfs for each heap
 * @pool: the heaps
 * @vm: number of their VM
 * @m: where to
 *
 * Takes the pool's lock and those of the heaps.
 */
void garm_heap_pool_show(struct garm_heap_pool *pool, u32 vm, struct seq_file *m)
{
	struct garm_heap *heap;
	unsigned long id;

	down_read(&pool->lock);
	xa_for_each(&pool->heaps, id, heap) {
		const struct garm_chunk *newest;

		mutex_lock(&heap->lock);
		newest = list_first_entry_or_null(&heap->chunks, struct garm_chunk, node);
		seq_printf(m, "%-6u %4lu 0x%-16llx %6u %4u %10u %6u 0x%llx\n", vm, id,
			   pool->contexts_va + id * pool->stride, heap->chunk_count,
			   heap->max_chunks, heap->chunk_size, heap->target_in_flight,
			   newest ? newest->kbo->va : 0);
		mutex_unlock(&heap->lock);
	}
	up_read(&pool->lock);
}

/**
 * garm_heap_pool_create() - no heap yet, and room for the contexts of GARM_MAX_HEAPS_PER_POOL
 * @gdev: the device
 * @vm: whose heaps; it calls garm_heap_pool_destroy() before it goes
 *
 * A context is padded to a line of the L2 cache, because CPU and GPU both access it.
 * Return: with one reference, which garm_heap_pool_destroy() drops; or ERR_PTR.
 */
struct garm_heap_pool *garm_heap_pool_create(struct garm_device *gdev, struct garm_vm *vm)
{
	struct garm_heap_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	int ret;

	if (!pool)
		return ERR_PTR(-ENOMEM);
	kref_init(&pool->kref);
	init_rwsem(&pool->lock);
	xa_init_flags(&pool->heaps, XA_FLAGS_ALLOC);
	pool->gdev = gdev;
	pool->vm = vm;
	pool->stride = ALIGN(HEAP_CONTEXT_SIZE, GPU_L2_LINE_SIZE(gdev->gpu_info.l2_features));
	pool->contexts = garm_kbo_create(gdev, vm, GARM_MAX_HEAPS_PER_POOL * pool->stride,
					 DRM_PANTHOR_BO_NO_MMAP, DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC,
					 GARM_KBO_AUTO_VA, "heap contexts");
	if (IS_ERR(pool->contexts)) {
		ret = PTR_ERR(pool->contexts);
		goto err_free;
	}
	ret = garm_kbo_vmap(pool->contexts);
	if (ret)
		goto err_destroy;
	pool->contexts_va = pool->contexts->va;
	atomic64_set(&pool->size, pool->contexts->va_size);
	return pool;

err_destroy:
	garm_kbo_destroy(pool->contexts);
err_free:
	kfree(pool);
	return ERR_PTR(ret);
}

/**
 * garm_heap_pool_destroy() - the VM goes: all heaps do
 * @pool: the heaps; drops the VM's reference
 *
 * Jobs that still use them run into MMU faults. Others may keep references, but find no heap any
 * more.
 */
void garm_heap_pool_destroy(struct garm_heap_pool *pool)
{
	struct garm_heap *heap;
	unsigned long id;

	down_write(&pool->lock);
	xa_for_each(&pool->heaps, id, heap) {
		xa_erase(&pool->heaps, id);
		heap_free(pool, heap);
	}
	garm_kbo_destroy(pool->contexts);
	pool->contexts = NULL;
	pool->vm = NULL;
	atomic64_set(&pool->size, 0);
	up_write(&pool->lock);
	garm_heap_pool_put(pool);
}

static int check_create(const struct drm_panthor_tiler_heap_create *args)
{
	if (!args->initial_chunk_count || args->initial_chunk_count > args->max_chunks)
		return -EINVAL;
	if (!IS_ALIGNED(args->chunk_size, PAGE_SIZE) || args->chunk_size < HEAP_MIN_CHUNK_SIZE ||
	    args->chunk_size > HEAP_MAX_CHUNK_SIZE)
		return -EINVAL;
	return 0;
}

/**
 * garm_ioctl_heap_create() - TILER_HEAP_CREATE
 * @drm: the device
 * @data: the argument
 * @file: the caller
 *
 * Return: 0; -EINVAL (VM, counts, chunk size); -EBUSY for the 129th of a VM; -ENODEV; -ENOMEM;
 * -EINTR.
 */
int garm_ioctl_heap_create(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_tiler_heap_create *args = data;
	struct garm_heap_pool *pool;
	struct garm_vm *vm;
	int ret, cookie;

	if (!drm_dev_enter(drm, &cookie))
		return -ENODEV;
	vm = garm_vm_pool_get(file->driver_priv, args->vm_id);
	ret = -EINVAL;
	if (!vm)
		goto out;
	/*
	 * Also by a bad request, as in Panthor: what destroying an unknown heap answers depends on
	 * it.
	 */
	pool = garm_vm_heaps(vm, true);
	if (IS_ERR(pool)) {
		ret = PTR_ERR(pool);
		goto out;
	}
	ret = check_create(args);
	if (!ret)
		ret = pool_add_heap(pool, args);
	garm_heap_pool_put(pool);
out:
	garm_vm_put(vm);
	drm_dev_exit(cookie);
	return ret;
}

static int pool_remove_heap(struct garm_heap_pool *pool, u32 id)
{
	struct garm_heap *heap;

	down_write(&pool->lock);
	heap = xa_erase(&pool->heaps, id);
	if (heap)
		heap_free(pool, heap);
	up_write(&pool->lock);
	return heap ? 0 : -EINVAL;
}

/**
 * garm_ioctl_heap_destroy() - TILER_HEAP_DESTROY
 * @drm: the device
 * @data: the argument
 * @file: the caller
 *
 * Return: 0; -EINVAL (padding, VM, heap); -ENOENT when the VM never had a heap.
 */
int garm_ioctl_heap_destroy(struct drm_device *drm, void *data, struct drm_file *file)
{
	struct drm_panthor_tiler_heap_destroy *args = data;
	struct garm_heap_pool *pool;
	struct garm_vm *vm;
	int ret;

	if (args->pad)
		return -EINVAL;
	vm = garm_vm_pool_get(file->driver_priv, args->handle >> 16);
	if (!vm)
		return -EINVAL;
	pool = garm_vm_heaps(vm, false);
	if (IS_ERR(pool)) {
		ret = PTR_ERR(pool);
	} else {
		ret = pool_remove_heap(pool, args->handle & 0xffff);
		garm_heap_pool_put(pool);
	}
	garm_vm_put(vm);
	return ret;
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "garm_heap_kunit.c"
#endif
