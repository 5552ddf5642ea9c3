// Integer functions of TYPE (signed STYPE), each in a row of n results.
// SPDX-License-Identifier: MIT
#version 450
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types : require
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { TYPE a[]; };
layout(binding = 1) readonly buffer B { TYPE b[]; };
layout(binding = 2) writeonly buffer O { TYPE o[]; };
layout(push_constant) uniform P { uint n; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    TYPE x = a[i], y = b[i];
    STYPE sx = STYPE(x), sy = STYPE(y);
    o[i] = x + y;
    o[n + i] = x - y;
    o[2 * n + i] = x * y;
    o[3 * n + i] = x & y;
    o[4 * n + i] = x | y;
    o[5 * n + i] = x ^ y;
    o[6 * n + i] = ~x;
    o[7 * n + i] = x << (y & TYPE(BITS - 1));
    o[8 * n + i] = x >> (y & TYPE(BITS - 1));
    o[9 * n + i] = TYPE(sx >> (sy & STYPE(BITS - 1)));
    o[10 * n + i] = x / (y | TYPE(1));
#if BITS < 64 // two more of these would compile for half a minute
    o[11 * n + i] = x % (y | TYPE(1));
    o[12 * n + i] = TYPE(sx / STYPE((y & TYPE(63)) | TYPE(1)));
#else
    o[11 * n + i] = TYPE(abs(sx));
    o[12 * n + i] = x == y ? x : ~x;
#endif
    o[13 * n + i] = min(x, y);
    o[14 * n + i] = TYPE(max(sx, sy));
    o[15 * n + i] = TYPE(x < y ? 1 : 0) + TYPE(sx < sy ? 2 : 0);
}
