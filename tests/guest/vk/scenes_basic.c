/*
 * Scenes of vk_draw: vertices, primitives, rasterisation, what fragments see.
 *
 * SPDX-License-Identifier: MIT
 */
#include <math.h>
#include <string.h>

#include "garm_igt.h"
#include "vkd.h"

#include "draw_shaders.h"

static const struct vkd_push whole = {.rect = VKD_WHOLE, .color = {1, 0.8f, 0.4f, 0.9f}};

static const float triangles[] = {
    -0.8f, 0.8f, 0, 1, 0, 0, 1, 0.8f, 0.8f, 0, 0, 1, 0, 1,    0, -0.8f, 0,    0, 0, 1, 1,
    -0.9f, 0,    0, 1, 1, 1, 1, 0.9f, 0,    0, 1, 1, 0, 0.5f, 0, -0.9f, 0.9f, 0, 1, 1, 0.2f,
};

/* One quad with fragment shader @fs over the target. */
static void one_quad(struct vkd *d, struct vkc_spirv fs, struct vkd_pipe *p)
{
    struct vkd_render r = vkd_target(d);

    if (fs.words)
        vkd_pipe_init(p, spirv_v_quad, fs);
    p->ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    vkd_pipe(d, p);
    vkd_begin(d, &r);
    vkd_quad(d, p, &whole);
    vkd_end(d);
}

#define ONE_QUAD(name, fs)                                                                         \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        struct vkd_pipe p;                                                                         \
        one_quad(d, fs, &p);                                                                       \
    }

ONE_QUAD(push, spirv_f_push)
ONE_QUAD(ramp, spirv_f_ramp)
ONE_QUAD(coordinates, spirv_f_coordinates)
ONE_QUAD(derivatives, spirv_f_derivatives)
ONE_QUAD(discarding, spirv_f_discard)
ONE_QUAD(loops, spirv_f_loops)

static void clear(struct vkd *d)
{
    struct vkd_render r = vkd_target(d);
    VkClearAttachment a = {VK_IMAGE_ASPECT_COLOR_BIT, 0, {.color.float32 = {1, 0.5f, 0, 0.25f}}};
    VkClearRect rect = {{{17, 9}, {61, 83}}, 0, 1};

    vkd_begin(d, &r);
    vkCmdClearAttachments(d->cmd, 1, &a, 1, &rect);
    vkd_end(d);
}

/* The two triangles, as @p says. */
static void draw_triangles(struct vkd *d, struct vkd_pipe *p)
{
    struct vkd_render r = vkd_target(d);

    vkd_pipe_colored(p);
    vkd_pipe(d, p);
    vkd_vertices(d, 0, triangles, sizeof(triangles));
    vkd_begin(d, &r);
    vkd_use(d->cmd, p);
    vkCmdDraw(d->cmd, 6, 1, 0, 0);
    vkd_end(d);
}

static void triangle(struct vkd *d)
{
    struct vkd_pipe p;

    vkd_pipe_init(&p, spirv_v_color, spirv_f_color);
    draw_triangles(d, &p);
}

/* The viewport upside down, the scissor elsewhere. */
static void viewport(struct vkd *d)
{
    struct vkd_pipe p;

    vkd_pipe_init(&p, spirv_v_color, spirv_f_color);
    p.viewport = (VkViewport){10.5f, 100, 120, -80.25f, 0, 1};
    p.scissor = (VkRect2D){{33, 25}, {81, 71}};
    draw_triangles(d, &p);
}

static void depth_range(struct vkd *d)
{
    struct vkd_pipe p;
    struct vkd_push push = whole;
    struct vkd_render r = vkd_target(d);

    push.more[0][0] = 0.75f;
    vkd_pipe_init(&p, spirv_v_quad, spirv_f_coordinates);
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    p.viewport.minDepth = 0.9f;
    p.viewport.maxDepth = 0.3f;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_quad(d, &p, &push);
    vkd_end(d);
}

/* Nine vertices in a zigzag. */
static void zigzag(float v[9 * 7])
{
    for (unsigned i = 0; i < 9; i++) {
        float at[] = {-0.9f + 0.2f * (float)i,
                      (i & 1 ? 0.7f : -0.6f),
                      0,
                      (float)(i % 3) / 2,
                      (float)i / 8,
                      1,
                      1};
        memcpy(v + 7 * i, at, sizeof(at));
    }
}

