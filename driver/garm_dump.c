// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Device core dumps: see garm_dump.h for the format and for who may call what.
 *
 * Called by the reset and the scheduler; calls garm_dump_state.c, garm_vm_dump.c and
 * dev_coredumpv().
 */
#include <linux/delay.h>
#include <linux/devcoredump.h>
#include <linux/dma-resv.h>
#include <linux/hex.h>
#include <linux/sizes.h>
#include <linux/vmalloc.h>

#include <drm/drm_managed.h>

#include "garm_dump.h"
#include "garm_fw_priv.h"
#include "garm_vm.h"

#define DUMP_LIMIT		SZ_4M	/* bytes of text */
#define DUMP_MEMORY_LIMIT	SZ_64K	/* bytes of memory in one section */
#define DUMP_INTERVAL		HZ	/* groups can be killed at will: dumps are no load */
#define DUMP_LINE		256
#define DUMP_ROW		32	/* bytes of memory in one line */
#define DUMP_ROW_TEXT		(4 + 2 * DUMP_VA_BYTES + 1 + DUMP_ROW / 8 * 17 + 1)
#define DUMP_VA_BYTES		6	/* of an address of the GPU: 48 bits */
#define DUMP_SOURCES		4
#define DUMP_LATER		16	/* pieces of users' memory */

/*
 * A page of text, or of memory at @va, which becomes lines of text when the dump is delivered: a
 * ring takes milliseconds to print, and nobody's fences may wait for that.
 */
struct dump_page {
	struct list_head node;
	u32 used;
	bool memory;
	u64 va;
	char bytes[];
};

/* Memory to be read when the dump is delivered. */
struct dump_later {
	struct garm_vm *vm;	/* reference */
	const char *kind;
	u64 va;
	size_t size;
};

#define DUMP_PAGE_TEXT (PAGE_SIZE - offsetof(struct dump_page, bytes))
#define DUMP_PAGE_MEMORY ALIGN_DOWN(DUMP_PAGE_TEXT, DUMP_ROW)

/*
 * struct garm_dump - the device's snapshot: there is one at a time
 * @busy: somebody writes it or @work delivers it; who set it owns the rest
 * @pages: struct dump_page, in order
 * @not_before: jiffies; earlier ones are dropped
 * @later: users' memory that @work reads: the signalling path may not
 * @dropped: snapshots that were not taken since the last one that was
 */
struct garm_dump {
	struct garm_device *gdev;
	atomic_t busy;
	atomic_t dropped;
	struct list_head pages;
	size_t size;
	bool truncated;
	bool limited;
	unsigned long not_before;
	struct work_struct work;
	struct dump_later later[DUMP_LATER];
	u32 later_count;
	garm_dump_source sources[DUMP_SOURCES];
	unsigned int source_count;
};

/* --- Text --- */

static struct dump_page *dump_page_add(struct garm_dump *dump)
{
	struct dump_page *page = NULL;

	if (dump->size < DUMP_LIMIT)
		page = (void *)__get_free_page(GFP_NOWAIT | __GFP_NOWARN);
	if (!page) {
		dump->truncated = true;
		return NULL;
	}
	page->used = 0;
	page->memory = false;
	list_add_tail(&page->node, &dump->pages);
	return page;
}

static void dump_put(struct garm_dump *dump, const char *text, size_t len)
{
	struct dump_page *page = NULL;

	if (!list_empty(&dump->pages))
		page = list_last_entry(&dump->pages, struct dump_page, node);
	/* Nothing behind a gap: a reader would take it for what belongs there. */
	while (len && !dump->truncated) {
		size_t part;

		if (!page || page->memory || page->used == DUMP_PAGE_TEXT)
			page = dump_page_add(dump);
		if (!page)
			return;
		part = min_t(size_t, len, DUMP_PAGE_TEXT - page->used);
		memcpy(page->bytes + page->used, text, part);
		page->used += part;
		dump->size += part;
		text += part;
		len -= part;
	}
}

