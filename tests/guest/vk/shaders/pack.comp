// Packed halves and normalised integers, each in a row of n results.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { float a[]; };
layout(binding = 1) readonly buffer B { float b[]; };
layout(binding = 2) writeonly buffer O { uint o[]; };
layout(push_constant) uniform P { uint n; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    vec2 v = vec2(a[i], b[i]);
    o[i] = packHalf2x16(v);
    o[n + i] = packUnorm2x16(v);
    o[2 * n + i] = packSnorm2x16(v);
    o[3 * n + i] = packUnorm4x8(v.xyxy);
    o[4 * n + i] = packSnorm4x8(v.yxyx);
    o[5 * n + i] = floatBitsToUint(unpackHalf2x16((i * 241 % 0x7c00) << 16).y);
}