static void draw_indexed(struct vkd *d, VkIndexType type, const void *index, size_t bytes,
                         int32_t base)
{
    struct vkc_buf ib = vkc_buffer(d->vk, bytes, index);
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;
    float v[9 * 7];

    zigzag(v);
    vkd_pipe_init(&p, spirv_v_color, spirv_f_color);
    vkd_pipe_colored(&p);
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    p.ia.primitiveRestartEnable = VK_TRUE;
    vkd_pipe(d, &p);
    vkd_vertices(d, 0, v, sizeof(v));
    vkCmdBindIndexBuffer(d->cmd, ib.buffer, 0, type);
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkCmdDrawIndexed(d->cmd, 10, 1, 2, base, 0);
    vkd_end(d);
}

static void index_u16(struct vkd *d)
{
    static const uint16_t index[] = {9, 9, 0, 1, 2, 3, 0xffff, 4, 5, 6, 7, 8};

    draw_indexed(d, VK_INDEX_TYPE_UINT16, index, sizeof(index), 0);
}

static void index_u32(struct vkd *d)
{
    static const uint32_t index[] = {9, 9, 2, 3, 4, 5, ~0u, 6, 7, 8, 9, 10};

    draw_indexed(d, VK_INDEX_TYPE_UINT32, index, sizeof(index), -2);
}

static void index_u8(struct vkd *d)
{
    static const uint8_t index[] = {9, 9, 0, 1, 2, 3, 0xff, 4, 5, 6, 7, 8};

    igt_require_f(d->vk->index8.indexTypeUint8, "%s has no 8-bit indices", d->vk->label);
    draw_indexed(d, VK_INDEX_TYPE_UINT8_EXT, index, sizeof(index), 0);
}

static void draw_instances(struct vkd *d, uint32_t divisor)
{
    static const float at[] = {-0.6f, -0.6f, 0.1f, -0.5f, 0.6f, 0.2f, -0.3f, 0.5f,
                               0.4f,  -0.4f, 0.1f, 0.3f,  0.0f, 0.0f, 0.7f,  0.7f};
    VkVertexInputBindingDivisorDescriptionEXT dd = {1, divisor};
    VkPipelineVertexInputDivisorStateCreateInfoEXT div = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_VERTEX_INPUT_DIVISOR_STATE_CREATE_INFO_EXT,
        .vertexBindingDivisorCount = 1,
        .pVertexBindingDivisors = &dd};
    static const uint16_t index[] = {0, 1, 2, 3, 4, 5};
    struct vkc_buf ib = vkc_buffer(d->vk, sizeof(index), index);
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    vkd_pipe_init(&p, spirv_v_instance, spirv_f_color);
    vkd_pipe_colored(&p);
    p.binding[1] = (VkVertexInputBindingDescription){1, 8, VK_VERTEX_INPUT_RATE_INSTANCE};
    p.attribute[2] = (VkVertexInputAttributeDescription){2, 1, VK_FORMAT_R32G32_SFLOAT, 0};
    p.vi.vertexBindingDescriptionCount = 2;
    p.vi.vertexAttributeDescriptionCount = 3;
    if (divisor != 1)
        p.vi.pNext = &div;
    vkd_pipe(d, &p);
    vkd_vertices(d, 0, triangles, sizeof(triangles));
    vkd_vertices(d, 1, at, sizeof(at));
    vkCmdBindIndexBuffer(d->cmd, ib.buffer, 0, VK_INDEX_TYPE_UINT16);
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkCmdDrawIndexed(d->cmd, 6, 6, 0, 0, divisor == 1 ? 2 : 0);
    vkCmdDraw(d->cmd, 3, 2, 3, divisor == 1 ? 1 : 0);
    vkd_end(d);
}

static void instances(struct vkd *d)
{
    draw_instances(d, 1);
}

static void divisor(struct vkd *d)
{
    igt_require_f(d->vk->divisor.vertexAttributeInstanceRateDivisor, "%s has no divisors",
                  d->vk->label);
    draw_instances(d, 3);
}

