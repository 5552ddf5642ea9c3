// Counts in an image and remembers sums.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1, r32ui) uniform uimage2D img;
void main()
{
    uint x = a[gl_GlobalInvocationID.x];
    imageAtomicAdd(img, ivec2(x & 7, 0), 1);
    imageAtomicMax(img, ivec2(x & 7, 1), x);
    imageAtomicXor(img, ivec2(x & 7, 2), x);
}
