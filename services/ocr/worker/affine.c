#include "services/ocr/worker/affine.h"

#include <math.h>

const struct affine affine_identity = {1, 0, 0, 1, 0, 0};

struct affine affine_scale(double x, double y)
{
    return (struct affine){x, 0, 0, y, 0, 0};
}

struct affine affine_translate(double x, double y)
{
    return (struct affine){1, 0, 0, 1, x, y};
}

struct affine affine_rotate(double radians)
{
    double cosine = cos(radians), sine = sin(radians);

    return (struct affine){cosine, sine, -sine, cosine, 0, 0};
}

struct affine affine_mirror(uint32_t width)
{
    return (struct affine){-1, 0, 0, 1, width, 0};
}

struct affine affine_turn(uint32_t quarter_turns, uint32_t width, uint32_t height)
{
    switch (quarter_turns % 4) {
    case 1:
        return (struct affine){0, 1, -1, 0, height, 0};
    case 2:
        return (struct affine){-1, 0, 0, -1, width, height};
    case 3:
        return (struct affine){0, -1, 1, 0, 0, width};
    default:
        return affine_identity;
    }
}

struct affine affine_then(struct affine first, struct affine second)
{
    return (struct affine){
        second.a * first.a + second.c * first.b,
        second.b * first.a + second.d * first.b,
        second.a * first.c + second.c * first.d,
        second.b * first.c + second.d * first.d,
        second.a * first.e + second.c * first.f + second.e,
        second.b * first.e + second.d * first.f + second.f,
    };
}