static void attributes(struct vkd *d)
{
    struct vertex {
        float p[2];
        uint8_t a[4];
        uint16_t b[2];
        int8_t c[4];
        _Float16 d[2];
    } v[4];
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    for (unsigned i = 0; i < 4; i++)
        v[i] = (struct vertex){{(i & 1) * 1.8f - 0.9f, (i >> 1) * 1.8f - 0.9f},
                               {(uint8_t)(80 * i), 40, 200, 99},
                               {(uint16_t)(i * 30), 17},
                               {(int8_t)(-90 + 50 * (int)i), 1, 2, -20},
                               {(_Float16)(0.3f * (float)i), (_Float16)-0.5f}};
    vkd_pipe_init(&p, spirv_v_formats, spirv_f_color);
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
    p.binding[0] = (VkVertexInputBindingDescription){0, sizeof(*v), VK_VERTEX_INPUT_RATE_VERTEX};
    static const VkFormat formats[] = {VK_FORMAT_R32G32_SFLOAT, VK_FORMAT_B8G8R8A8_UNORM,
                                       VK_FORMAT_R16G16_UINT, VK_FORMAT_R8G8B8A8_SINT,
                                       VK_FORMAT_R16G16_SFLOAT};
    for (unsigned i = 0; i < 5; i++)
        p.attribute[i] = (VkVertexInputAttributeDescription){i, 0, formats[i], i ? 4 + 4 * i : 0};
    p.vi.vertexBindingDescriptionCount = 1;
    p.vi.vertexAttributeDescriptionCount = 5;
    vkd_pipe(d, &p);
    vkd_vertices(d, 0, (const float *)v, sizeof(v));
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkCmdDraw(d->cmd, 4, 1, 0, 0);
    vkd_end(d);
}

/* A ring as @topology in the @n-th of nine fields. */
static void ring(struct vkd *d, VkPrimitiveTopology topology, unsigned n, unsigned vertices)
{
    struct vkd_push push = {.rect = VKD_WHOLE};
    struct vkd_pipe p;

    push.more[0][1] = 0.6f;
    vkd_pipe_init(&p, spirv_v_ring, spirv_f_color);
    p.ia.topology = topology;
    p.viewport = (VkViewport){(float)(n % 3) * 53, (float)(n / 3) * 40, 53, 40, 0, 1};
    vkd_pipe(d, &p);
    vkd_use(d->cmd, &p);
    vkd_push(d->cmd, &p, &push);
    vkCmdDraw(d->cmd, vertices, 1, 1, 0);
}

static void topologies(struct vkd *d)
{
    struct vkd_render r = vkd_target(d);

    vkd_begin(d, &r);
    ring(d, VK_PRIMITIVE_TOPOLOGY_POINT_LIST, 0, 10);
    ring(d, VK_PRIMITIVE_TOPOLOGY_TRIANGLE_LIST, 3, 10);
    ring(d, VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP, 4, 10);
    ring(d, VK_PRIMITIVE_TOPOLOGY_TRIANGLE_FAN, 5, 10);
    vkd_end(d);
}

static void line_topologies(struct vkd *d)
{
    struct vkd_render r = vkd_target(d);

    vkd_begin(d, &r);
    ring(d, VK_PRIMITIVE_TOPOLOGY_LINE_LIST, 1, 11);
    ring(d, VK_PRIMITIVE_TOPOLOGY_LINE_STRIP, 2, 10);
    vkd_end(d);
}

static void points(struct vkd *d)
{
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    igt_require(d->vk->features.features.largePoints);
    vkd_pipe_init(&p, spirv_v_points, spirv_f_point);
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_POINT_LIST;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkCmdDraw(d->cmd, 8, 1, 0, 0);
    vkd_end(d);
}

static void wide_lines(struct vkd *d)
{
    struct vkd_push push = {.rect = VKD_WHOLE};
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    igt_require(d->vk->features.features.wideLines);
    push.more[0][1] = 0.9f;
    vkd_pipe_init(&p, spirv_v_ring, spirv_f_color);
    p.ia.topology = VK_PRIMITIVE_TOPOLOGY_LINE_LIST;
    p.rs.lineWidth = 5;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkd_push(d->cmd, &p, &push);
    vkCmdDraw(d->cmd, 6, 1, 0, 0);
    vkd_end(d);
}

/* Both faces of a fan: culled, or not. */
static void culling(struct vkd *d)
{
    static const VkCullModeFlags modes[] = {VK_CULL_MODE_NONE, VK_CULL_MODE_FRONT_BIT,
                                            VK_CULL_MODE_BACK_BIT, VK_CULL_MODE_FRONT_AND_BACK};
    struct vkd_render r = vkd_target(d);

    vkd_begin(d, &r);
    for (unsigned i = 0; i < 8; i++) {
        struct vkd_push push = whole;
        struct vkd_pipe p;
        push.rect[0] = -1 + 0.25f * (float)i;
        push.rect[2] = push.rect[0] + 0.2f;
        if (i & 1) { /* mirrored: the other face */
            push.rect[2] = push.rect[0];
            push.rect[0] += 0.2f;
        }
        push.rect[1] = -0.8f;
        push.rect[3] = 0.5f + 0.05f * (float)i;
        vkd_pipe_init(&p, spirv_v_quad, spirv_f_coordinates);
        p.ia.topology = VK_PRIMITIVE_TOPOLOGY_TRIANGLE_STRIP;
        p.rs.cullMode = modes[i / 2];
        p.rs.frontFace = i < 6 ? VK_FRONT_FACE_COUNTER_CLOCKWISE : VK_FRONT_FACE_CLOCKWISE;
        vkd_pipe(d, &p);
        vkd_quad(d, &p, &push);
    }
    vkd_end(d);
}

