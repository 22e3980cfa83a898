#include "services/export/docx/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/export/docx/body.h"

typedef enum {
    NUMBER_DECIMAL,
    NUMBER_LOWER_LETTER,
    NUMBER_UPPER_LETTER,
    NUMBER_LOWER_ROMAN,
    NUMBER_UPPER_ROMAN,
    NUMBER_STYLES,
} number_style;

static const char *const style_names[] = {
    [NUMBER_DECIMAL] = "decimal",          [NUMBER_LOWER_LETTER] = "lowerLetter",
    [NUMBER_UPPER_LETTER] = "upperLetter", [NUMBER_LOWER_ROMAN] = "lowerRoman",
    [NUMBER_UPPER_ROMAN] = "upperRoman",
};

/* What may stand around a number. */
struct frame {
    const char *before;
    const char *after;
};

static const struct frame frames[] = {{"", "."}, {"", ")"}, {"(", ")"}, {"", ""}, {"", ".)"}};

enum {
    FRAMES = ARRAY_LENGTH(frames),
    NUMBER_FORMATS = NUMBER_STYLES * FRAMES,
    BULLETS_MAX = 32,
    BULLET_SIZE = 5,
    NUMBER_MAX = 32767, /* what Word starts a list at */
    ROMAN_MAX = 399,
    ROMAN_SIZE = 16,
    BULLET_LIST_BASE = 1, /* numbers of the lists of bullets, then those of numbers */
    NUMBER_LIST_BASE = BULLET_LIST_BASE + BULLETS_MAX,
};

/* A numbered list. */
struct list {
    uint8_t format; /* style * FRAMES + frame */
    uint8_t level;
    uint16_t start;
};

/* The last list of a level. */
struct open_list {
    uint32_t number; /* 0: none */
    uint32_t format;
    int32_t value; /* of the last item */
};

struct docx_lists {
    char bullets[BULLETS_MAX][BULLET_SIZE];
    uint32_t bullet_count;
    struct list lists[DOCX_LISTS_MAX];
    uint32_t list_count;
    struct open_list open[DOCX_LIST_LEVELS];
    bool uses_format[NUMBER_FORMATS];
};

struct docx_lists *docx_lists_new(void)
{
    return calloc(1, sizeof(struct docx_lists));
}

void docx_lists_free(struct docx_lists *lists)
{
    free(lists);
}

/* --- markers --- */

/* A way to read a marker. */
struct reading {
    uint32_t format;
    int32_t value;
};

/* Writes the Roman numeral of a value up to ROMAN_MAX, in small letters. */
static void to_roman(int32_t value, char ret_text[static ROMAN_SIZE])
{
    static const struct {
        int32_t value;
        const char *text;
    } digits[] = {{100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"},
                  {9, "ix"},  {5, "v"},   {4, "iv"}, {1, "i"}};
    size_t length = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(digits); i++)
        for (; value >= digits[i].value; value -= digits[i].value)
            length +=
                (size_t)snprintf(ret_text + length, ROMAN_SIZE - length, "%s", digits[i].text);
}

/* The value of a Roman numeral as it is written today; 0: it is none. */
static int32_t from_roman(struct str text, bool is_upper)
{
    char wanted[ROMAN_SIZE] = "";

    if (text.n == 0 || text.n >= sizeof(wanted))
        return 0;
    for (size_t i = 0; i < text.n; i++)
        wanted[i] = (char)(is_upper ? text.p[i] | 0x20 : text.p[i]);
    for (int32_t value = 1; value <= ROMAN_MAX; value++) {
        char roman[ROMAN_SIZE] = "";

        to_roman(value, roman);
        if (strcmp(roman, wanted) == 0)
            return value;
    }
    return 0;
}

static bool are_all(struct str text, char first, char last)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < first || text.p[i] > last)
            return false;
    return text.n > 0;
}

static uint32_t format_of(number_style style, size_t frame)
{
    return (uint32_t)style * FRAMES + (uint32_t)frame;
}

/* The ways to read what stands in a frame; "i" and "c" have two. The likelier one comes first where
 * nothing goes before it. */
