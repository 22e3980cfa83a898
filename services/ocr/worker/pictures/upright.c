#include "services/ocr/worker/pictures/upright.h"

#include <math.h>
#include <stdbool.h>

#include <allheaders.h>

#include "services/ocr/worker/picture/pix.h"

/* How a placement turns, apart from where it moves. */
struct turn {
    bool is_mirrored; /* sideways, first */
    double x_scale;
    double y_scale;
    uint32_t quarters; /* clockwise */
    double radians;    /* and what is left after them, clockwise */
};

static struct turn turn_of(struct affine placement)
{
    struct turn turn = {.is_mirrored = placement.a * placement.d - placement.b * placement.c < 0};
    double a = turn.is_mirrored ? -placement.a : placement.a;
    double b = turn.is_mirrored ? -placement.b : placement.b;
    double angle = atan2(b, a);
    long quarters = lround(angle / M_PI_2);

    turn.x_scale = hypot(placement.a, placement.b);
    turn.y_scale = hypot(placement.c, placement.d);
    turn.quarters = (uint32_t)(quarters + 4) % 4;
    turn.radians = angle - (double)quarters * M_PI_2;
    return turn;
}

/* The middle of the box, and how far it reaches, in pixels of the stored picture. */
static struct bbox stored_box(struct affine placement, struct bbox box)
{
    double determinant = placement.a * placement.d - placement.b * placement.c;
    double x = (box.x0 + box.x1) / 2.0 - placement.e, y = (box.y0 + box.y1) / 2.0 - placement.f;
    double middle_x = (placement.d * x - placement.c * y) / determinant;
    double middle_y = (placement.a * y - placement.b * x) / determinant;
    double width = box.x1 - box.x0, height = box.y1 - box.y0;
    double half_x =
        (fabs(placement.d) * width + fabs(placement.c) * height) / fabs(determinant) / 2;
    double half_y =
        (fabs(placement.b) * width + fabs(placement.a) * height) / fabs(determinant) / 2;
    int32_t x0 = (int32_t)lround(middle_x - half_x), y0 = (int32_t)lround(middle_y - half_y);

    /* As far to either side of the middle, so that turning around the middle hits it. */
    return (struct bbox){x0, y0, (int32_t)lround(middle_x + half_x),
                         (int32_t)lround(middle_y + half_y)};
}

/* A white Pix of that size with `pix` on it; NULL without memory. */
static struct Pix *set_into(struct Pix *pix, int32_t width, int32_t height, int32_t x, int32_t y)
{
    struct Pix *made = pixCreateNoInit(width, height, pixGetDepth(pix));

    if (made == NULL)
        return NULL;
    (void)pixSetBlackOrWhite(made, L_SET_WHITE);
    (void)pixRasterop(made, x, y, pixGetWidth(pix), pixGetHeight(pix), PIX_SRC, pix, 0, 0);
    return made;
}

static struct Pix *cut(struct Pix *pix, struct bbox box)
{
    int32_t width = box.x1 - box.x0, height = box.y1 - box.y0;

    if (box.x0 == 0 && box.y0 == 0 && width == pixGetWidth(pix) && height == pixGetHeight(pix))
        return pixClone(pix);
    struct Pix *made = pixCreateNoInit(width, height, pixGetDepth(pix));
    if (made == NULL)
        return NULL;
    if (pixGetColormap(pix) != NULL)
        (void)pixCopyColormap(made, pix);
    (void)pixSetBlackOrWhite(made, L_SET_WHITE);
    (void)pixRasterop(made, -box.x0, -box.y0, pixGetWidth(pix), pixGetHeight(pix), PIX_SRC, pix, 0,
                      0);
    return made;
}

/* Takes `pix` and gives what `made` is in its place. */
static struct Pix *replaced(struct Pix *pix, struct Pix *made)
{
    pixDestroy(&pix);
    return made;
}

/* Depth 8 or 32, without a colour map. */
static struct Pix *smooth(struct Pix *pix)
{
    if (pix != NULL && pixGetColormap(pix) != NULL)
        return replaced(pix, pixRemoveColormap(pix, REMOVE_CMAP_BASED_ON_SRC));
    if (pix != NULL && pixGetDepth(pix) == 1)
        return replaced(pix, pixConvertTo8(pix, 0));
    return pix;
}

static struct Pix *turned(struct Pix *pix, const struct turn *turn)
{
    const double straight_radians = 1e-4; /* a pixel in ten thousand */

    if (pix != NULL && turn->is_mirrored)
        pix = replaced(pix, pixFlipLR(NULL, pix));
    if (pix != NULL && turn->quarters != 0)
        pix = replaced(pix, pixRotateOrth(pix, (l_int32)turn->quarters));
    if (pix != NULL && fabs(turn->radians) > straight_radians)
        pix = replaced(pix, pixRotate(pix, (l_float32)turn->radians, L_ROTATE_AREA_MAP,
                                      L_BRING_IN_WHITE, pixGetWidth(pix), pixGetHeight(pix)));
    return pix;
}

struct Pix *upright_cut(struct Pix *pix, struct affine placement, struct bbox box, double scale)
{
    const double same_scale = 1e-6;
    struct turn turn = turn_of(placement);
    int32_t width = (int32_t)fmax(1, lround((box.x1 - box.x0) * scale));
    int32_t height = (int32_t)fmax(1, lround((box.y1 - box.y0) * scale));
    struct Pix *made = smooth(cut(pix, stored_box(placement, box)));

    if (made != NULL && (fabs(turn.x_scale * scale - 1) > same_scale ||
                         fabs(turn.y_scale * scale - 1) > same_scale))
        made = replaced(made, pixScale(made, (l_float32)(turn.x_scale * scale),
                                       (l_float32)(turn.y_scale * scale)));
    made = turned(made, &turn);
    if (made == NULL || (pixGetWidth(made) == width && pixGetHeight(made) == height))
        return made;
    return replaced(made, set_into(made, width, height, (width - pixGetWidth(made)) / 2,
                                   (height - pixGetHeight(made)) / 2));
}
