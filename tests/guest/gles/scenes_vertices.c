/*
 * Scenes of gles_draw: where vertices come from (indices, instances, formats, memory) and where
 * they go (transform feedback). Called through the table at the end. Calls gld.c.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "garm_igt.h"
#include "gld.h"

#define POINTS 12u

static const char vs_colour[] = "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c;\n"
                                "out vec4 v; void main() { gl_Position = vec4(p, 1.0); v = c; }\n";
static const char fs_colour[] = "in vec4 v; out vec4 o; void main() { o = v; }\n";

/* A zigzag over the viewport: every three neighbours are a triangle. */
static void zigzag(struct glc *gl)
{
    float v[POINTS * 7];

    for (unsigned i = 0; i < POINTS; i++) {
        float at[] = {-0.95f + 0.17f * (float)i,
                      i & 1 ? 0.8f - 0.05f * (float)i : -0.7f + 0.04f * (float)i,
                      0,
                      (float)(i % 3) / 2,
                      (float)i / POINTS,
                      (float)(i % 5) / 4,
                      1};
        memcpy(v + 7 * i, at, sizeof(at));
    }
    gld_vertices(gl, v, sizeof(v));
}

/* --- indices ------------------------------------------------------------------------------ */

static const uint8_t index8[] = {0, 1, 2, 3, 4, 0xff, 5, 6, 7, 8, 0xff, 9, 10, 11};
static const uint16_t index16[] = {0, 1, 2, 3, 4, 0xffff, 5, 6, 7, 8, 0xffff, 9, 10, 11};
static const uint32_t index32[] = {0, 1, 2, 3, 4, ~0u, 5, 6, 7, 8, ~0u, 9, 10, 11};

/* Each width from a buffer, with an offset into it, then from the program's memory. */
static void index_widths(struct glc *gl)
{
    static const GLenum types[] = {GL_UNSIGNED_BYTE, GL_UNSIGNED_SHORT, GL_UNSIGNED_INT};
    static const GLenum kinds[] = {GL_TRIANGLE_STRIP, GL_TRIANGLE_FAN, GL_LINE_STRIP};
    static const void *const lists[] = {index8, index16, index32};

    glc_draw_program(gl, vs_colour, fs_colour);
    zigzag(gl);
    glEnable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
    for (unsigned i = 0; i < 9; i++) {
        unsigned t = i % 3, size = 1u << t;
        gld_cell(i, 3, 3);
        if (i < 6) {
            gld_buffer(gl, GL_ELEMENT_ARRAY_BUFFER, 14 * size, lists[t]);
            glDrawElements(kinds[i / 3], 12, types[t], (void *)(uintptr_t)(2 * size));
        } else {
            glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, 0);
            glDrawElements(kinds[2], 14, types[t], lists[t]);
        }
    }
}

static void base_vertex(struct glc *gl)
{
    static const uint8_t first[] = {0, 1, 2, 0xff, 2, 3, 4};
    PFNGLDRAWELEMENTSBASEVERTEXPROC one = gld_entry(gl, "glDrawElementsBaseVertex");
    PFNGLDRAWELEMENTSINSTANCEDBASEVERTEXPROC many =
        gld_entry(gl, "glDrawElementsInstancedBaseVertex");
    PFNGLDRAWRANGEELEMENTSBASEVERTEXPROC range = gld_entry(gl, "glDrawRangeElementsBaseVertex");

    gld_need(gl, "GL_EXT_draw_elements_base_vertex");
    glc_draw_program(gl,
                     "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c; out vec4 v;\n"
                     "void main() { gl_Position = vec4(p.xy * (1.0 - 0.3 * float(gl_InstanceID)),\n"
                     "    0.0, 1.0); v = vec4(c.rg, float(gl_VertexID) / 12.0, 1.0); }\n",
                     fs_colour);
    zigzag(gl);
    glEnable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
    gld_buffer(gl, GL_ELEMENT_ARRAY_BUFFER, sizeof(first), first);
    gld_cell(0, 2, 2);
    one(GL_TRIANGLE_STRIP, 7, GL_UNSIGNED_BYTE, NULL, 0);
    gld_cell(1, 2, 2);
    one(GL_TRIANGLE_STRIP, 7, GL_UNSIGNED_BYTE, NULL, 6);
    gld_cell(2, 2, 2);
    many(GL_TRIANGLE_STRIP, 7, GL_UNSIGNED_BYTE, NULL, 3, 2);
    gld_cell(3, 2, 2);
    range(GL_TRIANGLE_STRIP, 0, 4, 3, GL_UNSIGNED_BYTE, (void *)4, -2);
}

