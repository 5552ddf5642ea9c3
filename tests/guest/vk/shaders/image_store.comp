// Texels from a buffer of four components each into an image.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 4, local_size_y = 4) in;
layout(binding = 0) readonly buffer A { VEC a[]; };
layout(binding = 1, FORMAT) writeonly uniform IMAGE img;
void main()
{
    ivec3 p = ivec3(gl_GlobalInvocationID), n = ivec3(gl_NumWorkGroups * gl_WorkGroupSize);
    imageStore(img, AT(p), a[p.x + n.x * (p.y + n.y * p.z)]);
}
