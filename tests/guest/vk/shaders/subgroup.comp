// What each invocation sees of its subgroup, each operation in a row of n results.
// SPDX-License-Identifier: MIT
#version 450
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_vote : require
#extension GL_KHR_shader_subgroup_ballot : require
#extension GL_KHR_shader_subgroup_arithmetic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#extension GL_KHR_shader_subgroup_shuffle_relative : require
#extension GL_KHR_shader_subgroup_clustered : require
#extension GL_KHR_shader_subgroup_quad : require
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1) writeonly buffer O { uint o[]; };
layout(push_constant) uniform P { uint n; };
void main()
{
    uint i = gl_GlobalInvocationID.x, x = a[i], lane = gl_SubgroupInvocationID;
    o[i] = lane | gl_SubgroupID << 8 | gl_SubgroupSize << 16 | gl_NumSubgroups << 24;
    o[n + i] = subgroupBallot((x & 1) != 0).x;
    o[2 * n + i] = subgroupShuffle(x, lane ^ 3);
    o[3 * n + i] = subgroupShuffleXor(x, 1);
    uint up = subgroupShuffleUp(x, 1);
    o[4 * n + i] = lane > 0 ? up : 0;
    o[5 * n + i] = subgroupAdd(x);
    o[6 * n + i] = subgroupExclusiveAdd(x);
    o[7 * n + i] = subgroupInclusiveMax(x);
    o[8 * n + i] = subgroupMin(x);
    o[9 * n + i] = subgroupBroadcast(x, 2);
    o[10 * n + i] = subgroupBroadcastFirst(x);
    o[11 * n + i] = uint(subgroupAll(x > 1000)) | uint(subgroupAny(x > 0xf0000000u)) << 1;
    o[12 * n + i] = subgroupClusteredXor(x, 4);
    o[13 * n + i] = subgroupQuadSwapDiagonal(x);
    o[14 * n + i] = subgroupBallotBitCount(subgroupBallot((x & 2) != 0));
    // Only some lanes take part.
    o[15 * n + i] = (x & 4) != 0 ? subgroupAdd(x & 255) : subgroupBallot(true).x;
}