static void base_instance(struct glc *gl)
{
    static const uint16_t list[] = {0, 1, 2, 3};
    static const float shift[] = {-0.6f, 0, 0, 1, 0, 0, 1, 0.1f, 0.3f, 0, 0, 1, 0, 1,
                                  0.5f,  0, 0, 0, 0, 1, 1, 0.2f, -1,   0, 1, 1, 0, 1};
    PFNGLDRAWELEMENTSINSTANCEDBASEVERTEXBASEINSTANCEEXTPROC both =
        gld_entry(gl, "glDrawElementsInstancedBaseVertexBaseInstanceEXT");
    PFNGLDRAWARRAYSINSTANCEDBASEINSTANCEEXTPROC arrays =
        gld_entry(gl, "glDrawArraysInstancedBaseInstanceEXT");

    gld_need(gl, "GL_EXT_base_instance");
    glc_draw_program(gl,
                     "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c; out vec4 v;\n"
                     "void main() { vec2 q = vec2(gl_VertexID & 1, gl_VertexID >> 1 & 1) * 0.3;\n"
                     "    gl_Position = vec4(p.xy + q, 0.0, 1.0);\n"
                     "    v = vec4(c.rgb, 1.0) * (1.0 - 0.25 * float(gl_InstanceID)); }\n",
                     fs_colour);
    gld_vertices(gl, shift, sizeof(shift));
    glVertexAttribDivisor(0, 1);
    glVertexAttribDivisor(1, 2);
    gld_buffer(gl, GL_ELEMENT_ARRAY_BUFFER, sizeof(list), list);
    arrays(GL_TRIANGLE_STRIP, 0, 4, 2, 2);
    both(GL_TRIANGLE_STRIP, 4, GL_UNSIGNED_SHORT, NULL, 2, 4, 0);
}

/* --- attributes ------------------------------------------------------------------------------ */

static void divisors(struct glc *gl)
{
    static const float grid[] = {-0.8f, -0.4f, 0, 0, 0.4f, 0, 0.8f, 0};
    static const float rows[] = {-0.6f, 0.1f, 0.5f};
    static const uint8_t colours[] = {255, 0, 0,   255, 0,   255, 0, 255,
                                      0,   0, 255, 255, 255, 255, 0, 255};

    glc_draw_program(gl,
                     "layout(location = 0) in float x; layout(location = 1) in float y;\n"
                     "layout(location = 2) in vec4 c; layout(location = 3) in vec2 q; out vec4 v;\n"
                     "void main() { gl_Position = vec4(vec2(x, y) + q, 0.0, 1.0); v = c; }\n",
                     fs_colour);
    gld_buffer(gl, GL_ARRAY_BUFFER, sizeof(grid), grid);
    glVertexAttribPointer(0, 1, GL_FLOAT, GL_FALSE, 4, 0);
    glVertexAttribDivisor(0, 1);
    gld_buffer(gl, GL_ARRAY_BUFFER, sizeof(rows), rows);
    glVertexAttribPointer(1, 1, GL_FLOAT, GL_FALSE, 4, 0);
    glVertexAttribDivisor(1, 3);
    gld_buffer(gl, GL_ARRAY_BUFFER, sizeof(colours), colours);
    glVertexAttribPointer(2, 4, GL_UNSIGNED_BYTE, GL_TRUE, 4, 0);
    glVertexAttribDivisor(2, 2);
    gld_buffer(gl, GL_ARRAY_BUFFER, 32, (float[]){0, 0, 0.15f, 0, 0, 0.2f, 0.15f, 0.2f});
    glVertexAttribPointer(3, 2, GL_FLOAT, GL_FALSE, 8, 0);
    for (GLuint i = 0; i < 4; i++)
        glEnableVertexAttribArray(i);
    glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, 8);
}

struct odd_vertex {
    int8_t place[2];
    uint16_t half[2];
    uint32_t packed;
    int16_t fixed[2];
    uint8_t integer[4];
    int32_t q16[2];
};