static size_t read_number(struct str core, size_t frame, struct reading ret_readings[static 2])
{
    size_t count = 0;
    int64_t value;

    if (are_all(core, '0', '9')) {
        if (core.p[0] != '0' && str_to_int64(core, &value) && value <= NUMBER_MAX)
            ret_readings[count++] =
                (struct reading){format_of(NUMBER_DECIMAL, frame), (int32_t)value};
        return count;
    }
    bool is_upper = are_all(core, 'A', 'Z');
    if (!is_upper && !are_all(core, 'a', 'z'))
        return 0;
    int32_t roman = from_roman(core, is_upper);
    if (roman > 0)
        ret_readings[count++] = (struct reading){
            format_of(is_upper ? NUMBER_UPPER_ROMAN : NUMBER_LOWER_ROMAN, frame), roman};
    if (core.n == 1)
        ret_readings[count++] =
            (struct reading){format_of(is_upper ? NUMBER_UPPER_LETTER : NUMBER_LOWER_LETTER, frame),
                             (core.p[0] | 0x20) - 'a' + 1};
    /* "c." is more often a letter than a hundred; "i.", "v." and "x." are Roman. */
    if (count == 2 && strchr("ivx", core.p[0] | 0x20) == NULL) {
        struct reading first = ret_readings[0];

        ret_readings[0] = ret_readings[1];
        ret_readings[1] = first;
    }
    return count;
}

static size_t read_marker(struct str marker, struct reading ret_readings[static 2])
{
    for (size_t i = 0; i < FRAMES; i++) {
        struct str before = str_of(frames[i].before);
        struct str after = str_of(frames[i].after);

        if (marker.n <= before.n + after.n || !str_starts_with(marker, before) ||
            memcmp(marker.p + marker.n - after.n, after.p, after.n) != 0)
            continue;
        struct str core = {marker.p + before.n, marker.n - before.n - after.n};
        size_t count = read_number(core, i, ret_readings);
        /* A number without a sign may be the year that a sentence begins with. */
        if (count > 0 && (before.n + after.n > 0 || core.n <= 2))
            return count;
    }
    return 0;
}

/* A single sign that is neither letter nor digit. */
static bool is_bullet(struct str marker)
{
    uint32_t character;
    bool is_valid;

    if (marker.n == 0 || utf8_decode(marker.p, marker.n, &character, &is_valid) != marker.n ||
        !is_valid || marker.n >= BULLET_SIZE)
        return false;
    if (character < 0x80)
        return strchr("-*+o>", (int)character) != NULL;
    /* Latin-1's signs, general punctuation, and from arrows to dingbats. */
    return character == 0xB7 || character == 0xB0 || (character >= 0x2010 && character <= 0x2043) ||
           (character >= 0x2190 && character <= 0x27BF);
}

/* --- places --- */

static uint32_t bullet_list(struct docx_lists *lists, struct str marker)
{
    uint32_t i = 0;

    while (i < lists->bullet_count && !str_equal(str_of(lists->bullets[i]), marker))
        i++;
    if (i == BULLETS_MAX)
        return BULLET_LIST_BASE;
    if (i == lists->bullet_count) {
        memcpy(lists->bullets[i], marker.p, marker.n);
        lists->bullets[i][marker.n] = '\0';
        lists->bullet_count++;
    }
    return BULLET_LIST_BASE + i;
}

static uint32_t number_list(struct docx_lists *lists, const struct reading *readings, size_t count,
                            uint32_t level)
{
    struct open_list *open = &lists->open[level];

    for (size_t i = 0; open->number != 0 && i < count; i++) {
        if (readings[i].format == open->format && readings[i].value == open->value + 1) {
            open->value = readings[i].value;
            return open->number;
        }
    }
    if (lists->list_count == DOCX_LISTS_MAX)
        return 0;
    lists->lists[lists->list_count++] = (struct list){
        .format = (uint8_t)readings[0].format,
        .level = (uint8_t)level,
        .start = (uint16_t)readings[0].value,
    };
    lists->uses_format[readings[0].format] = true;
    *open = (struct open_list){
        .number = NUMBER_LIST_BASE + lists->list_count - 1,
        .format = readings[0].format,
        .value = readings[0].value,
    };
    return open->number;
}

