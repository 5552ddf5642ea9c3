// An image, mirrored, into a buffer.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 4, local_size_y = 4) in;
layout(binding = 0, FORMAT) readonly uniform IMAGE img;
layout(binding = 1) writeonly buffer O { VEC o[]; };
void main()
{
    ivec3 p = ivec3(gl_GlobalInvocationID), n = ivec3(gl_NumWorkGroups * gl_WorkGroupSize);
    o[p.x + n.x * (p.y + n.y * p.z)] = imageLoad(img, AT(ivec3(n.x - 1 - p.x, p.yz)));
}
