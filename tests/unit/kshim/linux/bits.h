/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single bits, for driver code on the host. */
#ifndef KSHIM_LINUX_BITS_H
#define KSHIM_LINUX_BITS_H

#define BIT(n)        (1ul << (n))
#define GENMASK(h, l) ((~0ul >> (63 - (h))) & (~0ul << (l)))
#define GENMASK_ULL(h, l) ((~0ull >> (63 - (h))) & (~0ull << (l)))

#endif
