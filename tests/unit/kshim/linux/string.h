/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memcmp(), memset() and relatives for driver code on the host. */
#include <string.h>
