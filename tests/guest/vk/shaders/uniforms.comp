// A uniform buffer with std140's paddings, indexed by the invocation.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 32) in;
layout(std140, binding = 0) uniform U { float scalar; vec3 v; mat3 m; float array[8]; ivec4 i[4]; };
layout(binding = 1) writeonly buffer O { float o[]; };
void main()
{
    uint n = gl_GlobalInvocationID.x;
    vec3 p = m * vec3(float(n & 3), 1, 2) + v;
    o[n] = p.x + p.y * 2 + p.z * 4 + array[n & 7] * scalar + float(i[n & 3][(n >> 2) & 3]);
}
