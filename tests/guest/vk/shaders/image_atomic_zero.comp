// The image that is counted in, empty.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 8, local_size_y = 3) in;
layout(binding = 0, r32ui) writeonly uniform uimage2D img;
void main()
{
    imageStore(img, ivec2(gl_GlobalInvocationID), uvec4(0));
}