/* A line; whatever could be mistaken for another one is replaced. */
static __printf(3, 0) void dump_line(struct garm_dump *dump, const char *indent, const char *fmt,
				     va_list args, const char *end)
{
	char line[DUMP_LINE];
	int len = vscnprintf(line, sizeof(line), fmt, args);

	for (int i = 0; i < len; i++) {
		if (line[i] < 0x20 || line[i] > 0x7e)
			line[i] = '?';
	}
	dump_put(dump, indent, strlen(indent));
	dump_put(dump, line, len);
	dump_put(dump, end, strlen(end));
}

/**
 * garm_dump_section() - begin a section
 * @dump: the snapshot, or NULL
 * @fmt: name and key=value words, without brackets
 */
void garm_dump_section(struct garm_dump *dump, const char *fmt, ...)
{
	va_list args;

	if (!dump)
		return;
	va_start(args, fmt);
	dump_line(dump, "[", fmt, args, "]\n");
	va_end(args);
}

/**
 * garm_dump_add() - a line in the section
 * @dump: the snapshot, or NULL
 * @fmt: "key value", without a line break; more than 255 characters are cut
 */
void garm_dump_add(struct garm_dump *dump, const char *fmt, ...)
{
	va_list args;

	if (!dump)
		return;
	va_start(args, fmt);
	dump_line(dump, "  ", fmt, args, "\n");
	va_end(args);
}

/* A copy of memory; dump_rows() prints it. Sizes are multiples of 8. */
static void dump_copy(struct garm_dump *dump, u64 va, const void *data, size_t size)
{
	while (size && !dump->truncated) {
		struct dump_page *page = dump_page_add(dump);

		if (!page)
			return;
		page->memory = true;
		page->va = va;
		page->used = min_t(size_t, size, DUMP_PAGE_MEMORY);
		memcpy(page->bytes, data, page->used);
		dump->size += DIV_ROUND_UP(page->used, DUMP_ROW) * DUMP_ROW_TEXT;
		va += page->used;
		data += page->used;
		size -= page->used;
	}
}

/**
 * garm_dump_memory() - memory of the GPU that the caller has mapped
 * @dump: the snapshot, or NULL
 * @kind: a word; see the format
 * @va: GPU address of @data, a multiple of 8
 * @data: aligned to 8
 * @size: in bytes; a multiple of 8, 64 KiB at most, the rest is left out
 */
void garm_dump_memory(struct garm_dump *dump, const char *kind, u64 va, const void *data,
		      size_t size)
{
	if (!dump)
		return;
	size = min_t(size_t, size, DUMP_MEMORY_LIMIT) & ~7ul;
	garm_dump_section(dump, "memory kind=%s va=0x%llx size=0x%zx", kind, va, size);
	dump_copy(dump, va, data, size);
}

/**
 * garm_dump_va() - memory of a user's VM, as far as it is one mapping; and the VM's map
 * @dump: the snapshot, or NULL
 * @kind: a constant word; see the format
 * @vm: the VM; a reference is taken
 * @va: any address; rounded down to 8
 * @size: in bytes; rounded down to 8, 64 KiB at most
 *
 * Only noted: read when the dump is delivered, where locks and allocations are allowed. So what the
 * dump shows is from a moment later than the rest. Context: any, any lock.
 */
void garm_dump_va(struct garm_dump *dump, const char *kind, struct garm_vm *vm, u64 va, size_t size)
{
	if (!dump)
		return;
	va &= ~7ull;
	size = min_t(size_t, size, DUMP_MEMORY_LIMIT) & ~7ul;
	if (dump->later_count == DUMP_LATER) {
		garm_dump_add(dump, "left_out %s 0x%llx", kind, va);
		return;
	}
	dump->later[dump->later_count++] =
		(struct dump_later){ .vm = garm_vm_get(vm), .kind = kind, .va = va, .size = size };
}

/* The pages of a BO through the kind of mapping that its users have: caches then do not lie. */
static void dump_pages(struct garm_dump *dump, struct garm_bo *bo, u64 va, u64 offset, size_t size)
{
	unsigned int first = offset >> PAGE_SHIFT;
	unsigned int count = DIV_ROUND_UP(offset_in_page(offset) + size, PAGE_SIZE);
	bool cached = bo->cached || dump->gdev->coherent;
	void *map = vmap(bo->pages + first, count, VM_MAP,
			 cached ? PAGE_KERNEL : pgprot_writecombine(PAGE_KERNEL));

	if (!map) {
		garm_dump_add(dump, "error no memory for a mapping");
		return;
	}
	dump_copy(dump, va, map + offset_in_page(offset), size);
	vunmap(map);
}

