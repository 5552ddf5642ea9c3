// 256 bins: counted in shared memory, then added to those of the other workgroups.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 256) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1) buffer O { uint bins[]; };
shared uint s[256];
void main()
{
    uint i = gl_LocalInvocationID.x, word = a[gl_GlobalInvocationID.x];
    s[i] = 0;
    barrier();
    for (int k = 0; k < 4; k++)
        atomicAdd(s[word >> 8 * k & 255], 1);
    barrier();
    if (s[i] != 0)
        atomicAdd(bins[i], s[i]);
}
