// The image that was counted in, into a buffer.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 8, local_size_y = 3) in;
layout(binding = 0, r32ui) readonly uniform uimage2D img;
layout(binding = 1) writeonly buffer O { uint o[]; };
void main()
{
    o[gl_LocalInvocationIndex] = imageLoad(img, ivec2(gl_GlobalInvocationID)).x;
}
