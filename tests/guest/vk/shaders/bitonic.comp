// One step of a bitonic sort: pairs at distance j in runs of 2k.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) buffer A { uint a[]; };
layout(push_constant) uniform P { uint j, k; };
void main()
{
    uint t = gl_GlobalInvocationID.x, i = 2 * t - (t & (j - 1)), p = i + j;
    uint x = a[i], y = a[p];
    if ((x > y) == ((i & k) == 0)) {
        a[i] = y;
        a[p] = x;
    }
}
