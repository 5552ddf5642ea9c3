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
#include <linux/kthread.h>
#include <linux/sizes.h>
#include <linux/sysfs.h>
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
#define DUMP_VALUE_TEXT		112	/* room for the line of a value */
#define DUMP_SOURCES		4
#define DUMP_LATER		16	/* pieces of users' memory */

enum dump_kind { DUMP_TEXT, DUMP_MEMORY, DUMP_VALUES };

/*
 * A page of text, of memory at @va, or of struct dump_values. The last two become lines of text
 * when the dump is delivered: registers and a ring take milliseconds to print, and nobody's fences
 * may wait for that.
 */
struct dump_page {
	struct list_head node;
	u32 used;
	enum dump_kind kind;
	u64 va;
	char bytes[] __aligned(8);
};

/* Values of @fields, which begin a section if there is a @heading. */
struct dump_values {
	const struct garm_dump_field *fields;
	const char *block;
	u32 count;
	char heading[28];
	u64 value[];
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
 * @busy: somebody writes it, @work completes it, or @print delivers it; who set it owns the rest
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
	struct kthread_worker *printer;	/* whose time nobody else wants */
	struct kthread_work print;
	struct dump_later later[DUMP_LATER];
	u32 later_count;
	garm_dump_source sources[DUMP_SOURCES];
	unsigned int source_count;
};

/* --- Text --- */

static struct dump_page *dump_page_add(struct garm_dump *dump, enum dump_kind kind)
{
	struct dump_page *page = NULL;

	if (dump->size < DUMP_LIMIT)
		page = (void *)__get_free_page(GFP_NOWAIT | __GFP_NOWARN);
	if (!page) {
		dump->truncated = true;
		return NULL;
	}
	page->used = 0;
	page->kind = kind;
	list_add_tail(&page->node, &dump->pages);
	return page;
}

static struct dump_page *dump_page_last(struct garm_dump *dump)
{
	if (list_empty(&dump->pages))
		return NULL;
	return list_last_entry(&dump->pages, struct dump_page, node);
}

