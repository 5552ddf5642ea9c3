// fp32 functions of two arguments, each in a row of n results. EXACT: IEEE; else what may be a little off.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { float a[]; };
layout(binding = 1) readonly buffer B { float b[]; };
layout(binding = 2) writeonly buffer O { float o[]; };
layout(push_constant) uniform P { uint n; };
void main()
{
    uint i = gl_GlobalInvocationID.x;
    precise float x = a[i], y = b[i];
#if KIND == 0
    o[i] = x + y;
    o[n + i] = x - y;
    o[2 * n + i] = x * y;
    o[3 * n + i] = floor(x);
    o[4 * n + i] = ceil(x);
    o[5 * n + i] = trunc(x);
    o[6 * n + i] = roundEven(x);
    o[7 * n + i] = min(x, y);
    o[8 * n + i] = max(x, y);
    o[9 * n + i] = abs(x);
    o[10 * n + i] = sign(x);
    o[11 * n + i] = float(int(x));
    o[12 * n + i] = float(uint(abs(y)));
    o[13 * n + i] = x < y ? x : -y;
    o[14 * n + i] = clamp(x, -1.0, 1.0);
    o[15 * n + i] = x == y ? 1.0 : 2.0;
#elif KIND == 1
    o[i] = x / y;
    o[n + i] = sqrt(abs(x));
    o[2 * n + i] = inversesqrt(abs(x));
    o[3 * n + i] = 1.0 / y;
#else
    o[i] = sin(x);
    o[n + i] = cos(x);
    o[2 * n + i] = exp2(x);
    o[3 * n + i] = log2(abs(x));
    o[4 * n + i] = atan(x);
    o[5 * n + i] = tanh(x);
#endif
}
