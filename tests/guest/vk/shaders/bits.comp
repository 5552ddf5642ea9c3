// Bit operations on 32-bit integers, each in a row of n results.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1) readonly buffer B { uint b[]; };
layout(binding = 2) writeonly buffer O { uint o[]; };
layout(push_constant) uniform P { uint n; };
void main()
{
    uint i = gl_GlobalInvocationID.x, x = a[i], y = b[i], carry, borrow, hi, lo;
    int shi, slo;
    o[i] = bitCount(x);
    o[n + i] = bitfieldReverse(x);
    o[2 * n + i] = uint(findLSB(x));
    o[3 * n + i] = uint(findMSB(x));
    o[4 * n + i] = uint(findMSB(int(x)));
    o[5 * n + i] = bitfieldExtract(x, int(y & 15), int(y >> 4 & 15));
    o[6 * n + i] = uint(bitfieldExtract(int(x), int(y & 15), int(y >> 4 & 15)));
    o[7 * n + i] = bitfieldInsert(x, y, int(y & 15), int(y >> 4 & 15));
    umulExtended(x, y, hi, lo);
    o[8 * n + i] = hi;
    o[9 * n + i] = lo;
    imulExtended(int(x), int(y), shi, slo);
    o[10 * n + i] = uint(shi);
    o[11 * n + i] = uaddCarry(x, y, carry);
    o[12 * n + i] = carry;
    o[13 * n + i] = usubBorrow(x, y, borrow);
    o[14 * n + i] = borrow;
}