static void dump_put(struct garm_dump *dump, const char *text, size_t len)
{
	struct dump_page *page = dump_page_last(dump);

	/* Nothing behind a gap: a reader would take it for what belongs there. */
	while (len && !dump->truncated) {
		size_t part;

		if (!page || page->kind != DUMP_TEXT || page->used == DUMP_PAGE_TEXT)
			page = dump_page_add(dump, DUMP_TEXT);
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

/**
 * garm_dump_values() - room for values that are printed when the dump is delivered
 * @dump: the snapshot, or NULL
 * @heading: of the section that begins with them, without brackets, at most 27 characters; or NULL
 * @block: a constant that goes before the names
 * @fields: constant
 * @count: of @fields
 *
 * Return: an array of @count, for the caller to fill; NULL: there is no room.
 */
u64 *garm_dump_values(struct garm_dump *dump, const char *heading, const char *block,
		      const struct garm_dump_field *fields, u32 count)
{
	struct dump_page *page;
	struct dump_values *values;
	size_t size = struct_size(values, value, count);

	if (!dump || dump->truncated)
		return NULL;
	page = dump_page_last(dump);
	if (!page || page->kind != DUMP_VALUES || DUMP_PAGE_TEXT - page->used < size)
		page = dump_page_add(dump, DUMP_VALUES);
	if (!page)
		return NULL;
	values = (void *)page->bytes + page->used;
	values->fields = fields;
	values->block = block;
	values->count = count;
	strscpy_pad(values->heading, heading ?: "");
	page->used += size;
	dump->size += (count + 1) * DUMP_VALUE_TEXT;
	return values->value;
}

/* A copy of memory; dump_rows() prints it. Sizes are multiples of 8. */
static void dump_copy(struct garm_dump *dump, u64 va, const void *data, size_t size)
{
	while (size && !dump->truncated) {
		struct dump_page *page = dump_page_add(dump, DUMP_MEMORY);

		if (!page)
			return;
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

static void drop_all_later(struct garm_dump *dump)
{
	while (dump->later_count)
		garm_vm_put(dump->later[--dump->later_count].vm);
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
	drop_all_later(dump);
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

static size_t dump_value(char *to, const struct dump_values *values, u32 i)
{
	const struct garm_dump_field *f = &values->fields[i];
	u64 value = values->value[i];

	return scnprintf(to, DUMP_VALUE_TEXT, "  %s%s 0x%0*llx%s%s\n", values->block, f->name,
			 f->bits / 4, value, f->explain ? " " : "",
			 f->explain ? f->explain(value) : "");
}

/* A page of values as text. Return: bytes; dump.size has room for them. */
static size_t dump_values(char *to, const struct dump_page *page)
{
	const struct dump_values *values;
	char *end = to;

	for (u32 at = 0; at < page->used; at += struct_size(values, value, values->count)) {
		values = (const void *)page->bytes + at;
		if (values->heading[0])
			end += scnprintf(end, DUMP_VALUE_TEXT, "[%s]\n", values->heading);
		for (u32 i = 0; i < values->count; i++)
			end += dump_value(end, values, i);
	}
	return end - to;
}

static size_t dump_page_text(char *to, const struct dump_page *page)
{
	switch (page->kind) {
	case DUMP_MEMORY:
		return dump_rows(to, page);
	case DUMP_VALUES:
		return dump_values(to, page);
	case DUMP_TEXT:
		break;
	}
	memcpy(to, page->bytes, page->used);
	return page->used;
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
		at += dump_page_text(text + at, page);
		cond_resched();
	}
	at += scnprintf(text + at, DUMP_LINE, "%s[end truncated=%d dropped=%d]\n",
			dump->truncated ? "\n" : "", dump->truncated,
			atomic_xchg(&dump->dropped, 0));
	*size = at;
	return text;
}

static void dump_over(struct garm_dump *dump)
{
	dump_free(dump);
	atomic_set_release(&dump->busy, 0);
}

static void dump_print_work(struct kthread_work *work)
{
	struct garm_dump *dump = container_of(work, struct garm_dump, print);
	struct garm_device *gdev = dump->gdev;
	size_t size;
	char *text;

	text = dump_assemble(dump, &size);
	if (text) {
		drm_info(&gdev->base,
			 "core dump of %zu bytes: /sys/class/devcoredump, read with scripts/dump\n",
			 size);
		/* Takes the text. */
		dev_coredumpv(gdev->base.dev, text, size, GFP_KERNEL);
	} else {
		drm_warn(&gdev->base, "core dump of %zu bytes: no memory\n", dump->size);
	}
	dump_over(dump);
}

/* The kernel keeps one of a device, until it is removed or five minutes old, and drops others. */
static bool dump_unread(struct garm_device *gdev)
{
	struct kernfs_node *node = sysfs_get_dirent(gdev->base.dev->kobj.sd, "devcoredump");

	sysfs_put(node);
	return node;
}

/*
 * What the locks of others are for is done with the usual priority, and soon: the user may free the
 * memory. The rest, which takes longer, gives way to whoever goes on after the trouble.
 */
static void dump_work(struct work_struct *work)
{
	struct garm_dump *dump = container_of(work, struct garm_dump, work);

	if (dump_unread(dump->gdev)) {
		drop_all_later(dump);
		atomic_inc(&dump->dropped);
		dump_over(dump);
		return;
	}
	dump_all_later(dump);
	kthread_queue_work(dump->printer, &dump->print);
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

static void dump_fini(struct drm_device *drm, void *data)
{
	struct garm_dump *dump = data;

	kthread_destroy_worker(dump->printer);
}

int garm_dump_init(struct garm_device *gdev)
{
	struct garm_dump *dump = drmm_kzalloc(&gdev->base, sizeof(*dump), GFP_KERNEL);

	if (!dump)
		return -ENOMEM;
	dump->gdev = gdev;
	INIT_LIST_HEAD(&dump->pages);
	INIT_WORK(&dump->work, dump_work);
	kthread_init_work(&dump->print, dump_print_work);
	dump->printer = kthread_run_worker(0, "garm-dump");
	if (IS_ERR(dump->printer))
		return PTR_ERR(dump->printer);
	set_user_nice(dump->printer->task, MAX_NICE);
	gdev->fw->dump = dump;
	return drmm_add_action_or_reset(&gdev->base, dump_fini, dump);
}

void garm_dump_unplug(struct garm_device *gdev)
{
	struct garm_dump *dump = gdev->fw->dump;

	if (!dump)
		return;
	/* Kept busy for ever: whoever is late gets none. */
	while (atomic_cmpxchg_acquire(&dump->busy, 0, 1)) {
		flush_work(&dump->work);
		kthread_flush_work(&dump->print);
		msleep(20);
	}
}
