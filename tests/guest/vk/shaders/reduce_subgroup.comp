// One sum per workgroup: subgroups first, then the sums of the subgroups.
// SPDX-License-Identifier: MIT
#version 450
#extension GL_KHR_shader_subgroup_arithmetic : require
layout(local_size_x = 256) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1) writeonly buffer O { uint o[]; };
shared uint s[256];
void main()
{
    uint sum = subgroupAdd(a[gl_GlobalInvocationID.x]);
    if (subgroupElect())
        s[gl_SubgroupID] = sum;
    barrier();
    if (gl_LocalInvocationIndex == 0) {
        sum = 0;
        for (uint i = 0; i < gl_NumSubgroups; i++)
            sum += s[i];
        o[gl_WorkGroupID.x] = sum;
    }
}