static void dump_later(struct garm_dump *dump, const struct dump_later *later)
{
	struct garm_bo *bo;
	u64 offset;

	garm_dump_section(dump, "memory kind=%s va=0x%llx size=0x%zx", later->kind, later->va,
			  later->size);
	bo = garm_vm_bo_at(later->vm, later->va, &offset);
	if (IS_ERR(bo)) {
		garm_dump_add(dump, "error nothing is mapped");
		return;
	}
	if (dma_resv_lock(bo->base.resv, NULL)) {
		garm_dump_add(dump, "error the BO cannot be locked");
	} else {
		if (!bo->pages || offset >= bo->base.size)
			garm_dump_add(dump, "error no pages: imported, or not populated");
		else
			dump_pages(dump, bo, later->va, offset,
				   min_t(u64, later->size, bo->base.size - offset));
		dma_resv_unlock(bo->base.resv);
	}
	drm_gem_object_put(&bo->base);
}

/* Memory first: maps may be long, and what comes last is what a limit cuts. */
static void dump_all_later(struct garm_dump *dump)
{
	for (u32 i = 0; i < dump->later_count; i++)
		dump_later(dump, &dump->later[i]);
	for (u32 i = 0; i < dump->later_count; i++) {
		u32 k = 0;

		while (dump->later[k].vm != dump->later[i].vm)
			k++;
		if (k == i)
			garm_vm_dump(dump->later[i].vm, dump);
	}
	while (dump->later_count)
		garm_vm_put(dump->later[--dump->later_count].vm);
}

/**
 * garm_dump_map() - a mapping of a VM
 * @dump: the snapshot, or NULL
 * @va: address
 * @size: in bytes
 * @bo_offset: where in the BO
 * @flags: DRM_PANTHOR_VM_BIND_OP_MAP_*
 * @label: the BO's, or NULL; from user space
 *
 * For garm_vm_dump(), after garm_dump_section(dump, "vm ...").
 */
void garm_dump_map(struct garm_dump *dump, u64 va, u64 size, u64 bo_offset, u32 flags,
		   const char *label)
{
	garm_dump_add(dump, "map 0x%012llx size=0x%llx bo_offset=0x%llx flags=0x%x label=%s", va,
		      size, bo_offset, flags, label ? label : "-");
}

/* --- Begin, end, delivery --- */

static void dump_free(struct garm_dump *dump)
{
	struct dump_page *page, *next;

	list_for_each_entry_safe(page, next, &dump->pages, node)
		free_page((unsigned long)page);
	INIT_LIST_HEAD(&dump->pages);
}

/* The lower @bytes of a word in hex; returns the end. There are too many of them for sprintf(). */
static char *dump_hex(char *to, u64 word, u32 bytes)
{
	__be64 big = cpu_to_be64(word);

	return bin2hex(to, (const u8 *)&big + sizeof(big) - bytes, bytes);
}

/* A page of memory as text, a line for up to four words. Return: bytes; dump.size counts them. */
static size_t dump_rows(char *to, const struct dump_page *page)
{
	char *end = to;

	for (u32 at = 0; at < page->used; at += DUMP_ROW) {
		u32 row = min_t(u32, page->used - at, DUMP_ROW);

		memcpy(end, "  0x", 4);
		end += 4;
		end = dump_hex(end, page->va + at, DUMP_VA_BYTES);
		*end++ = ':';
		for (u32 i = 0; i < row; i += sizeof(u64)) {
			*end++ = ' ';
			end = dump_hex(end, *(const u64 *)(page->bytes + at + i), sizeof(u64));
		}
		*end++ = '\n';
	}
	return end - to;
}

/* One piece, as dev_coredumpv() wants it. */
static char *dump_assemble(struct garm_dump *dump, size_t *size)
{
	char *text = vmalloc(dump->size + DUMP_LINE);
	struct dump_page *page;
	size_t at = 0;

	if (!text)
		return NULL;
	list_for_each_entry(page, &dump->pages, node) {
		if (page->memory) {
			at += dump_rows(text + at, page);
			continue;
		}
		memcpy(text + at, page->bytes, page->used);
		at += page->used;
	}
	at += scnprintf(text + at, DUMP_LINE, "%s[end truncated=%d dropped=%d]\n",
			dump->truncated ? "\n" : "", dump->truncated,
			atomic_xchg(&dump->dropped, 0));
	*size = at;
	return text;
}

