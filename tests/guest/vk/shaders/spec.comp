// Specialisation constants: size of the workgroup, of shared memory, a loop, and three types.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x_id = 0) in;
layout(constant_id = 1) const int COUNT = 3;
layout(constant_id = 2) const float FACTOR = 1.5;
layout(constant_id = 3) const bool DOUBLE = false;
layout(binding = 0) writeonly buffer O { float o[]; };
shared float s[COUNT];
void main()
{
    uint i = gl_LocalInvocationID.x;
    if (i < COUNT)
        s[i] = float(i) * FACTOR;
    barrier();
    float sum = 0;
    for (int k = 0; k < COUNT; k++)
        sum += s[k];
    if (DOUBLE)
        sum *= 2;
    o[gl_GlobalInvocationID.x] = sum + float(i) + float(gl_WorkGroupSize.x);
}
