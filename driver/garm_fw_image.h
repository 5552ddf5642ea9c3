/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The firmware's file (mali_csffw.bin), parsed and checked.
 *
 * Pure: bytes in, a list of sections out. Needs no device, so that tests on the host and KUnit run
 * it (tests/unit/driver_fw_image_test.c). Called by garm_fw.c when it loads. Source: driver-facts
 * B.6.
 */
#ifndef GARM_FW_IMAGE_H
#define GARM_FW_IMAGE_H

#include <linux/bits.h>
#include <linux/types.h>

#define GARM_FWI_PAGE		0x1000u		/* of the GPU's tables, whatever the kernel's is */
#define GARM_FWI_SHARED_VA	0x04000000u	/* the section with the interfaces */
#define GARM_FWI_MAX_SECTIONS	64
#define GARM_FWI_MAX_MEMORY	(64u << 20)	/* all sections together */

/* Flags of a section, as in the file. */
#define GARM_FWI_READ		BIT(0)
#define GARM_FWI_WRITE		BIT(1)
#define GARM_FWI_EXEC		BIT(2)
#define GARM_FWI_CACHE_MASK	(3u << 3)
#define GARM_FWI_CACHE_NONE	(0u << 3)
#define GARM_FWI_CACHED		BIT(3)
#define GARM_FWI_UNCACHED_COH	(2u << 3)
#define GARM_FWI_CACHED_COH	(3u << 3)
#define GARM_FWI_PROTECTED	BIT(5)
#define GARM_FWI_SHARED		BIT(30)
#define GARM_FWI_ZERO		BIT(31)

/**
 * struct garm_fwi_section - memory that the firmware wants
 * @va, @size: multiples of 4 KiB; va + size does not pass 4 GiB; no two sections overlap
 * @data, @data_size: initial contents in the file, data_size <= size
 * @name, @name_len: in the file, without terminator; printable ASCII, may be empty
 */
struct garm_fwi_section {
	u32 flags;
	u32 va, size;
	u32 data, data_size;
	const char *name;
	u32 name_len;
};

/**
 * struct garm_fwi_error - why a file was refused: the rule, where in the file, what was found,
 * what is allowed
 */
struct garm_fwi_error {
	const char *what; /* NULL when nothing was wrong */
	u32 at;
	u64 value, limit;
};

/** struct garm_fwi - what is in a file. Points into it */
struct garm_fwi {
	u8 major, minor;
	u32 version_hash;
	struct garm_fwi_section sections[GARM_FWI_MAX_SECTIONS];
	unsigned int count;
	unsigned int shared; /* index of the section at GARM_FWI_SHARED_VA */
	unsigned int left_out; /* sections for protected mode, which nobody can load */
	const char *build; /* text after "git_sha: ", or NULL; printable, not terminated */
	u32 build_len;
	struct garm_fwi_error error;
};

int garm_fwi_parse(const u8 *data, size_t size, struct garm_fwi *out);

#endif
