// Fragment shaders of vk_draw, one per definition.
// SPDX-License-Identifier: MIT
#version 450
layout(push_constant) uniform P { vec4 rect; vec4 color; vec4 more[2]; } u;
layout(constant_id = 0) const int KIND = 0;

#if !defined(COLORS) && !defined(INTEGERS) && !defined(SIGNED) && !defined(NOTHING)
layout(location = 0) out vec4 o;
#endif

#ifdef COLOR
layout(location = 0) in vec4 v;
void main() { o = v; }
#endif

#ifdef FLATCOLOR
layout(location = 0) flat in vec4 v;
void main() { o = v; }
#endif

#ifdef PUSH
void main() { o = u.color; }
#endif

// A colour times a ramp.
#ifdef RAMP
layout(location = 0) in vec2 st;
void main() { o = vec4(u.color.rg * st, u.color.b, u.color.a * st.y); }
#endif

#ifdef NOTHING
void main() {}
#endif

#ifdef POINT
layout(location = 0) in vec4 v;
void main() { o = vec4(v.x, gl_PointCoord, 1.0); }
#endif

#ifdef CHECKER
layout(location = 0) in vec2 st;
void main()
{
    ivec2 k = ivec2(floor(st * 16.0));
    o = vec4(float((k.x + k.y) & 1), st, 1.0);
}
#endif

#ifdef COORDINATES
void main()
{
    o = vec4(gl_FragCoord.xy / 160.0, gl_FragCoord.z, gl_FrontFacing ? gl_FragCoord.w : 0.0);
}
#endif

#ifdef DERIVATIVES
layout(location = 0) in vec2 st;
void main()
{
    float f = st.x * st.x * 3.0 + st.y;
    o = vec4(dFdx(f) * 20.0, dFdyFine(f) * 50.0, fwidth(st.x) * 80.0, 1.0);
}
#endif

#ifdef DISCARD
layout(location = 0) in vec2 st;
void main()
{
    if (fract(st.x * 7.0) + fract(st.y * 5.0) < 0.8)
        discard;
    o = vec4(st, dFdx(st.x) * 100.0, 1.0);
}
#endif

#ifdef DEPTH
layout(location = 0) in vec2 st;
void main()
{
    gl_FragDepth = KIND == 0 ? st.x : 1.0 - st.y;
    o = vec4(st, float(KIND), 1.0);
}
#endif

#ifdef INTERPOLATE
layout(location = 0) in vec4 smooth_;
layout(location = 1) flat in vec4 flat_;
layout(location = 2) noperspective in vec4 straight;
layout(location = 3) centroid in vec4 centroid_;
void main()
{
    vec4 pick[4] = {smooth_, flat_, straight, centroid_};
    ivec2 at = ivec2(gl_FragCoord.xy) / 8;
    o = pick[at.x + at.y & 3];
}
#endif

#ifdef MANY
layout(location = 0) in vec4 v[24];
void main()
{
    vec4 sum = vec4(0.0);
    for (int i = 0; i < 24; i++)
        sum += v[i] / 24.0;
    o = vec4(sum.xy, v[23].z + v[17].x * 0.1, sum.w);
}
#endif

#ifdef COLORS
layout(location = 0) in vec2 st;
layout(location = 0) out vec4 o[4];
void main()
{
    o[0] = vec4(st, 0.5, 1.0);
    o[1] = vec4(0.25, st.yx, 0.5);
    o[2] = vec4(st.x * st.y, 1.0 - st, 0.75);
    o[3] = vec4(1.0 - st.x, 0.3, st.y, 0.25);
}
#endif

#ifdef INTEGERS
layout(location = 0) in vec2 st;
layout(location = 0) out uvec4 o;
void main() { o = uvec4(st * 255.0, 7, 200); }
#endif

#ifdef SIGNED
layout(location = 0) in vec2 st;
layout(location = 0) out ivec4 o;
void main() { o = ivec4(ivec2(st * 200.0) - 100, -7, 100); }
#endif

// Per-sample: each sample its own colour.
#ifdef SAMPLES
layout(location = 0) sample in vec2 st;
void main()
{
    o = vec4(float(gl_SampleID) / 3.0, st.x, gl_SamplePosition.y, 1.0);
}
#endif

#ifdef SAMPLE_MASK
layout(location = 0) in vec2 st;
void main()
{
    gl_SampleMask[0] = int(st.x * 16.0) & gl_SampleMaskIn[0];
    o = vec4(1.0, st.y, 0.0, 1.0);
}
#endif

#ifdef TEXTURE
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2D t;
void main() { o = texture(t, st * u.more[0].y + u.more[0].z, u.more[0].w); }
#endif

// What a texture of another kind holds, shown: KIND scales it.
#ifdef SHOW
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2D t;
void main() { o = texture(t, st) * u.more[1] + u.color; }
#endif

