// o = a * b, row by row; TYPE is that of the operands in memory, ACC that of the sums.
// SPDX-License-Identifier: MIT
#version 450
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types : require
layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0) readonly buffer A { TYPE a[]; };
layout(binding = 1) readonly buffer B { TYPE b[]; };
layout(binding = 2) writeonly buffer O { ACC o[]; };
layout(push_constant) uniform P { uint n; };
void main()
{
    uint x = gl_GlobalInvocationID.x, y = gl_GlobalInvocationID.y;
    ACC sum = ACC(0);
    for (uint k = 0; k < n; k++)
        sum += ACC(a[y * n + k]) * ACC(b[k * n + x]);
    o[y * n + x] = sum;
}