struct docx_list_place docx_lists_place(struct docx_lists *lists,
                                        const Ocrmesh__Document__V1__Block *block)
{
    struct str marker = str_trim(str_of(block->list_marker));
    struct str text = str_of(block->text);
    struct docx_list_place place = {
        .level = block->level < 1                  ? 0
                 : block->level > DOCX_LIST_LEVELS ? DOCX_LIST_LEVELS - 1
                                                   : block->level - 1,
        .text = text,
    };
    struct reading readings[2];
    size_t count;

    if (marker.n == 0 || !str_starts_with(text, marker))
        return place;
    if (is_bullet(marker))
        place.number = bullet_list(lists, marker);
    else if ((count = read_marker(marker, readings)) > 0)
        place.number = number_list(lists, readings, count, place.level);
    if (place.number != 0)
        place.text = str_trim((struct str){text.p + marker.n, text.n - marker.n});
    return place;
}

/* --- the part --- */

static void write_level(struct xml_writer *part, uint32_t level, const char *style,
                        const char *text)
{
    xml_begin(part, "w:lvl");
    xml_attribute_int(part, "w:ilvl", level);
    xml_value(part, "w:start", "w:val", "1");
    xml_value(part, "w:numFmt", "w:val", style);
    xml_begin(part, "w:lvlText");
    xml_attribute(part, "w:val", text);
    xml_end(part);
    xml_value(part, "w:lvlJc", "w:val", "left");
    xml_begin(part, "w:pPr");
    xml_begin(part, "w:ind");
    xml_attribute_int(part, "w:left", (int64_t)(level + 1) * DOCX_LIST_INDENT_TWIPS);
    xml_attribute_int(part, "w:hanging", DOCX_LIST_INDENT_TWIPS);
    xml_end(part);
    xml_end(part);
    xml_end(part);
}

/* @bullet: NULL for a format of numbers. */
static void write_abstract(struct xml_writer *part, uint32_t id, const char *style,
                           const struct frame *frame, const char *bullet)
{
    xml_begin(part, "w:abstractNum");
    xml_attribute_int(part, "w:abstractNumId", id);
    xml_value(part, "w:multiLevelType", "w:val", "hybridMultilevel");
    for (uint32_t level = 0; level < DOCX_LIST_LEVELS; level++) {
        char text[32];

        if (bullet != NULL)
            (void)snprintf(text, sizeof(text), "%s", bullet);
        else
            (void)snprintf(text, sizeof(text), "%s%%%u%s", frame->before, level + 1, frame->after);
        write_level(part, level, style, text);
    }
    xml_end(part);
}

/* @start: 0: where the format starts. */
static void write_list(struct xml_writer *part, uint32_t number, uint32_t abstract, uint32_t level,
                       uint32_t start)
{
    xml_begin(part, "w:num");
    xml_attribute_int(part, "w:numId", number);
    xml_value_int(part, "w:abstractNumId", "w:val", abstract);
    if (start > 0) {
        xml_begin(part, "w:lvlOverride");
        xml_attribute_int(part, "w:ilvl", level);
        xml_value_int(part, "w:startOverride", "w:val", start);
        xml_end(part);
    }
    xml_end(part);
}

void docx_lists_write(const struct docx_lists *lists, struct package *package)
{
    struct xml_writer *part = office_part_open(package, "word/numbering.xml");

    xml_begin(part, "w:numbering");
    xml_attribute(part, "xmlns:w", DOCX_NAMESPACE);
    for (uint32_t i = 0; i < lists->bullet_count; i++)
        write_abstract(part, NUMBER_FORMATS + i, "bullet", NULL, lists->bullets[i]);
    for (uint32_t i = 0; i < NUMBER_FORMATS; i++)
        if (lists->uses_format[i])
            write_abstract(part, i, style_names[i / FRAMES], &frames[i % FRAMES], NULL);
    for (uint32_t i = 0; i < lists->bullet_count; i++)
        write_list(part, BULLET_LIST_BASE + i, NUMBER_FORMATS + i, 0, 0);
    for (uint32_t i = 0; i < lists->list_count; i++)
        write_list(part, NUMBER_LIST_BASE + i, lists->lists[i].format, lists->lists[i].level,
                   lists->lists[i].start);
    xml_end(part);
    office_part_close(package, part);
}
