// Every atomic operation whose result does not depend on the order, in a buffer and in shared memory.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1) buffer O { uint o[]; };
layout(binding = 2) buffer S { int so[]; };
shared uint s[8];
void main()
{
    uint i = gl_LocalInvocationID.x, x = a[gl_GlobalInvocationID.x], slot = x & 7, at = 8 * slot;
    if (i < 8)
        s[i] = i == 3 ? ~0u : 0;
    barrier();
    atomicAdd(o[at], x);
    atomicMin(o[at + 1], x);
    atomicMax(o[at + 2], x);
    atomicAnd(o[at + 3], x | 0xffff00ffu);
    atomicOr(o[at + 4], x & 0x10101);
    atomicXor(o[at + 5], x);
    uint ticket = atomicAdd(o[at + 6], 1); // everybody gets another one
    atomicXor(o[at + 7], ticket * 2654435761u);
    atomicMin(so[2 * slot], int(x));
    atomicMax(so[2 * slot + 1], int(x));
    atomicAdd(s[0], x);
    atomicXor(s[1], x);
    atomicMax(s[2], x);
    atomicMin(s[3], x);
    atomicOr(s[4], 1u << (x & 31));
    for (bool done = false; !done;) { // a lock-free sum
        uint old = s[5];
        done = atomicCompSwap(s[5], old, old + (x & 15)) == old;
    }
    barrier();
    if (i < 6)
        o[64 + 8 * gl_WorkGroupID.x + i] = s[i];
    if (i == 6) {
        uint before = atomicExchange(o[64 + 8 * gl_WorkGroupID.x + 6], 77);
        o[64 + 8 * gl_WorkGroupID.x + 7] = before;
    }
}
