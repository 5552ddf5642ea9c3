// A private array that is indexed by data: it lies in thread local storage.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1) writeonly buffer O { uint o[]; };
void main()
{
    uint i = gl_GlobalInvocationID.x, x = a[i], t[64];
    for (uint k = 0; k < 64; k++)
        t[k] = k * x;
    // No swaps here: Mesa 25.0 stores a second word before it loads the first one (bi_pressure_schedule.c
    // remembers only the last load before a store).
    for (uint k = 0; k < 64; k++) {
        uint other = (x >> (k & 15)) & 63;
        t[k] = t[k] * 3 + t[other];
        t[other] ^= k;
    }
    uint hash = 0;
    for (uint k = 0; k < 64; k++)
        hash = hash * 31 + t[k];
    o[i] = hash;
}