/* Bytes, halves, 2-10-10-10, shorts, integers, 16.16 fixed point in one vertex. */
static void attribute_formats(struct glc *gl)
{
    static const struct odd_vertex v[] = {
        {{-120, -120}, {0x0000, 0x3c00}, 0x000003ff, {-32768, 0}, {0, 1, 2, 250}, {0, 65536}},
        {{120, -100}, {0x3800, 0x0000}, 0x400ffc00, {32767, 16000}, {9, 200, 2, 3}, {32768, 0}},
        {{-90, 110}, {0x3c00, 0x3400}, 0xbff00000, {100, -9000}, {70, 1, 90, 3}, {65536, 16384}},
        {{127, 127}, {0x3a00, 0x3b00}, 0xc0155155, {3, 32767}, {0, 255, 127, 8}, {40000, 1000}}};
    GLsizei s = sizeof(v[0]);

    glc_draw_program(
        gl,
        "layout(location = 0) in vec2 p; layout(location = 1) in vec2 h;\n"
        "layout(location = 2) in vec4 a; layout(location = 3) in vec2 f;\n"
        "layout(location = 4) in uvec4 i; layout(location = 5) in vec2 q; out vec4 v;\n"
        "void main() { gl_Position = vec4(p, 0.0, 1.0);\n"
        "    v = vec4(h, 0.0, 1.0) * 0.3 + a * 0.2 + vec4(0.0, abs(f), 0.0) * 0.2\n"
        "        + vec4(i) / 255.0 * 0.2 + vec4(q.yx, q) * 0.1; v.a = 1.0; }\n",
        fs_colour);
    gld_buffer(gl, GL_ARRAY_BUFFER, sizeof(v), v);
    glVertexAttribPointer(0, 2, GL_BYTE, GL_TRUE, s, (void *)offsetof(struct odd_vertex, place));
    glVertexAttribPointer(1, 2, GL_HALF_FLOAT, GL_FALSE, s,
                          (void *)offsetof(struct odd_vertex, half));
    glVertexAttribPointer(2, 4, GL_UNSIGNED_INT_2_10_10_10_REV, GL_TRUE, s,
                          (void *)offsetof(struct odd_vertex, packed));
    glVertexAttribPointer(3, 2, GL_SHORT, GL_TRUE, s, (void *)offsetof(struct odd_vertex, fixed));
    glVertexAttribIPointer(4, 4, GL_UNSIGNED_BYTE, s, (void *)offsetof(struct odd_vertex, integer));
    glVertexAttribPointer(5, 2, GL_FIXED, GL_FALSE, s, (void *)offsetof(struct odd_vertex, q16));
    for (GLuint i = 0; i < 6; i++)
        glEnableVertexAttribArray(i);
    gld_quad();
}

/* --- primitives ------------------------------------------------------------------------------- */

/* Flat varyings come from the last vertex, of every kind of primitive. */
static void provoking(struct glc *gl)
{
    static const GLenum kinds[] = {GL_TRIANGLES, GL_TRIANGLE_STRIP, GL_TRIANGLE_FAN,
                                   GL_LINES,     GL_LINE_STRIP,     GL_LINE_LOOP};

    glc_draw_program(
        gl,
        "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c; flat out vec4 v;\n"
        "void main() { gl_Position = vec4(p, 1.0); v = c; }\n",
        "flat in vec4 v; out vec4 o; void main() { o = v; }\n");
    zigzag(gl);
    for (unsigned i = 0; i < GLC_COUNT(kinds); i++) {
        gld_cell(i, 3, 2);
        glDrawArrays(kinds[i], 0, POINTS);
    }
}

static void clip_distances(struct glc *gl)
{
    gld_need(gl, "GL_EXT_clip_cull_distance");
    glc_draw_program(
        gl,
        "out highp float gl_ClipDistance[2]; out vec4 v; void main() {\n"
        "    vec2 st = vec2(gl_VertexID & 1, gl_VertexID >> 1); v = vec4(st, 0.5, 1.0);\n"
        "    gl_Position = vec4(st * 1.8 - 0.9, 0.0, 1.0);\n"
        "    gl_ClipDistance[0] = st.x + st.y - 0.4; gl_ClipDistance[1] = 1.5 - st.x - st.y; }\n",
        fs_colour);
    glEnable(GL_CLIP_DISTANCE0_EXT);
    gld_cell(0, 2, 1);
    gld_quad();
    glEnable(GL_CLIP_DISTANCE1_EXT);
    gld_cell(1, 2, 1);
    gld_quad();
    glDisable(GL_CLIP_DISTANCE0_EXT);
    glDisable(GL_CLIP_DISTANCE1_EXT);
}

/* --- draws whose parameters are in memory ------------------------------------------------------
 */

/* GLES 3.1 refuses indirect draws without a vertex array object. */
static GLuint begin_array(struct glc *gl)
{
    GLuint vao;

    glGenVertexArrays(1, &vao);
    glBindVertexArray(vao);
    zigzag(gl);
    return vao;
}

