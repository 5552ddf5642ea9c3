// Adds to each block the sum of those before it.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 256) in;
layout(binding = 0) buffer A { uint a[]; };
layout(binding = 1) readonly buffer S { uint sums[]; };
void main()
{
    if (gl_WorkGroupID.x > 0)
        a[gl_GlobalInvocationID.x] += sums[gl_WorkGroupID.x - 1];
}
