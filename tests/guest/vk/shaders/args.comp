// Writes the arguments of an indirect dispatch.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 1) in;
layout(binding = 0) readonly buffer I { uint want[]; };
layout(binding = 1) writeonly buffer O { uint args[]; };
void main()
{
    for (int i = 0; i < 3; i++)
        args[4 + i] = want[i] + 1;
}