static void end_array(GLuint vao)
{
    glBindVertexArray(0);
    glDeleteVertexArrays(1, &vao);
    glBindBuffer(GL_DRAW_INDIRECT_BUFFER, 0);
}

static void indirect(struct glc *gl)
{
    static const uint32_t arrays[] = {6, 1, 0, 0, 0, 9, 2, 3, 0};
    static const uint32_t elements[] = {5, 2, 6, 0, 0, 4, 1, 0, 7, 0};
    GLuint vao;

    glc_draw_program(
        gl,
        "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c; out vec4 v;\n"
        "void main() { gl_Position = vec4(p.x, p.y * (gl_InstanceID > 0 ? -0.5 : 1.0),\n"
        "    0.0, 1.0); v = c; }\n",
        fs_colour);
    vao = begin_array(gl);
    gld_buffer(gl, GL_DRAW_INDIRECT_BUFFER, sizeof(arrays), arrays);
    gld_cell(0, 2, 2);
    glDrawArraysIndirect(GL_TRIANGLES, NULL);
    gld_cell(1, 2, 2);
    glDrawArraysIndirect(GL_TRIANGLE_STRIP, (void *)20);
    gld_buffer(gl, GL_ELEMENT_ARRAY_BUFFER, sizeof(index16), index16);
    gld_buffer(gl, GL_DRAW_INDIRECT_BUFFER, sizeof(elements), elements);
    glEnable(GL_PRIMITIVE_RESTART_FIXED_INDEX);
    gld_cell(2, 2, 2);
    glDrawElementsIndirect(GL_TRIANGLE_STRIP, GL_UNSIGNED_SHORT, NULL);
    gld_cell(3, 2, 2);
    glDrawElementsIndirect(GL_TRIANGLE_STRIP, GL_UNSIGNED_SHORT, (void *)20);
    end_array(vao);
}

static void multi_indirect(struct glc *gl)
{
    static const uint32_t arrays[] = {3, 1, 0, 0, 0, 0, 0, 0, 4, 1, 3, 0, 3, 1, 8, 0};
    static const uint32_t elements[] = {3, 1, 0, 0, 0, 4, 1, 6, 2, 0};
    GLuint vao;
    PFNGLMULTIDRAWARRAYSINDIRECTEXTPROC draw = gld_entry(gl, "glMultiDrawArraysIndirectEXT");
    PFNGLMULTIDRAWELEMENTSINDIRECTEXTPROC indexed = gld_entry(gl, "glMultiDrawElementsIndirectEXT");

    gld_need(gl, "GL_EXT_multi_draw_indirect");
    glc_draw_program(gl, vs_colour, fs_colour);
    vao = begin_array(gl);
    gld_buffer(gl, GL_DRAW_INDIRECT_BUFFER, sizeof(arrays), arrays);
    gld_cell(0, 1, 2);
    draw(GL_TRIANGLE_STRIP, NULL, 4, 0);
    gld_buffer(gl, GL_ELEMENT_ARRAY_BUFFER, sizeof(index16), index16);
    gld_buffer(gl, GL_DRAW_INDIRECT_BUFFER, sizeof(elements), elements);
    gld_cell(1, 1, 2);
    indexed(GL_TRIANGLE_STRIP, GL_UNSIGNED_SHORT, NULL, 2, 20);
    end_array(vao);
}

/* --- transform feedback -------------------------------------------------------------------------
 */

static const char vs_capture[] =
    "layout(location = 0) in vec3 p; layout(location = 1) in vec4 c; out vec4 v; out vec3 moved;\n"
    "void main() { moved = p * vec3(0.8, -0.9, 1.0); gl_Position = vec4(p, 1.0);\n"
    "    v = vec4(1.0 - c.rgb, 1.0); }\n";

/* A captured buffer is drawn like any other; the picture shows its content. */
static void draw_captured(struct glc *gl, GLuint place, GLuint colour, GLsizei stride, GLenum kind,
                          GLsizei count)
{
    glc_draw_program(gl, vs_colour, fs_colour);
    glBindBuffer(GL_ARRAY_BUFFER, place);
    glVertexAttribPointer(0, 3, GL_FLOAT, GL_FALSE, stride ? stride : 12, 0);
    glBindBuffer(GL_ARRAY_BUFFER, colour);
    glVertexAttribPointer(1, 4, GL_FLOAT, GL_FALSE, stride ? stride : 16,
                          (void *)(stride ? (uintptr_t)12 : 0));
    glDrawArrays(kind, 0, count);
}

