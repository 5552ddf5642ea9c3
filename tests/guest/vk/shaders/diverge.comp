// Loops whose lengths differ from lane to lane, nested, with early exits.
// SPDX-License-Identifier: MIT
#version 450
layout(local_size_x = 64) in;
layout(binding = 0) readonly buffer A { uint a[]; };
layout(binding = 1) writeonly buffer O { uint o[]; };
uint collatz(uint x)
{
    uint steps = 0;
    while (x != 1 && steps < 200) {
        if ((x & 1) != 0)
            x = 3 * x + 1;
        else
            x >>= 1;
        steps++;
    }
    return steps;
}
void main()
{
    uint i = gl_GlobalInvocationID.x, x = a[i] & 1023, sum = 0;
    for (uint k = 1; k <= (x & 7); k++) {
        if (k == 5 && (x & 8) != 0)
            continue;
        sum += collatz(x + k);
        if (sum > 300)
            break;
    }
    switch (x % 5) {
    case 0:
        sum ^= 0x55;
        break;
    case 1:
        sum += 1000; // falls through
    case 2:
        sum *= 3;
        break;
    case 3:
        if (x > 512)
            o[i] = 0xdead;
        if (x > 512)
            return;
    }
    o[i] = sum;
}
