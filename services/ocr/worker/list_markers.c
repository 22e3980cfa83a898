#include "services/ocr/worker/list_markers.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"

/* How a marker is written; bullets by what they look like. */
typedef enum {
    STYLE_NONE,
    STYLE_BULLET,  /* a bullet and nothing else */
    STYLE_DASH,    /* may be a dash */
    STYLE_MISREAD, /* may be a bullet */
    STYLE_NUMBER,
    STYLE_LETTER,
    STYLE_ROMAN,
} marker_style;

struct marker {
    marker_style style;
    char open;  /* '(' or 0 */
    char close; /* '.' or ')' */
    uint32_t value;
};

/* A line with a marker. */
struct candidate {
    const struct line *line;
    struct marker marker;
    bool is_item;
};

static bool is_one_of(const char *text, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

static marker_style bullet_style(const char *text)
{
    static const char *const bullets[] = {"•", "▪", "◦", "●", "■", "○", "◆", "➢", "✓", "‣", "∙"};
    static const char *const dashes[] = {"-", "–", "—", "*", "·", "+"};
    static const char *const misread[] = {"¢", "©", "®", "e", "o", "°", "«", "»", "@", "=»", "¥"};

    if (is_one_of(text, bullets, ARRAY_LENGTH(bullets)))
        return STYLE_BULLET;
    if (is_one_of(text, dashes, ARRAY_LENGTH(dashes)))
        return STYLE_DASH;
    return is_one_of(text, misread, ARRAY_LENGTH(misread)) ? STYLE_MISREAD : STYLE_NONE;
}

/* Value of a Roman number of small or capital letters below 40; 0: is none. */
static uint32_t roman_value(const char *text, size_t length)
{
    static const char *const ones[] = {"", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"};
    size_t tens = 0;

    while (tens < length && tens < 3 && (text[tens] | 0x20) == 'x')
        tens++;
    for (size_t i = ARRAY_LENGTH(ones); i-- > 0;)
        if (strlen(ones[i]) == length - tens &&
            strncasecmp(text + tens, ones[i], length - tens) == 0)
            return (uint32_t)(10 * tens + i);
    return 0;
}

/* "1.", "12)", "(a)", "iv." and so on. */
static struct marker parse_ordinal(const char *text)
{
    enum { DIGITS_MAX = 3 };
    struct marker marker = {.open = text[0] == '(' ? '(' : '\0'};
    const char *at = text + (marker.open != '\0');
    size_t digits = strspn(at, "0123456789");
    size_t length = digits;

    if (digits == 0)
        while (((at[length] | 0x20) >= 'a' && (at[length] | 0x20) <= 'z'))
            length++;
    marker.close = at[length];
    if (length == 0 || (marker.close != '.' && marker.close != ')') || at[length + 1] != '\0' ||
        (marker.open != '\0' && marker.close != ')'))
        return (struct marker){0};
    if (digits > 0 && digits <= DIGITS_MAX) {
        marker.style = STYLE_NUMBER;
        marker.value = (uint32_t)strtoul(at, NULL, 10);
    } else if (digits == 0 && length == 1) {
        marker.style = STYLE_LETTER;
        marker.value = (uint32_t)(unsigned char)at[0];
    } else if (digits == 0 && roman_value(at, length) > 0) {
        marker.style = STYLE_ROMAN;
        marker.value = roman_value(at, length);
    }
    return marker;
}

static struct marker marker_of(const struct line *line)
{
    const char *text = line->word_count > 1 ? line->words[0].text : "";
    struct marker marker = {.style = bullet_style(text)};

    return marker.style != STYLE_NONE ? marker : parse_ordinal(text);
}

/* A letter that is a Roman number as well: "i", "v", "x". */
static uint32_t value_as(const struct marker *marker, marker_style style)
{
    char letter = (char)marker->value;

    if (marker->style == style)
        return marker->value;
    return marker->style == STYLE_LETTER && style == STYLE_ROMAN ? roman_value(&letter, 1) : 0;
}

/* True when the second marker is the one after the first. */
static bool follows(const struct marker *first, const struct marker *second)
{
    if (first->open != second->open || first->close != second->close)
        return false;
    for (marker_style style = STYLE_NUMBER; style <= STYLE_ROMAN; style++) {
        uint32_t value = value_as(first, style);
        if (value > 0 && value_as(second, style) == value + 1)
            return true;
    }
    return false;
}

static bool begins_at_same_place(const struct line *a, const struct line *b)
{
    int32_t height = a->bbox.y1 - a->bbox.y0;

    return abs(a->words[0].bbox.x0 - b->words[0].bbox.x0) <= height ||
           abs(a->words[0].bbox.x1 - b->words[0].bbox.x1) <= height;
}

/* Marks what the neighbours make an item. */
static void judge(struct candidate *candidates, size_t count)
{
    enum { NEAR = 8 /* candidates: lists in lists, and stray ones between */, MISREAD_MIN = 3 };

    for (size_t i = 0; i < count; i++) {
        struct candidate *own = &candidates[i];
        size_t alike = 1;
        if (own->marker.style == STYLE_BULLET)
            own->is_item = true;
        for (size_t k = i + 1; k < count && k <= i + NEAR; k++) {
            struct candidate *other = &candidates[k];
            if (follows(&own->marker, &other->marker))
                own->is_item = other->is_item = true;
            alike += other->marker.style == own->marker.style &&
                     begins_at_same_place(own->line, other->line);
        }
        bool is_list = (own->marker.style == STYLE_DASH && alike >= 2) ||
                       (own->marker.style == STYLE_MISREAD && alike >= MISREAD_MIN);
        for (size_t k = i; is_list && k < count && k <= i + NEAR; k++)
            if (candidates[k].marker.style == own->marker.style &&
                begins_at_same_place(own->line, candidates[k].line))
                candidates[k].is_item = true;
    }
}

static int compare_items(const void *a, const void *b)
{
    const struct line *x = ((const struct list_item *)a)->line;
    const struct line *y = ((const struct list_item *)b)->line;

    return (x > y) - (x < y);
}

bool list_markers_find(const struct page *page, struct list_item **ret_items, size_t *ret_count)
{
    size_t lines = 0, count = 0, kept = 0;

    for (size_t b = 0; b < page->block_count; b++)
        lines += page->blocks[b].line_count;
    struct candidate *candidates = ARENA_NEW_ARRAY(page->arena, struct candidate, lines + 1);
    struct list_item *items = ARENA_NEW_ARRAY(page->arena, struct list_item, lines + 1);
    if (candidates == NULL || items == NULL)
        return false;
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; page->blocks[b].table == NULL && l < page->blocks[b].line_count; l++) {
            const struct line *line = &page->blocks[b].lines[l];
            struct marker marker = marker_of(line);
            if (marker.style != STYLE_NONE)
                candidates[count++] = (struct candidate){.line = line, .marker = marker};
        }
    judge(candidates, count);
    for (size_t i = 0; i < count; i++)
        if (candidates[i].is_item)
            items[kept++] =
                (struct list_item){candidates[i].line, candidates[i].marker.style == STYLE_MISREAD
                                                           ? "•"
                                                           : candidates[i].line->words[0].text};
    qsort(items, kept, sizeof(*items), compare_items);
    *ret_items = items;
    *ret_count = kept;
    return true;
}

const struct list_item *list_markers_of(const struct list_item *items, size_t count,
                                        const struct line *line)
{
    const struct list_item wanted = {.line = line};

    return count > 0 ? bsearch(&wanted, items, count, sizeof(*items), compare_items) : NULL;
}
