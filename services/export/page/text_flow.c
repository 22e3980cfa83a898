#include "services/export/page/text_flow.h"

#include <string.h>

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "lib/base/utf8.h"

enum {
    /* Pages with more text are not searched for words with hyphens. */
    SEARCHED_MAX_BYTES = 64 << 10,
    WORD_MAX_BYTES = 128,
    HYPHEN = 0x2010,
};

/* --- joints --- */

static uint32_t first_character(struct str text)
{
    uint32_t character;
    bool is_valid;

    if (text.n == 0)
        return 0;
    (void)utf8_decode(text.p, text.n, &character, &is_valid);
    return character;
}

/* The last character, and where it begins. */
static uint32_t last_character(struct str text, size_t *ret_start)
{
    size_t start = text.n;

    if (text.n == 0)
        return 0;
    do
        start--;
    while (start > 0 && ((unsigned char)text.p[start] & 0xC0) == 0x80);
    *ret_start = start;
    return first_character((struct str){text.p + start, text.n - start});
}

/* Of a script that is written without spaces. */
static bool is_spaceless(uint32_t character)
{
    UErrorCode error = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript((UChar32)character, &error);

    if (script == USCRIPT_HANGUL)
        return false;
    if (script == USCRIPT_COMMON) { /* signs: "。" */
        int width = u_getIntPropertyValue((UChar32)character, UCHAR_EAST_ASIAN_WIDTH);
        return width == U_EA_WIDE || width == U_EA_FULLWIDTH;
    }
    return uscript_breaksBetweenLetters(script);
}

static bool is_word_character(uint32_t character)
{
    return u_isalnum((UChar32)character) || u_charType((UChar32)character) == U_NON_SPACING_MARK;
}

/* The run of letters and digits at the end of `text`, or at its start. */
static struct str last_word(struct str text)
{
    size_t start = text.n;

    for (size_t before = 0; start > 0; start = before) {
        if (!is_word_character(last_character((struct str){text.p, start}, &before)))
            break;
    }
    return (struct str){text.p + start, text.n - start};
}

static struct str first_word(struct str text)
{
    size_t end = 0;

    while (end < text.n) {
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text.p + end, text.n - end, &character, &is_valid);

        if (!is_word_character(character))
            break;
        end += used;
    }
    return (struct str){text.p, end};
}

/* Whether the page has "left-right" within a line. */
static bool is_written_with_hyphen(struct str left, struct str right, const char *within)
{
    char word[2 * WORD_MAX_BYTES + 2];

    if (left.n > WORD_MAX_BYTES || right.n > WORD_MAX_BYTES ||
        strnlen(within, SEARCHED_MAX_BYTES + 1) > SEARCHED_MAX_BYTES)
        return false;
    memcpy(word, left.p, left.n);
    word[left.n] = '-';
    memcpy(word + left.n + 1, right.p, right.n);
    word[left.n + 1 + right.n] = '\0';
    return strstr(within, word) != NULL;
}

const char *text_flow_joint(struct str first, struct str second, const char *within,
                            size_t *ret_dropped)
{
    size_t start = 0;
    uint32_t last = last_character(first, &start);
    uint32_t next = first_character(second);

    *ret_dropped = 0;
    if (first.n == 0 || second.n == 0)
        return "";
    if (last == '-' || last == HYPHEN) {
        struct str left = last_word((struct str){first.p, start});

        if (left.n == 0 || !is_word_character(next))
            return " "; /* a dash */
        if (u_islower((UChar32)next) && !u_isdigit((UChar32)first_character(left)) &&
            !is_written_with_hyphen(left, first_word(second), within))
            *ret_dropped = first.n - start;
        return "";
    }
    return is_spaceless(last) && is_spaceless(next) ? "" : " ";
}

/* --- line ends on purpose --- */

static int32_t width_of(const Ocrmesh__Document__V1__BoundingBox *box)
{
    return box != NULL && box->x1 > box->x0 ? box->x1 - box->x0 : 0;
}

static int32_t height_of(const Ocrmesh__Document__V1__BoundingBox *box)
{
    return box != NULL && box->y1 > box->y0 ? box->y1 - box->y0 : 0;
}

/* How the lines of a block stand. */
typedef enum {
    LINES_FREE,     /* nothing is known of them */
    LINES_CENTERED, /* each in the middle of the block */
    LINES_RUNNING,  /* a word is divided at the end of one: they are as long as there is room */
} lines_shape;

/* Lines before one of running text, and behind it, that tell how much room it has: the longest of
 * those on the side where they are shorter. Its block may be wider, for text runs around figures
 * and quotes. */
enum { NEIGHBOURS = 2 };

/* How far a line ends from both sides. @line: with a box. */
struct room {
    int64_t left;
    int64_t right;
};

static struct room room_in(int32_t x0, int32_t x1, const Ocrmesh__Document__V1__Line *line)
{
    return (struct room){(int64_t)line->bbox->x0 - x0, (int64_t)x1 - line->bbox->x1};
}

