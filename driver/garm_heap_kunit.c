// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of tiler heaps: how chunks are chained, handed out, counted and given back. Included
 * by garm_heap.c, at its end, for its static functions; run when garm.ko is loaded into a kernel
 * that has KUnit.
 *
 * garm_kbo_create() and its like are replaced by functions that take memory from kmalloc and
 * addresses from a counter, and fail when they are told to. There is no device and no VM.
 */
#include <kunit/static_stub.h>
#include <kunit/test.h>

#define TEST_VM_ID	3
#define TEST_CHUNK	SZ_128K
#define TEST_LINE	64		/* of the L2 cache, bytes */
#define TEST_FIRST_VA	0x800000000000ull

struct fake_kbo {
	struct garm_kbo base;
	u8 mem[];
};

struct heap_rig {
	struct kunit *test;
	struct garm_device *gdev;
	struct garm_vm *vm;		/* an address, nothing is behind it */
	struct garm_heap_pool *pool;
	struct garm_kbo *newest;	/* made last */
	u64 next_va;
	int live, allowed;		/* objects that are there; that may still be made */
};

static struct heap_rig *heap_rig(void)
{
	return kunit_get_current_test()->priv;
}

static struct garm_kbo *fake_create(struct garm_device *gdev, struct garm_vm *vm, size_t size,
				    u32 bo_flags, u32 map_flags, u64 va, const char *name)
{
	struct heap_rig *rig = heap_rig();
	struct fake_kbo *fake;

	KUNIT_EXPECT_PTR_EQ(rig->test, vm, rig->vm);
	KUNIT_EXPECT_EQ(rig->test, va, GARM_KBO_AUTO_VA);
	/* The tiler's memory is nothing to execute. */
	KUNIT_EXPECT_TRUE(rig->test, map_flags & DRM_PANTHOR_VM_BIND_OP_MAP_NOEXEC);
	if (!rig->allowed)
		return ERR_PTR(-ENOMEM);
	fake = kzalloc(struct_size(fake, mem, SZ_16K), GFP_KERNEL);
	if (!fake)
		return ERR_PTR(-ENOMEM);
	/* As recycled memory of somebody else would look. */
	memset(fake->mem, 0xa5, SZ_16K);
	fake->base.vm = vm;
	fake->base.va = rig->next_va;
	fake->base.va_size = ALIGN(size, SZ_4K);
	rig->next_va += fake->base.va_size;
	rig->allowed--;
	rig->live++;
	rig->newest = &fake->base;
	return &fake->base;
}

static void fake_destroy(struct garm_kbo *kbo)
{
	if (IS_ERR_OR_NULL(kbo))
		return;
	heap_rig()->live--;
	kfree(container_of(kbo, struct fake_kbo, base));
}

static int fake_vmap(struct garm_kbo *kbo)
{
	kbo->kmap = container_of(kbo, struct fake_kbo, base)->mem;
	return 0;
}

static void fake_vunmap(struct garm_kbo *kbo)
{
	kbo->kmap = NULL;
}

static int heap_test_init(struct kunit *test)
{
	struct heap_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->test = test;
	rig->gdev = kunit_kzalloc(test, sizeof(*rig->gdev), GFP_KERNEL);
	rig->vm = kunit_kzalloc(test, SZ_4K, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, rig->gdev && rig->vm);
	rig->gdev->gpu_info.l2_features = ilog2(TEST_LINE);
	rig->next_va = TEST_FIRST_VA;
	rig->allowed = INT_MAX;
	kunit_activate_static_stub(test, garm_kbo_create, fake_create);
	kunit_activate_static_stub(test, garm_kbo_destroy, fake_destroy);
	kunit_activate_static_stub(test, garm_kbo_vmap, fake_vmap);
	kunit_activate_static_stub(test, garm_kbo_vunmap, fake_vunmap);
	rig->pool = garm_heap_pool_create(rig->gdev, rig->vm);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig->pool);
	return 0;
}

static void heap_test_exit(struct kunit *test)
{
	struct heap_rig *rig = test->priv;

	if (rig && !IS_ERR_OR_NULL(rig->pool))
		garm_heap_pool_destroy(rig->pool);
	if (rig)
		KUNIT_EXPECT_EQ(test, rig->live, 0);
}

static int make_heap(struct heap_rig *rig, u32 initial, u32 max, u32 target,
		     struct drm_panthor_tiler_heap_create *args)
{
	*args = (struct drm_panthor_tiler_heap_create){
		.vm_id = TEST_VM_ID, .initial_chunk_count = initial, .chunk_size = TEST_CHUNK,
		.max_chunks = max, .target_in_flight = target,
	};
	return pool_add_heap(rig->pool, args);
}

