/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error numbers: the host's C library includes this name itself, so no more than what it expects. */
#include_next <linux/errno.h>
