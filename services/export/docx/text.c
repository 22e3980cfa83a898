#include "services/export/docx/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/ubidi.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>

#include "lib/base/utf8.h"

/* Longest text that is looked at for directions; of a longer one all has the paragraph's. */
enum { TEXT_MAX_BYTES = 4 << 20 };

struct docx_text {
    struct docx_language main_language;
    char main_tag[64];
    UBiDi *bidi;
    UChar *units; /* UTF-16 of the text at hand */
    size_t unit_capacity;
};

struct docx_text *docx_text_new(const char *main_language)
{
    _cleanup_(docx_text_freep) struct docx_text *writer = calloc(1, sizeof(*writer));

    if (writer == NULL)
        return NULL;
    writer->main_language = docx_language_of(main_language);
    if (writer->main_language.tag != NULL)
        (void)snprintf(writer->main_tag, sizeof(writer->main_tag), "%s", writer->main_language.tag);
    writer->bidi = ubidi_open();
    return writer->bidi != NULL ? TAKE(writer) : NULL;
}

void docx_text_free(struct docx_text *writer)
{
    if (writer == NULL)
        return;
    if (writer->bidi != NULL)
        ubidi_close(writer->bidi);
    free(writer->units);
    free(writer);
}

/* --- what a run is made of --- */

/* Scripts that Word sets with its "complex script" fonts. */
static bool is_complex(UScriptCode script)
{
    switch (script) {
    case USCRIPT_ARABIC:
    case USCRIPT_HEBREW:
    case USCRIPT_SYRIAC:
    case USCRIPT_THAANA:
    case USCRIPT_NKO:
    case USCRIPT_DEVANAGARI:
    case USCRIPT_BENGALI:
    case USCRIPT_GURMUKHI:
    case USCRIPT_GUJARATI:
    case USCRIPT_ORIYA:
    case USCRIPT_TAMIL:
    case USCRIPT_TELUGU:
    case USCRIPT_KANNADA:
    case USCRIPT_MALAYALAM:
    case USCRIPT_SINHALA:
    case USCRIPT_THAI:
    case USCRIPT_LAO:
    case USCRIPT_TIBETAN:
    case USCRIPT_MYANMAR:
    case USCRIPT_KHMER:
    case USCRIPT_MONGOLIAN:
        return true;
    default:
        return false;
    }
}

struct run_kind {
    bool is_right_to_left;
    bool is_complex;
};

static bool is_same_kind(struct run_kind a, struct run_kind b)
{
    return a.is_right_to_left == b.is_right_to_left && a.is_complex == b.is_complex;
}

/* §17.3.2.26: "hint" decides for signs that East Asian and Latin fonts both have. */
static void write_fonts(struct xml_writer *part, struct docx_language language, bool is_main)
{
    if (language.slot == SCRIPT_SLOT_LATIN || (is_main && language.slot == SCRIPT_SLOT_COMPLEX))
        return;
    xml_begin(part, "w:rFonts");
    if (language.slot == SCRIPT_SLOT_EAST_ASIAN)
        xml_attribute(part, "w:hint", "eastAsia");
    if (!is_main && language.font != NULL)
        xml_attribute(part, language.slot == SCRIPT_SLOT_EAST_ASIAN ? "w:eastAsia" : "w:cs",
                      language.font);
    xml_end(part);
}

static void write_properties(const struct docx_text *writer, struct xml_writer *part,
                             struct docx_language language, struct run_kind kind)
{
    static const char *const slots[] = {
        [SCRIPT_SLOT_LATIN] = "w:val",
        [SCRIPT_SLOT_EAST_ASIAN] = "w:eastAsia",
        [SCRIPT_SLOT_COMPLEX] = "w:bidi",
    };
    bool is_main = language.tag == NULL || strcmp(language.tag, writer->main_tag) == 0;
    struct docx_language own = is_main ? writer->main_language : language;

    if (is_main && own.slot != SCRIPT_SLOT_EAST_ASIAN && !kind.is_right_to_left && !kind.is_complex)
        return;
    xml_begin(part, "w:rPr");
    write_fonts(part, own, is_main);
    if (kind.is_right_to_left)
        xml_empty(part, "w:rtl");
    if (kind.is_complex)
        xml_empty(part, "w:cs");
    if (!is_main)
        xml_value(part, "w:lang", slots[own.slot], own.tag);
    xml_end(part);
}