#ifdef SHOW_UINT
layout(location = 0) in vec2 st;
layout(binding = 0) uniform usampler2D t;
void main() { o = vec4(texture(t, st)) * u.more[1] + u.color; }
#endif

#ifdef SHOW_INT
layout(location = 0) in vec2 st;
layout(binding = 0) uniform isampler2D t;
void main() { o = vec4(texture(t, st)) * u.more[1] + u.color; }
#endif

#ifdef SHOW_LAYERS
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2DArray t;
void main() { o = texture(t, vec3(st, gl_FragCoord.x < 80.0 ? 0.0 : 1.0)); }
#endif

#ifdef SHOW_SAMPLES
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2DMS t;
void main()
{
    ivec2 at = ivec2(st * vec2(textureSize(t)));
    o = texelFetch(t, at, (at.x >> 4) & 3);
}
#endif

#ifdef LOD
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2D t;
void main() { o = textureLod(t, st, st.x * 6.0); }
#endif

#ifdef GRAD
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2D t;
void main() { o = textureGrad(t, st, vec2(st.x * 0.1, 0.0), vec2(0.0, st.x * 0.05)); }
#endif

#ifdef GRAD_LEVEL
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2D t;
void main() { o = textureLod(t, st, log2(max(st.x * 0.1 * float(textureSize(t, 0).x), 0.001))); }
#endif

#ifdef ARRAY
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2DArray t;
void main() { o = texture(t, vec3(st * 2.0, st.y * 5.0)); }
#endif

#ifdef VOLUME
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler3D t;
void main() { o = texture(t, vec3(st, st.x * st.y * 1.3)); }
#endif

#ifdef CUBE
layout(location = 0) in vec2 st;
layout(binding = 0) uniform samplerCube t;
void main()
{
    float a = st.x * 6.28, b = st.y * 3.1 - 1.55;
    o = texture(t, vec3(cos(a) * cos(b), sin(b), sin(a) * cos(b)));
}
#endif

#ifdef CUBES
layout(location = 0) in vec2 st;
layout(binding = 0) uniform samplerCubeArray t;
void main()
{
    float a = st.x * 6.28, b = st.y * 3.1 - 1.55;
    o = texture(t, vec4(cos(a) * cos(b), sin(b), sin(a) * cos(b), st.y > 0.5 ? 1.0 : 0.0));
}
#endif

#ifdef SHADOW
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2DShadow t;
void main() { o = vec4(vec3(texture(t, vec3(st, 0.5))), 1.0); }
#endif

#ifdef GATHER
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2D t;
void main() { o = st.x < 0.5 ? textureGather(t, st, 1) : textureGatherOffset(t, st, ivec2(1, -2), 2); }
#endif

#ifdef TEXELS
layout(location = 0) in vec2 st;
layout(binding = 0) uniform sampler2D t;
void main()
{
    ivec2 s = textureSize(t, 1);
    o = texelFetch(t, ivec2(st * vec2(s)), 1) * 0.75 + vec4(s, textureQueryLevels(t), 1) / 64.0;
}
#endif

// A uniform buffer, a storage buffer, a separate texture and sampler, a storage image, a texel buffer.
#ifdef DESCRIPTORS
layout(location = 0) in vec2 st;
layout(binding = 0) uniform U { vec4 scale; vec4 table[4]; } ub;
layout(binding = 1) readonly buffer S { vec4 value[]; } sb;
layout(binding = 2) uniform texture2D t;
layout(binding = 3) uniform sampler s;
layout(binding = 4, rgba8) uniform readonly image2D im;
layout(binding = 5) uniform samplerBuffer tb;
void main()
{
    int i = int(st.x * 4.0), k = int(st.y * 16.0);
    o = ub.scale * ub.table[i] + sb.value[k] * 0.25 +
        texture(sampler2D(t, s), st) * 0.25 + imageLoad(im, ivec2(gl_FragCoord.xy) & 15) * 0.125 +
        texelFetch(tb, k) * 0.125;
}
#endif

#ifdef INPUT
layout(input_attachment_index = 0, binding = 0) uniform subpassInput before;
void main() { o = vec4(1.0) - subpassLoad(before).gbra; }
#endif

#ifdef LOOPS
layout(location = 0) in vec2 st;
void main()
{
    vec2 c = st * 3.0 - vec2(2.2, 1.5), z = c;
    int n = 0;
    while (n < 40 && dot(z, z) < 4.0) {
        z = vec2(z.x * z.x - z.y * z.y, 2.0 * z.x * z.y) + c;
        n++;
    }
    o = vec4(float(n & 7) / 7.0, float(n) / 40.0, 0.3, 1.0);
}
#endif

#ifdef SPECIAL
layout(constant_id = 1) const float SCALE = 1.0;
layout(constant_id = 2) const bool SWAP = false;
layout(location = 0) in vec2 st;
void main() { o = vec4(SWAP ? st.yx : st, float(KIND) / 8.0, 1.0) * SCALE; }
#endif
