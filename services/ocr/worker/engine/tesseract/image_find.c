#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <emmintrin.h>

#include <allheaders.h>

/*
 * As shortcuts.c, for how tesseract asks again and again whether there is a picture between two
 * parts of a page: it copies that place of the mask of pictures, and counts the copy's pixels. Here
 * they are counted where they are. The answer is the same.
 *
 * Knows how tesseract 5.3.0 lays out its objects on x86_64 (src/ccstruct/rect.h, points.h).
 */

/* tesseract::TBOX; the bottom is less than the top. */
struct box {
    int16_t left, bottom, right, top;
};

/* tesseract::FCOORD: cosine and sine of a turn. */
struct turn {
    float x, y;
};

_Static_assert(sizeof(struct box) == 8, "as the library has it");

/* tesseract::ImageFind::CountPixelsInRotatedBox() */
int count_pixels_in_box(struct box box, const struct box *image, const struct turn *turn,
                        PIX *pix) __asm__("_ZN9tesseract9ImageFind23CountPixelsInRotatedBoxE"
                                          "NS_4TBOXERKS1_RKNS_6FCOORDENS_5ImageE");

static int16_t least(int16_t a, int16_t b)
{
    return a < b ? a : b;
}

static int16_t most(int16_t a, int16_t b)
{
    return a > b ? a : b;
}

/* As the library does, down to its rounding. */
static int16_t turned(float a, float b)
{
    return (int16_t)(int32_t)floorf(a + b + 0.5f);
}

static struct box turn_box(const struct box *box, const struct turn *turn)
{
    int16_t x0 = turned((float)box->left * turn->x, -(float)box->bottom * turn->y);
    int16_t y0 = turned((float)box->bottom * turn->x, (float)box->left * turn->y);
    int16_t x1 = turned((float)box->right * turn->x, -(float)box->top * turn->y);
    int16_t y1 = turned((float)box->top * turn->x, (float)box->right * turn->y);

    return (struct box){least(x0, x1), least(y0, y1), most(x0, x1), most(y0, y1)};
}

enum {
    PIXELS = 32, /* of a word: the first is its highest bit */
    WORDS = 4,   /* of a vector */
};

/* Whether words are all 0, as nearly all of such a mask are. */
static bool is_blank(const uint32_t *words, int32_t count)
{
    __m128i any = _mm_setzero_si128();
    uint32_t rest = 0;
    int32_t i = 0;

    for (; i + WORDS <= count; i += WORDS)
        any = _mm_or_si128(any, _mm_loadu_si128((const __m128i *)(words + i)));
    for (; i < count; i++)
        rest |= words[i];
    return rest == 0 &&
           _mm_movemask_epi8(_mm_cmpeq_epi8(any, _mm_setzero_si128())) == (1 << sizeof(any)) - 1;
}

/* Of a row, from a column up to before another. */
static int count_in_row(const uint32_t *line, int32_t from, int32_t to)
{
    int32_t first = from / PIXELS, last = (to - 1) / PIXELS;
    int count = 0;

    if (is_blank(line + first, last + 1 - first))
        return 0;
    for (int32_t word = first; word <= last; word++) {
        uint32_t bits = line[word];
        if (word == first)
            bits &= UINT32_MAX >> from % PIXELS;
        if (word == last)
            bits &= UINT32_MAX << (PIXELS - 1 - (to - 1) % PIXELS);
        count += __builtin_popcount(bits);
    }
    return count;
}

int count_pixels_in_box(struct box box, const struct box *image, const struct turn *turn, PIX *pix)
{
    box = (struct box){most(box.left, image->left), most(box.bottom, image->bottom),
                       least(box.right, image->right), least(box.top, image->top)};
    if (box.left >= box.right || box.bottom >= box.top || pix == NULL)
        return 0;
    const struct box here = turn_box(&box, turn), all = turn_box(image, turn);
    int32_t left = here.left - all.left, top = all.top - here.top;
    int32_t right = left + here.right - here.left, bottom = top + here.top - here.bottom;
    int count = 0;

    left = left > 0 ? left : 0;
    top = top > 0 ? top : 0;
    right = right < pixGetWidth(pix) ? right : pixGetWidth(pix);
    bottom = bottom < pixGetHeight(pix) ? bottom : pixGetHeight(pix);
    for (int32_t y = top; y < bottom && left < right; y++)
        count += count_in_row(pixGetData(pix) + (ptrdiff_t)y * pixGetWpl(pix), left, right);
    return count;
}