/* The text of a run: w:t, w:br and w:tab. */
static void write_content(struct xml_writer *part, struct str text)
{
    for (size_t start = 0; start < text.n;) {
        size_t end = start;

        while (end < text.n && text.p[end] != '\n' && text.p[end] != '\t')
            end++;
        if (end > start) {
            xml_begin(part, "w:t");
            xml_attribute(part, "xml:space", "preserve");
            xml_text_str(part, (struct str){text.p + start, end - start});
            xml_end(part);
        }
        if (end < text.n)
            xml_empty(part, text.p[end] == '\n' ? "w:br" : "w:tab");
        start = end + 1;
    }
}

static void write_run(const struct docx_text *writer, struct xml_writer *part, struct str text,
                      struct docx_language language, struct run_kind kind)
{
    if (text.n == 0)
        return;
    xml_begin(part, "w:r");
    write_properties(writer, part, language, kind);
    write_content(part, text);
    xml_end(part);
}

/* --- where runs end --- */

/* All before Hebrew, and so before anything of a direction or a font of its own. */
static bool is_plain(struct str text)
{
    enum { FIRST_LEAD_OF_HEBREW = 0xD6 };

    for (size_t i = 0; i < text.n; i++)
        if ((unsigned char)text.p[i] >= FIRST_LEAD_OF_HEBREW)
            return false;
    return true;
}

/* Fills `units` with the text; false when out of memory. */
static bool to_units(struct docx_text *writer, struct str text, int32_t *ret_count)
{
    int32_t count = 0;

    if (writer->unit_capacity < text.n) {
        UChar *larger = reallocarray(writer->units, text.n, sizeof(*larger));

        if (larger == NULL)
            return false;
        writer->units = larger;
        writer->unit_capacity = text.n;
    }
    for (size_t i = 0; i < text.n;) {
        uint32_t character;
        bool is_valid;

        i += utf8_decode(text.p + i, text.n - i, &character, &is_valid);
        /* A character has at least as many bytes in UTF-8 as units in UTF-16. */
        U16_APPEND_UNSAFE(writer->units, count, (UChar32)character);
    }
    *ret_count = count;
    return true;
}

static struct run_kind kind_of(uint32_t character, UBiDiLevel level, struct run_kind before)
{
    UErrorCode error = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript((UChar32)character, &error);
    struct run_kind kind = {.is_right_to_left = level % 2 == 1};

    kind.is_complex = script == USCRIPT_COMMON || script == USCRIPT_INHERITED ? before.is_complex
                                                                              : is_complex(script);
    return kind;
}

void docx_text_write(struct docx_text *writer, struct xml_writer *part, struct str text,
                     const struct docx_text_style *style)
{
    struct docx_language language = docx_language_of(style->language);
    struct run_kind kind = {.is_right_to_left = style->is_right_to_left};
    UErrorCode error = U_ZERO_ERROR;
    const UBiDiLevel *levels;
    int32_t count;
    int32_t unit = 0;
    size_t start = 0;

    if (text.n > TEXT_MAX_BYTES || (!style->is_right_to_left && is_plain(text))) {
        write_run(writer, part, text, language, kind);
        return;
    }
    if (text.n == 0)
        return;
    if (!to_units(writer, text, &count)) {
        xml_fail_memory(part);
        return;
    }
    ubidi_setPara(writer->bidi, writer->units, count, style->is_right_to_left ? 1 : 0, NULL,
                  &error);
    levels = ubidi_getLevels(writer->bidi, &error);
    if (U_FAILURE(error)) {
        xml_fail_memory(part);
        return;
    }
    for (size_t i = 0; i < text.n;) {
        uint32_t character;
        bool is_valid;
        size_t used = utf8_decode(text.p + i, text.n - i, &character, &is_valid);
        struct run_kind own = kind_of(character, levels[unit], kind);

        if (i == 0)
            kind = own;
        if (!is_same_kind(own, kind)) {
            write_run(writer, part, (struct str){text.p + start, i - start}, language, kind);
            start = i;
            kind = own;
        }
        unit += character > 0xFFFF ? 2 : 1;
        i += used;
    }
    write_run(writer, part, (struct str){text.p + start, text.n - start}, language, kind);
}