static void dump_work(struct work_struct *work)
{
	struct garm_dump *dump = container_of(work, struct garm_dump, work);
	struct garm_device *gdev = dump->gdev;
	size_t size;
	char *text;

	dump_all_later(dump);
	text = dump_assemble(dump, &size);
	if (text) {
		drm_info(&gdev->base,
			 "core dump of %zu bytes: /sys/class/devcoredump, read with scripts/dump\n",
			 size);
		/* Takes the text; drops it when an earlier dump has not been read yet. */
		dev_coredumpv(gdev->base.dev, text, size, GFP_KERNEL);
	} else {
		drm_warn(&gdev->base, "core dump of %zu bytes: no memory\n", dump->size);
	}
	dump_free(dump);
	atomic_set_release(&dump->busy, 0);
}

/**
 * garm_dump_begin() - begin a snapshot: header, registers, interfaces of the firmware
 * @gdev: the device, powered
 * @why: for the reader
 *
 * Context: any; allocates with GFP_NOWAIT. Reads the interfaces that belong to whoever serves the
 * firmware, but writes nothing. Return: the snapshot, for garm_dump_end(); NULL when there is none
 * to be taken now.
 */
struct garm_dump *garm_dump_begin(struct garm_device *gdev, const char *why)
{
	struct garm_dump *dump = gdev->fw ? gdev->fw->dump : NULL;

	if (!dump)
		return NULL;
	if (atomic_cmpxchg_acquire(&dump->busy, 0, 1)) {
		atomic_inc(&dump->dropped);
		return NULL;
	}
	if (dump->limited && time_before(jiffies, dump->not_before)) {
		atomic_inc(&dump->dropped);
		atomic_set_release(&dump->busy, 0);
		return NULL;
	}
	dump->limited = true;
	dump->not_before = jiffies + DUMP_INTERVAL;
	dump->size = 0;
	dump->truncated = false;
	garm_dump_state(gdev, dump, why);
	return dump;
}

/**
 * garm_dump_end() - hand a snapshot over
 * @dump: of garm_dump_begin(), or NULL; not to be used any more
 *
 * Context: any.
 */
void garm_dump_end(struct garm_dump *dump)
{
	if (dump)
		queue_work(system_dfl_wq, &dump->work);
}

/**
 * garm_dump_take() - a whole snapshot
 * @gdev: the device, powered
 * @why: for the reader
 *
 * Context: as the sources that the rooms added; the reset calls it on the fence-signalling path.
 */
void garm_dump_take(struct garm_device *gdev, const char *why)
{
	struct garm_dump *dump = garm_dump_begin(gdev, why);

	for (unsigned int i = 0; dump && i < dump->source_count; i++)
		dump->sources[i](gdev, dump);
	garm_dump_end(dump);
}

/**
 * garm_dump_add_source() - have a function called by each garm_dump_take()
 * @gdev: the device; garm_fw_init() is over, probe is not
 * @add: the function
 */
void garm_dump_add_source(struct garm_device *gdev, garm_dump_source add)
{
	struct garm_dump *dump = gdev->fw->dump;

	if (!drm_WARN_ON(&gdev->base, dump->source_count == DUMP_SOURCES))
		dump->sources[dump->source_count++] = add;
}

int garm_dump_init(struct garm_device *gdev)
{
	struct garm_dump *dump = drmm_kzalloc(&gdev->base, sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return -ENOMEM;
	dump->gdev = gdev;
	INIT_LIST_HEAD(&dump->pages);
	INIT_WORK(&dump->work, dump_work);
	gdev->fw->dump = dump;
	return 0;
}

void garm_dump_unplug(struct garm_device *gdev)
{
	struct garm_dump *dump = gdev->fw->dump;

	if (!dump)
		return;
	/* Kept busy for ever: whoever is late gets none. */
	while (atomic_cmpxchg_acquire(&dump->busy, 0, 1)) {
		flush_work(&dump->work);
		msleep(20);
	}
}
