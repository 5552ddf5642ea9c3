/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Snapshots of a GPU in trouble, handed to user space as device core dumps.
 *
 * A snapshot is taken where the trouble is seen, which may be on the fence-signalling path: its
 * memory comes from GFP_NOWAIT, page by page, and what does not fit is left out. A work outside of
 * that path reads users' memory, then a thread of the lowest priority puts the pages together and
 * calls dev_coredumpv(). One snapshot at a time; a second one meanwhile, or while an earlier dump
 * has not been read, is dropped and counted. Implemented in garm_dump.c, part of the firmware's
 * room; scripts/dump reads the result.
 *
 * The text, version 1. A line in brackets begins a section: its name, then key=value words. Every
 * other line is indented by two spaces. What user space can choose (labels) is printable and
 * without line breaks.
 *
 *   [garm-dump version=1]            reason, kernel, driver, time (ns since boot), identity
 *   [registers]                      NAME 0xVALUE
 *   [firmware]                       what the host knows: ready, version, groups, streams
 *   [glb]                            in.FIELD 0xVALUE, out.FIELD 0xVALUE
 *   [csg slot=N]                     likewise; only slots in use or with requests pending
 *   [cs slot=N cs=M]                 likewise; a second word names exceptions and reasons
 *   [group ...] [queue ...] [vm ...] what scheduler and VMs add: KEY VALUE, or map lines
 *   [memory kind=K va=0xA size=0xS]  0xADDRESS: up to four 64-bit words, as the GPU sees them
 *   [end truncated=0|1 dropped=N]    last; dropped: snapshots lost since the last one
 *
 * kind: "ring" (a queue's ring), "stream" (a command stream of the user), others are only printed.
 */
#ifndef GARM_DUMP_H
#define GARM_DUMP_H

#include <linux/compiler_attributes.h>
#include <linux/types.h>

struct garm_device;
struct garm_dump;
struct garm_vm;

/* Called by garm_fw.c. Unplug waits for a dump on its way; there are no more after it. */
int garm_dump_init(struct garm_device *gdev);
void garm_dump_unplug(struct garm_device *gdev);

/*
 * Who knows more about the GPU adds it to every garm_dump_take(). Set up when the room is, before
 * there can be a reset, and never removed: the function is not called after the room's unplug. It
 * may run on the fence-signalling path.
 */
typedef void (*garm_dump_source)(struct garm_device *gdev, struct garm_dump *dump);
void garm_dump_add_source(struct garm_device *gdev, garm_dump_source add);

/* A whole snapshot: state of the device, and what all sources add. Device powered. */
void garm_dump_take(struct garm_device *gdev, const char *why);

/*
 * A snapshot with one's own contents: state of the device, then garm_dump_section() and what
 * follows it, then garm_dump_end(). begin returns NULL when there is one on its way or was one less
 * than a second ago; all other functions do nothing with NULL. Any context.
 */
struct garm_dump *garm_dump_begin(struct garm_device *gdev, const char *why);
void garm_dump_end(struct garm_dump *dump);

/**
 * struct garm_dump_field - a value that dumps have
 * @name: as it is printed
 * @offset: where whoever reads the value finds it
 * @bits: 32 or 64
 * @explain: a word for the value, or NULL
 */
struct garm_dump_field {
	const char *name;
	u32 offset;
	u32 bits;
	const char *(*explain)(u32 value);
};

u64 *garm_dump_values(struct garm_dump *dump, const char *heading, const char *block,
		      const struct garm_dump_field *fields, u32 count);
__printf(2, 3) void garm_dump_section(struct garm_dump *dump, const char *fmt, ...);
__printf(2, 3) void garm_dump_add(struct garm_dump *dump, const char *fmt, ...);
void garm_dump_memory(struct garm_dump *dump, const char *kind, u64 va, const void *data,
		      size_t size);
void garm_dump_va(struct garm_dump *dump, const char *kind, struct garm_vm *vm, u64 va,
		  size_t size);
/* garm_vm_dump.c: the map of a VM that garm_dump_va() named; called when the dump is delivered. */
void garm_vm_dump(struct garm_vm *vm, struct garm_dump *dump);
void garm_dump_map(struct garm_dump *dump, u64 va, u64 size, u64 bo_offset, u32 flags,
		   const char *label);

#endif