/* The header that the GPU finds at the chunk that was made last. */
static const struct garm_chunk_header *newest_header(struct heap_rig *rig)
{
	return (const void *)container_of(rig->newest, struct fake_kbo, base)->mem;
}

static void initial_chunks_are_chained(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create args;
	const struct garm_chunk_header *header;
	struct garm_heap *heap;
	struct garm_chunk *chunk;
	u64 newest;

	KUNIT_ASSERT_EQ(test, make_heap(rig, 3, 5, 2, &args), 0);
	KUNIT_EXPECT_EQ(test, args.handle, TEST_VM_ID << 16);
	KUNIT_EXPECT_EQ(test, args.tiler_heap_ctx_gpu_va, TEST_FIRST_VA);
	heap = heap_at(rig->pool, args.tiler_heap_ctx_gpu_va);
	KUNIT_ASSERT_NOT_NULL(test, heap);
	KUNIT_EXPECT_EQ(test, heap->chunk_count, 3);
	newest = args.first_heap_chunk_gpu_va;
	KUNIT_EXPECT_EQ(test, newest, rig->newest->va);
	/* From the newest on, each names the one before, the first one nothing. */
	list_for_each_entry(chunk, &heap->chunks, node) {
		bool last = list_is_last(&chunk->node, &heap->chunks);

		header = (void *)container_of(chunk->kbo, struct fake_kbo, base)->mem;
		KUNIT_EXPECT_EQ(test, chunk->kbo->va, newest);
		KUNIT_EXPECT_EQ(test, header->next,
				last ? 0 : ((newest - TEST_CHUNK) | TEST_CHUNK >> 12));
		KUNIT_EXPECT_PTR_EQ(test, memchr_inv(header->zero, 0, sizeof(header->zero)), NULL);
		newest -= TEST_CHUNK;
	}
	KUNIT_EXPECT_EQ(test, garm_heap_pool_size(rig->pool),
			3 * TEST_CHUNK + ALIGN(GARM_MAX_HEAPS_PER_POOL * TEST_LINE, SZ_4K));
}

static void contexts_are_cleared_and_apart(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create a, b;
	const u8 *contexts = rig->pool->contexts->kmap;

	KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 1, 1, &a), 0);
	KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 1, 1, &b), 0);
	KUNIT_EXPECT_EQ(test, b.tiler_heap_ctx_gpu_va - a.tiler_heap_ctx_gpu_va, TEST_LINE);
	KUNIT_EXPECT_EQ(test, b.handle, TEST_VM_ID << 16 | 1);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(contexts, 0, 2 * TEST_LINE), NULL);
	/* Not those of others. */
	KUNIT_EXPECT_EQ(test, contexts[2 * TEST_LINE], 0xa5);
}

static void growing(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create args;
	u64 chunk = 0;

	KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 3, 4, &args), 0);
	KUNIT_ASSERT_EQ(test, garm_heap_grow(rig->pool, args.tiler_heap_ctx_gpu_va, 4, 0, &chunk),
			0);
	KUNIT_EXPECT_EQ(test, chunk, rig->newest->va | TEST_CHUNK >> 12);
	/* Its successor is the firmware's to write. */
	KUNIT_EXPECT_EQ(test, newest_header(rig)->next, 0);
	KUNIT_EXPECT_EQ(test, rig->live, 3);
}

static void limits_of_growing(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create args;
	u64 chunk, va;

	KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 2, 4, &args), 0);
	va = args.tiler_heap_ctx_gpu_va;
	/* Too many passes in flight: wait for fragment jobs, or give up when there are none. */
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va, 5, 1, &chunk), -EBUSY);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va, 5, 0, &chunk), -ENOMEM);
	KUNIT_ASSERT_EQ(test, garm_heap_grow(rig->pool, va, 1, 0, &chunk), 0);
	/* All chunks that it may have. */
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va, 1, 1, &chunk), -EBUSY);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va, 1, 0, &chunk), -ENOMEM);
	KUNIT_EXPECT_EQ(test, rig->live, 3);
}

static void addresses_that_are_no_heap(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create args;
	u64 chunk, va;

	KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 4, 4, &args), 0);
	va = args.tiler_heap_ctx_gpu_va;
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va - TEST_LINE, 1, 0, &chunk), -EINVAL);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va + 8, 1, 0, &chunk), -EINVAL);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va + TEST_LINE, 1, 0, &chunk), -EINVAL);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va + GARM_MAX_HEAPS_PER_POOL * TEST_LINE,
					     1, 0, &chunk), -EINVAL);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, 0, 1, 0, &chunk), -EINVAL);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, ~0ull, 1, 0, &chunk), -EINVAL);
	KUNIT_EXPECT_EQ(test, rig->live, 2);
}

