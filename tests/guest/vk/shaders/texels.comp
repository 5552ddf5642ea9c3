// Texel buffers: fetched, changed, stored in the other one.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) uniform FETCH from;
layout(binding = 1, FORMAT) uniform STORE to;
layout(binding = 2) writeonly buffer O { uint size[]; };
void main()
{
    int i = int(gl_GlobalInvocationID.x), n = textureSize(from);
    imageStore(to, i, texelFetch(from, n - 1 - i).yxwz);
    if (i == 0) {
        size[0] = uint(n);
        size[1] = uint(imageSize(to));
    }
}
