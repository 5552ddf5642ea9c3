// Every built-in of an invocation, at the place of its global id.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 5, local_size_y = 3, local_size_z = 2) in;
layout(binding = 0) writeonly buffer O { uint o[]; };
void main()
{
    uvec3 g = gl_GlobalInvocationID, n = gl_NumWorkGroups * gl_WorkGroupSize;
    uint i = 4 * (g.x + n.x * (g.y + n.y * g.z));
    o[i] = gl_WorkGroupID.x | gl_WorkGroupID.y << 8 | gl_WorkGroupID.z << 16;
    o[i + 1] = gl_LocalInvocationID.x | gl_LocalInvocationID.y << 8 | gl_LocalInvocationID.z << 16;
    o[i + 2] = gl_LocalInvocationIndex;
    o[i + 3] = gl_NumWorkGroups.x | gl_NumWorkGroups.y << 8 | gl_NumWorkGroups.z << 16;
}