static void a_chunk_given_back_once(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create args;
	u64 chunk, size, va;

	KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 2, 4, &args), 0);
	va = args.tiler_heap_ctx_gpu_va;
	size = garm_heap_pool_size(rig->pool);
	KUNIT_ASSERT_EQ(test, garm_heap_grow(rig->pool, va, 1, 0, &chunk), 0);
	KUNIT_EXPECT_EQ(test, garm_heap_pool_size(rig->pool), size + TEST_CHUNK);
	/* The low bits, its size, do not matter. */
	KUNIT_EXPECT_EQ(test, garm_heap_return_chunk(rig->pool, va, chunk), 0);
	KUNIT_EXPECT_EQ(test, garm_heap_return_chunk(rig->pool, va, chunk), -EINVAL);
	KUNIT_EXPECT_EQ(test, garm_heap_pool_size(rig->pool), size);
	/* And there is room for one again. */
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, va, 1, 0, &chunk), 0);
}

static void memory_runs_out(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create args;
	u64 chunk, size = garm_heap_pool_size(rig->pool);

	rig->allowed = 2;
	KUNIT_EXPECT_EQ(test, make_heap(rig, 3, 3, 1, &args), -ENOMEM);
	KUNIT_EXPECT_EQ(test, rig->live, 1);
	KUNIT_EXPECT_EQ(test, garm_heap_pool_size(rig->pool), size);
	rig->allowed = 1;
	KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 3, 1, &args), 0);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, args.tiler_heap_ctx_gpu_va, 1, 1, &chunk),
			-ENOMEM);
	rig->allowed = 1;
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, args.tiler_heap_ctx_gpu_va, 1, 1, &chunk),
			0);
}

static void handles_run_out(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create args;

	for (int i = 0; i < GARM_MAX_HEAPS_PER_POOL; i++)
		KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 1, 1, &args), 0);
	KUNIT_EXPECT_EQ(test, make_heap(rig, 1, 1, 1, &args), -EBUSY);
	KUNIT_EXPECT_EQ(test, rig->live, 1 + GARM_MAX_HEAPS_PER_POOL);
	KUNIT_EXPECT_EQ(test, pool_remove_heap(rig->pool, 77), 0);
	KUNIT_EXPECT_EQ(test, pool_remove_heap(rig->pool, 77), -EINVAL);
	KUNIT_ASSERT_EQ(test, make_heap(rig, 1, 1, 1, &args), 0);
	KUNIT_EXPECT_EQ(test, args.handle, TEST_VM_ID << 16 | 77);
}

/* Whoever still holds the pool when the VM has gone finds nothing in it. */
static void a_pool_outlives_its_vm(struct kunit *test)
{
	struct heap_rig *rig = test->priv;
	struct drm_panthor_tiler_heap_create args;
	u64 chunk;

	KUNIT_ASSERT_EQ(test, make_heap(rig, 2, 4, 1, &args), 0);
	garm_heap_pool_get(rig->pool);
	garm_heap_pool_destroy(rig->pool);
	KUNIT_EXPECT_EQ(test, rig->live, 0);
	KUNIT_EXPECT_EQ(test, garm_heap_grow(rig->pool, args.tiler_heap_ctx_gpu_va, 1, 0, &chunk),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, make_heap(rig, 1, 1, 1, &args), -EINVAL);
	KUNIT_EXPECT_EQ(test, garm_heap_pool_size(rig->pool), 0);
	garm_heap_pool_put(rig->pool);
	rig->pool = NULL;
}

static struct kunit_case heap_cases[] = {
	KUNIT_CASE(initial_chunks_are_chained),
	KUNIT_CASE(contexts_are_cleared_and_apart),
	KUNIT_CASE(growing),
	KUNIT_CASE(limits_of_growing),
	KUNIT_CASE(addresses_that_are_no_heap),
	KUNIT_CASE(a_chunk_given_back_once),
	KUNIT_CASE(memory_runs_out),
	KUNIT_CASE(handles_run_out),
	KUNIT_CASE(a_pool_outlives_its_vm),
	{}
};

static struct kunit_suite heap_suite = {
	.name = "garm-heap",
	.init = heap_test_init,
	.exit = heap_test_exit,
	.test_cases = heap_cases,
};

kunit_test_suite(heap_suite);
