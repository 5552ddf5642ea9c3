// Inclusive prefix sums of blocks of 256, and the sum of each block.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 256) in;
layout(binding = 0) buffer A { uint a[]; };
layout(binding = 1) writeonly buffer S { uint sums[]; };
shared uint s[2][256];
void main()
{
    uint i = gl_LocalInvocationID.x, from = 0;
    s[0][i] = a[gl_GlobalInvocationID.x];
    barrier();
    for (uint step = 1; step < 256; step <<= 1) {
        s[1 - from][i] = s[from][i] + (i >= step ? s[from][i - step] : 0);
        from = 1 - from;
        barrier();
    }
    a[gl_GlobalInvocationID.x] = s[from][i];
    if (i == 255)
        sums[gl_WorkGroupID.x] = s[from][i];
}
