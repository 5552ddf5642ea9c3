// Vertex shaders of vk_draw, one per definition.
// SPDX-License-Identifier: MIT
#version 450
#ifdef VIEWS
#extension GL_EXT_multiview : require
#endif
layout(push_constant) uniform P { vec4 rect; vec4 color; vec4 more[2]; } u;

#if defined(QUAD) || defined(VIEWS)
layout(location = 0) out vec2 st;
void main()
{
    st = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1 & 1);
    vec2 p = mix(u.rect.xy, u.rect.zw, st);
#ifdef VIEWS
    p += vec2(gl_ViewIndex) * 0.25;
#endif
    gl_Position = vec4(p, u.more[0].x, 1.0);
}
#endif

#ifdef COLOR
layout(location = 0) in vec3 p;
layout(location = 1) in vec4 c;
layout(location = 0) out vec4 v;
void main()
{
    gl_Position = vec4(p, 1.0);
    gl_PointSize = 1.0;
    v = c;
}
#endif

#ifdef INSTANCE
layout(location = 0) in vec3 p;
layout(location = 1) in vec4 c;
layout(location = 2) in vec2 at;
layout(location = 0) out vec4 v;
void main()
{
    gl_Position = vec4(p.xy * 0.3 + at + float(gl_InstanceIndex) * 0.02, p.z, 1.0);
    v = vec4(c.rg, float(gl_VertexIndex & 7) / 7.0, 1.0);
}
#endif

// Attributes of many formats: all of them end up in the colour.
#ifdef FORMATS
layout(location = 0) in vec2 p;
layout(location = 1) in vec4 a;
layout(location = 2) in uvec2 b;
layout(location = 3) in ivec4 c;
layout(location = 4) in vec2 d;
layout(location = 0) out vec4 v;
void main()
{
    gl_Position = vec4(p, 0.0, 1.0);
    v = vec4(a.x + a.w * 0.25, float(b.x + b.y) / 200.0, float(c.x + c.w) / 300.0 + 0.5, 1.0) +
        vec4(d, a.yz) * 0.1;
}
#endif

#ifdef POINTS
layout(location = 0) out vec4 v;
void main()
{
    float i = float(gl_VertexIndex);
    gl_Position = vec4(-0.8 + 0.22 * i, sin(i) * 0.7, 0.0, 1.0);
    gl_PointSize = 2.0 + 4.0 * i;
    v = vec4(i / 8.0, 1.0, 0.0, 1.0);
}
#endif

// Points around a centre: every topology makes something of them.
#ifdef RING
layout(location = 0) out vec4 v;
void main()
{
    float a = float(gl_VertexIndex) * u.more[0].y, r = (gl_VertexIndex & 1) == 0 ? 0.4 : 0.8;
    gl_Position = vec4(r * cos(a), r * sin(a), 0.5, 1.0);
    gl_PointSize = 5.0;
    v = vec4(float(gl_VertexIndex % 3) / 2.0, float(gl_VertexIndex % 5) / 4.0, 0.7, 1.0);
}
#endif

// A floor that reaches behind the eye.
#ifdef FLOOR
layout(location = 0) out vec2 st;
void main()
{
    st = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1);
    vec3 q = vec3(st.x * 6.0 - 3.0, 1.0, st.y * 12.0 - 2.0);
    gl_Position = vec4(q.x, q.y, (q.z * 1.02 - 0.2 + q.z) * 0.5, q.z);
}
#endif

// Interpolation of all kinds.
#ifdef INTERPOLATE
layout(location = 0) out vec4 smooth_;
layout(location = 1) flat out vec4 flat_;
layout(location = 2) noperspective out vec4 straight;
layout(location = 3) centroid out vec4 centroid_;
void main()
{
    vec2 st = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1);
    float w = 1.0 + st.x + 2.0 * st.y;
    gl_Position = vec4((st * 1.9 - 0.95) * w, 0.5 * w, w);
    smooth_ = vec4(st, st.x * st.y, 1.0);
    straight = smooth_;
    centroid_ = smooth_;
    flat_ = vec4(float(gl_VertexIndex) / 4.0, 0.5, 0.25, 1.0);
}
#endif

// More varyings than fit where the first ones do.
#ifdef MANY
layout(location = 0) out vec4 v[24];
void main()
{
    vec2 st = vec2(gl_VertexIndex & 1, gl_VertexIndex >> 1);
    gl_Position = vec4(st * 2.0 - 1.0, 0.5, 1.0);
    for (int i = 0; i < 24; i++)
        v[i] = vec4(st * float(i + 1) / 24.0, fract(float(i) * 0.3), float(i) / 24.0);
}
#endif

// Places and colours from a storage buffer and a texture.
#ifdef FETCH
struct V { vec2 p; vec2 st; };
layout(binding = 0) readonly buffer B { V v[]; } b;
layout(binding = 1) uniform sampler2D t;
layout(location = 0) out vec4 v;
void main()
{
    V x = b.v[gl_VertexIndex];
    gl_Position = vec4(x.p, 0.5, 1.0);
    v = textureLod(t, x.st, 0.0);
}
#endif

// 2400 small triangles.
#ifdef MESH
layout(location = 0) flat out vec4 v;
void main()
{
    int i = gl_VertexIndex / 6, k = gl_VertexIndex % 6;
    ivec2 c = ivec2(i % 40, i / 40) + ivec2(k == 1 || k == 2 || k == 4, k >= 2 && k != 3 ? 1 : 0);
    vec2 p = vec2(c) / vec2(20.0, 15.0) - 1.0;
    gl_Position = vec4(p + 0.02 * sin(p.yx * 9.0), 0.5, 1.0);
    v = vec4(float(gl_VertexIndex / 3 % 7) / 6.0, float(i % 11) / 10.0, float(i % 5) / 4.0, 1.0);
}
#endif