static struct room room_in_running_text(const Ocrmesh__Document__V1__Block *block, size_t index)
{
    const Ocrmesh__Document__V1__Line *line = block->lines[index];
    size_t first = index > NEIGHBOURS ? index - NEIGHBOURS : 0;
    size_t last = block->n_lines - 1 - index > NEIGHBOURS ? index + NEIGHBOURS : block->n_lines - 1;
    struct room room = {INT64_MAX, INT64_MAX};
    const size_t sides[2][2] = {{first, index}, {index, last}};

    for (size_t side = 0; side < ARRAY_LENGTH(sides); side++) {
        int32_t x0 = line->bbox->x0;
        int32_t x1 = line->bbox->x1;

        if (sides[side][0] == sides[side][1]) /* the first line, or the last */
            continue;
        for (size_t i = sides[side][0]; i <= sides[side][1]; i++) {
            const Ocrmesh__Document__V1__BoundingBox *box = block->lines[i]->bbox;

            if (box != NULL && box->x0 < x0)
                x0 = box->x0;
            if (box != NULL && box->x1 > x1)
                x1 = box->x1;
        }
        struct room there = room_in(x0, x1, line);
        room.left = there.left < room.left ? there.left : room.left;
        room.right = there.right < room.right ? there.right : room.right;
    }
    return room;
}

/* One line alone may stand in the middle by chance, as an indented first line that ends a little
 * early. */
static bool is_centered(const Ocrmesh__Document__V1__Block *block)
{
    for (size_t i = 0; i < block->n_lines; i++) {
        const Ocrmesh__Document__V1__Line *line = block->lines[i];

        if (line->bbox == NULL)
            return false;
        struct room room = room_in(block->bbox->x0, block->bbox->x1, line);
        if (llabs(room.left - room.right) >= height_of(line->bbox))
            return false;
    }
    return true;
}

static bool has_divided_word(struct str text, const char *within)
{
    struct str line;
    struct str next;

    (void)str_next_token(&text, '\n', &line);
    for (; str_next_token(&text, '\n', &next); line = next) {
        size_t dropped;

        (void)text_flow_joint(line, next, within, &dropped);
        if (dropped > 0)
            return true;
    }
    return false;
}

/* Whether the first word of the line behind that one had fitted into it. */
static bool ends_on_purpose(const Ocrmesh__Document__V1__Block *block, lines_shape shape,
                            size_t index)
{
    const Ocrmesh__Document__V1__Line *line = block->lines[index];
    const Ocrmesh__Document__V1__Line *next = block->lines[index + 1];

    if (line->bbox == NULL || next->bbox == NULL || next->n_words == 0 || line->n_words == 0)
        return false;
    struct room sides = shape == LINES_RUNNING ? room_in_running_text(block, index)
                                               : room_in(block->bbox->x0, block->bbox->x1, line);
    int64_t room =
        shape == LINES_CENTERED ? sides.left + sides.right
        : block->direction == OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT
            ? sides.left
            : sides.right;
    int64_t height = height_of(line->bbox);
    const Ocrmesh__Document__V1__Word *word = next->words[0];
    int64_t needed = width_of(word->bbox);

    /* What engines call a word in scripts without spaces may be a whole line. */
    if (word->no_space_after || needed > width_of(block->bbox) / 2)
        needed = 2 * height;
    return room > needed + height;
}

/* Whether lines of the block end on purpose: most of them do. */
static bool has_lines_of_its_own(const Ocrmesh__Document__V1__Block *block, lines_shape shape)
{
    size_t count = 0;

    for (size_t i = 0; i + 1 < block->n_lines; i++)
        if (ends_on_purpose(block, shape, i))
            count++;
    return count > 0 && 2 * count >= block->n_lines - 1;
}

bool text_flow_append(struct buf *out, const Ocrmesh__Document__V1__Page *page,
                      const Ocrmesh__Document__V1__Block *block, struct str text)
{
    size_t line_count = 1;
    struct str line;
    struct str next;

    for (const char *p = block->text; *p != '\0'; p++)
        line_count += *p == '\n';
    bool has_boxes = block->n_lines == line_count && block->bbox != NULL;
    lines_shape shape = has_boxes && is_centered(block)      ? LINES_CENTERED
                        : has_divided_word(text, page->text) ? LINES_RUNNING
                                                             : LINES_FREE;
    bool keeps_all = has_boxes && has_lines_of_its_own(block, shape);

    (void)str_next_token(&text, '\n', &line);
    for (size_t i = 0; str_next_token(&text, '\n', &next); i++) {
        size_t dropped;
        const char *joint = text_flow_joint(line, next, page->text, &dropped);

        if (keeps_all ||
            (has_boxes && dropped == 0 && joint[0] != '\0' && ends_on_purpose(block, shape, i))) {
            joint = "\n";
            dropped = 0;
        }
        if (!buf_append(out, line.p, line.n - dropped) || !buf_append_str(out, joint))
            return false;
        line = next;
    }
    return buf_append(out, line.p, line.n);
}
