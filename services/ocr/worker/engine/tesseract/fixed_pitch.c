#include <float.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * As shortcuts.c, for tesseract's test whether a line was typed in steps of one width. It cuts the
 * line at each of its columns, and asks for each two cuts that may be neighbours whether the ink
 * between them is the same from left to right as from right to left, column by column. Here that
 * is asked of 64 columns at once. The answer is the same.
 *
 * Knows how tesseract 5.3.0 lays out its objects on x86_64 (src/textord/pithsync.cpp, pithsync.h;
 * ccstruct/statistc.h), and that nobody sets textord_balance_factor or textord_fast_pitch_test.
 */

enum {
    FLAGS_MAX = 32, /* of a cut's balance */
    WORD = 64,      /* columns of a word */
    WORDS_MAX = 64, /* of a window: its columns are more pixels than a step of letters has */
    COLUMNS_MAX = WORD * (WORDS_MAX - 2),
};

/* tesseract::STATS: ink in each column. */
struct projection {
    int32_t first, last;
    int32_t total;
    const int32_t *columns; /* NULL: no ink */
};

/* tesseract::FPCUTPT */
struct cut {
    bool is_faked, is_terminal;
    int16_t fakes; /* on the way to here */
    int16_t index;
    int16_t cheap_cuts;
    int32_t x;
    uint32_t balance_back, balance_forth;
    struct cut *before;
    double sum, square_sum;
    double cost;
};

_Static_assert(sizeof(struct cut) == 56 && offsetof(struct cut, before) == 0x18 &&
                   offsetof(struct cut, cost) == 0x30,
               "as the library has it");

/* Columns without ink, a bit each. */
struct window {
    int from;                  /* the column of the first bit of `forth` */
    uint64_t forth[WORDS_MAX]; /* from there to the cut */
    uint64_t back[WORDS_MAX];  /* from the cut to there */
};

/* tesseract::FPCUTPT::assign() */
void assign_cut(struct cut *cut, struct cut *cuts, int16_t origin, int16_t x, bool is_faked,
                bool is_cheap, int16_t offset, const struct projection *projection, float scale,
                int16_t zero, int16_t pitch, int16_t tolerance) __asm__("_ZN9tesseract7FPCUTPT6"
                                                                        "assignEPS0_ssbbsPNS_5"
                                                                        "STATSEfsss");

static int32_t ink(const struct projection *projection, int x)
{
    if (projection->columns == NULL)
        return 0;
    if (x > projection->last)
        x = projection->last;
    return projection->columns[x > projection->first ? x - projection->first : 0];
}

static void fill_window(struct window *window, const struct projection *projection, int from,
                        int to, int16_t zero)
{
    int count = to - from + 1, words = count / WORD + 2;

    window->from = from;
    for (int w = 0; w < words; w++)
        window->forth[w] = window->back[w] = 0;
    for (int i = 0; i < count; i++) {
        uint64_t is_free = ink(projection, from + i) <= zero;
        int other = count - 1 - i;
        window->forth[i / WORD] |= is_free << i % WORD;
        window->back[other / WORD] |= is_free << other % WORD;
    }
}

/* In how many columns the half after `from` and the one before `to`, mirrored, differ. */
static int count_differences(const struct window *window, int from, int to)
{
    int columns = (to - from + 1) / 2, count = 0;

    for (int done = 0; done < columns; done += WORD) {
        int at = from - window->from + done, shift = at % WORD;
        uint64_t forth = window->forth[at / WORD] >> shift;
        if (shift > 0)
            forth |= window->forth[at / WORD + 1] << (WORD - shift);
        uint64_t differences = forth ^ window->back[done / WORD];
        if (columns - done < WORD)
            differences &= ((uint64_t)1 << (columns - done)) - 1;
        count += __builtin_popcountll(differences);
    }
    return count;
}

/* The same, of windows that are too large. */
static int count_one_by_one(const struct projection *projection, int from, int to, int16_t zero)
{
    int count = 0;

    for (int i = 0; from + i < to - i; i++)
        count += (ink(projection, from + i) <= zero) != (ink(projection, to - i) <= zero);
    return count;
}

static void balance(struct cut *cut, const struct cut *neighbour,
                    const struct projection *projection, int16_t x, int16_t zero, int16_t pitch)
{
    int half = pitch / 2 - 1;

    half = half < 0 ? 0 : half >= FLAGS_MAX ? FLAGS_MAX - 1 : half;
    uint32_t flag = (uint32_t)1 << half;
    cut->balance_back = neighbour->balance_back << 1 & (flag + (flag - 1));
    if (ink(projection, x) > zero)
        cut->balance_back |= 1;
    cut->balance_forth = neighbour->balance_forth >> 1;
    if (ink(projection, x + half) > zero)
        cut->balance_forth |= flag;
}

/* Takes the cut before, if that is better than those that were tried. @differences: between. */
static void try_before(struct cut *cut, struct cut *before, int16_t differences, int16_t offset,
                       float scale, int16_t pitch, bool is_cheap)
{
    int16_t penalty = (int16_t)((double)differences / (double)scale);
    int32_t distance = cut->x - before->x;
    int16_t index = (int16_t)(before->index + 1);
    double sum = before->sum + distance;

    penalty = (int16_t)(penalty + offset);
    double square_sum = distance * distance + before->square_sum + penalty * penalty;
    double mean = sum / index;
    double cost = mean - pitch;
    cost *= cost;
    cost += square_sum / index - mean * mean;
    if (!(cost < cut->cost) || before->fakes + cut->is_faked > cut->fakes)
        return;
    cut->cost = cost;
    cut->before = before;
    cut->sum = sum;
    cut->square_sum = square_sum;
    cut->fakes = (int16_t)(before->fakes + cut->is_faked);
    cut->cheap_cuts = (int16_t)(before->cheap_cuts + is_cheap);
    cut->index = index;
}

void assign_cut(struct cut *cut, struct cut *cuts, int16_t origin, int16_t x, bool is_faked,
                bool is_cheap, int16_t offset, const struct projection *projection, float scale,
                int16_t zero, int16_t pitch, int16_t tolerance)
{
    int from = x - pitch - tolerance, to = x - pitch + tolerance;
    bool is_window = pitch + tolerance < COLUMNS_MAX;
    struct window window;

    balance(cut, &cuts[x - 1 - origin], projection, x, zero, pitch);
    cut->x = x;
    cut->cost = (double)FLT_MAX;
    cut->before = NULL;
    cut->is_faked = is_faked;
    cut->is_terminal = false;
    cut->index = 0;
    cut->fakes = INT16_MAX;
    if (from < origin)
        from = origin;
    if (from > to)
        return;
    if (is_window)
        fill_window(&window, projection, from, x, zero);
    for (int at = from; at <= to; at++) {
        struct cut *before = &cuts[at - origin];
        if (before->is_terminal || before->fakes == INT16_MAX)
            continue;
        int differences = is_window ? count_differences(&window, at, x)
                                    : count_one_by_one(projection, at, x, zero);
        try_before(cut, before, (int16_t)differences, offset, scale, pitch, is_cheap);
    }
}
