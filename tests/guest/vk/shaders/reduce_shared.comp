// One sum per workgroup, through a tree in shared memory.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 256) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1) writeonly buffer O { uint o[]; };
shared uint s[256];
void main()
{
    uint i = gl_LocalInvocationID.x;
    s[i] = a[gl_GlobalInvocationID.x];
    barrier();
    for (uint step = 128; step > 0; step >>= 1) {
        if (i < step)
            s[i] += s[i + step];
        barrier();
    }
    if (i == 0)
        o[gl_WorkGroupID.x] = s[0];
}
