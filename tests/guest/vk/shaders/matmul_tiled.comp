// o = a * b through tiles in shared memory.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 16, local_size_y = 16) in;
layout(binding = 0) readonly buffer A { float a[]; };
layout(binding = 1) readonly buffer B { float b[]; };
layout(binding = 2) writeonly buffer O { float o[]; };
layout(push_constant) uniform P { uint n; };
shared float ta[16][16], tb[16][16];
void main()
{
    uint x = gl_LocalInvocationID.x, y = gl_LocalInvocationID.y;
    uint row = gl_GlobalInvocationID.y, column = gl_GlobalInvocationID.x;
    float sum = 0;
    for (uint t = 0; t < n; t += 16) {
        ta[y][x] = a[row * n + t + x];
        tb[y][x] = b[(t + y) * n + column];
        barrier();
        for (uint k = 0; k < 16; k++)
            sum += ta[y][k] * tb[k][x];
        barrier();
    }
    o[row * n + column] = sum;
}
