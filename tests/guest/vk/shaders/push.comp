// Push constants of several types and offsets.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 32) in;
layout(binding = 0) writeonly buffer O { uint o[]; };
layout(push_constant) uniform P { uint mul; int add; vec2 f; layout(offset = 32) uvec4 table[4]; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    o[i] = i * mul + uint(add) + uint(f.x * float(i) + f.y) + table[i & 3][(i >> 2) & 3];
}