/* @vertices without input. */
static void plain(struct vkd *d, struct vkc_spirv vs, struct vkc_spirv fs,
                  VkPrimitiveTopology topology, unsigned vertices)
{
    struct vkd_render r = vkd_target(d);
    struct vkd_pipe p;

    vkd_pipe_init(&p, vs, fs);
    p.ia.topology = topology;
    vkd_pipe(d, &p);
    vkd_begin(d, &r);
    vkd_use(d->cmd, &p);
    vkd_push(d->cmd, &p, &whole);
    vkCmdDraw(d->cmd, vertices, 1, 0, 0);
    vkd_end(d);
}

#define PLAIN(name, vs, fs, topology, vertices)                                                    \
    static void name(struct vkd *d)                                                                \
    {                                                                                              \
        plain(d, vs, fs, VK_PRIMITIVE_TOPOLOGY_TRIANGLE_##topology, vertices);                     \
    }

PLAIN(floor_plane, spirv_v_floor, spirv_f_checker, STRIP, 4)
PLAIN(interpolate, spirv_v_interpolate, spirv_f_interpolate, STRIP, 4)
PLAIN(many, spirv_v_many, spirv_f_many, STRIP, 4)
PLAIN(mesh, spirv_v_mesh, spirv_f_flatcolor, LIST, 40 * 30 * 6)

static void specialised(struct vkd *d)
{
    struct vkd_pipe p;

    vkd_pipe_init(&p, spirv_v_quad, spirv_f_special);
    p.spec[0] = 5;
    p.spec[1] = 0x3f400000; /* 0.75 */
    p.spec[2] = VK_TRUE;
    one_quad(d, (struct vkc_spirv){0}, &p);
}

#define EDGES "samples on edges, 1/256 pixel"
#define STEPS "rounding of interpolation to 8 bits"

const struct vkd_scene scenes_basic[] = {
    {"clear", "a clear of the target and of a rectangle", clear, 0, 0, NULL},
    {"triangle", "two triangles, interpolated colours", triangle, 2, 40, EDGES},
    {"viewport", "a viewport upside down, a scissor", viewport, 2, 40, EDGES},
    {"depth-range", "a viewport whose depths are reversed", depth_range, 1, 0, STEPS},
    {"index-u8", "8-bit indices, restart", index_u8, 2, 60, EDGES},
    {"index-u16", "16-bit indices, restart, a first index", index_u16, 2, 60, EDGES},
    {"index-u32", "32-bit indices, restart, a base vertex", index_u32, 2, 60, EDGES},
    {"instances", "attributes per instance, a first instance", instances, 2, 120, EDGES},
    {"divisor", "attributes with a divisor of 3", divisor, 2, 120, EDGES},
    {"attributes", "attributes of five formats", attributes, 2, 40, EDGES},
    {"topologies", "points, lists, strips, fans", topologies, 2, 60, EDGES},
    {"line-topologies", "lists and strips of lines", line_topologies, 2, 160,
     "lines are not strict: which pixels is not defined"},
    {"points", "sizes from the shader, point coordinates", points, 4, 60, EDGES},
    {"wide-lines", "lines of width 5", wide_lines, 4, 400,
     "lines are not strict: which pixels is not defined"},
    {"culling", "four modes, both windings", culling, 1, 0, STEPS},
    {"push", "a colour from push constants", push, 0, 0, NULL},
    {"ramp", "a quad, interpolated", ramp, 1, 0, STEPS},
    {"coordinates", "gl_FragCoord, gl_FrontFacing", coordinates, 1, 0, STEPS},
    {"derivatives", "dFdx, dFdyFine, fwidth", derivatives, 3, 60,
     "coarse derivatives may be those of any pixel of the quad"},
    {"discard", "discarded fragments next to derivatives", discarding, 3, 150, STEPS},
    {"loops", "loops that diverge", loops, 2, 400, "iterations hang on the last bit"},
    {"floor", "a plane that reaches behind the eye", floor_plane, 3, 500, "edges of the pattern"},
    {"interpolation", "smooth, flat, straight, at the centroid", interpolate, 2, 40, EDGES},
    {"many-varyings", "24 of them: more than the packet's short form", many, 2, 0, STEPS},
    {"mesh", "2400 small triangles", mesh, 1, 600, EDGES},
    {"specialised", "specialisation constants", specialised, 1, 0, STEPS},
    {0},
};