/* Interleaved, with a pause in the middle; rasterisation goes on. */
static void feedback_interleaved(struct glc *gl)
{
    static const char *const names[] = {"moved", "v"};
    GLuint to = gld_buffer(gl, GL_TRANSFORM_FEEDBACK_BUFFER, POINTS * 28, NULL);

    glc_capture_program(gl, vs_capture, fs_colour, names, 2, GL_INTERLEAVED_ATTRIBS);
    zigzag(gl);
    glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, to);
    gld_cell(0, 1, 2);
    glBeginTransformFeedback(GL_TRIANGLES);
    glDrawArrays(GL_TRIANGLES, 0, 6);
    glPauseTransformFeedback();
    glDrawArrays(GL_TRIANGLES, 3, 3);
    glResumeTransformFeedback();
    glDrawArrays(GL_TRIANGLES, 6, 6);
    glEndTransformFeedback();
    glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, 0);
    gld_cell(1, 1, 2);
    draw_captured(gl, to, to, 28, GL_TRIANGLES, POINTS);
}

/* Each varying into its own buffer, part of one; a query says how many; nothing is rasterised. */
static void feedback_separate(struct glc *gl)
{
    static const char *const names[] = {"moved", "v"};
    GLuint place = gld_buffer(gl, GL_TRANSFORM_FEEDBACK_BUFFER, 256 + POINTS * 12, NULL);
    GLuint colour = gld_buffer(gl, GL_TRANSFORM_FEEDBACK_BUFFER, POINTS * 16, NULL);
    GLuint query, written = 0;

    glc_capture_program(gl, vs_capture, fs_colour, names, 2, GL_SEPARATE_ATTRIBS);
    zigzag(gl);
    glBindBufferRange(GL_TRANSFORM_FEEDBACK_BUFFER, 0, place, 0, POINTS * 12);
    glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 1, colour);
    glGenQueries(1, &query);
    glEnable(GL_RASTERIZER_DISCARD);
    glBeginTransformFeedback(GL_POINTS);
    glBeginQuery(GL_TRANSFORM_FEEDBACK_PRIMITIVES_WRITTEN, query);
    glDrawArrays(GL_POINTS, 0, POINTS / 2);
    glEndQuery(GL_TRANSFORM_FEEDBACK_PRIMITIVES_WRITTEN);
    /* Mesa 25.0 counts the vertices of one instance: not asked. */
    glDrawArraysInstanced(GL_POINTS, POINTS / 2, POINTS / 4, 2);
    glEndTransformFeedback();
    glDisable(GL_RASTERIZER_DISCARD);
    glGetQueryObjectuiv(query, GL_QUERY_RESULT, &written);
    glDeleteQueries(1, &query);
    igt_assert_f(written == POINTS / 2, "%s: %u primitives written, expected %u", gl->label,
                 written, POINTS / 2);
    glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 0, 0);
    glBindBufferBase(GL_TRANSFORM_FEEDBACK_BUFFER, 1, 0);
    draw_captured(gl, place, colour, 0, GL_TRIANGLE_STRIP, POINTS);
}

/* --- table -------------------------------------------------------------------------------------
 */

#define EDGES "samples on edges, 1/256 pixel"
#define LINES "which pixels a line has is not defined to the last one"

const struct gld_scene scenes_vertices[] = {
    {"index-widths", "indices of 8, 16, 32 bits, restart, strips, fans, lines", index_widths, 2,
     160, LINES},
    {"base-vertex", "a number added to indices, also below zero", base_vertex, 2, 60, EDGES},
    {"base-instance", "a first instance", base_instance, 2, 60, EDGES},
    {"divisors", "attributes each 1, 2, 3 instances", divisors, 2, 60, EDGES},
    {"attribute-formats", "bytes, halves, 2-10-10-10, shorts, integers, 16.16", attribute_formats,
     2, 40, EDGES},
    {"provoking", "flat varyings of six kinds of primitives", provoking, 2, 120, LINES},
    {"clip-distances", "two planes of the shader's own", clip_distances, 2, 60, EDGES},
    {"indirect", "draws whose parameters are in memory", indirect, 2, 60, EDGES},
    {"multi-indirect", "several of them by one call", multi_indirect, 2, 60, EDGES},
    {"feedback-interleaved", "captured vertices are drawn again; paused in between",
     feedback_interleaved, 2, 60, EDGES},
    {"feedback-separate", "captured into two buffers, counted, nothing rasterised",
     feedback_separate, 2, 60, EDGES},
    {0},
};
