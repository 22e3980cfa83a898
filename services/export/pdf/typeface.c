#include "services/export/pdf/typeface.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/utf8.h"

#define FOLDER "/usr/share/fonts/"
#define NOTO   "truetype/noto/NotoSans"
#define CJK    "opentype/noto/NotoSansCJK-Regular.ttc"

enum {
    SHAPE_MAX_BYTES = 1 << 20,
    NOTHING = UINT32_MAX, /* number of a glyph that paints nothing */
    FIRST_CJK = 1,        /* rows of the table below */
    CJK_JAPANESE = FIRST_CJK,
    CJK_KOREAN,
    CJK_CHINESE,
    CJK_TRADITIONAL,
    FIRST_SCRIPT,
};

/* Where Debian's packages have them. */
static const struct source {
    hb_script_t script;
    const char *file;
} sources[] = {
    {HB_SCRIPT_LATIN, "truetype/dejavu/DejaVuSans.ttf"},
    {HB_SCRIPT_KATAKANA, CJK},
    {HB_SCRIPT_HANGUL, CJK},
    {HB_SCRIPT_HAN, CJK},
    {HB_SCRIPT_BOPOMOFO, CJK},
    {HB_SCRIPT_ARABIC, NOTO "Arabic-Regular.ttf"},
    {HB_SCRIPT_ARMENIAN, NOTO "Armenian-Regular.ttf"},
    {HB_SCRIPT_BENGALI, NOTO "Bengali-Regular.ttf"},
    {HB_SCRIPT_CANADIAN_SYLLABICS, NOTO "CanadianAboriginal-Regular.ttf"},
    {HB_SCRIPT_CHEROKEE, NOTO "Cherokee-Regular.ttf"},
    {HB_SCRIPT_DEVANAGARI, NOTO "Devanagari-Regular.ttf"},
    {HB_SCRIPT_ETHIOPIC, NOTO "Ethiopic-Regular.ttf"},
    {HB_SCRIPT_GEORGIAN, NOTO "Georgian-Regular.ttf"},
    {HB_SCRIPT_GUJARATI, NOTO "Gujarati-Regular.ttf"},
    {HB_SCRIPT_GURMUKHI, NOTO "Gurmukhi-Regular.ttf"},
    {HB_SCRIPT_HEBREW, NOTO "Hebrew-Regular.ttf"},
    {HB_SCRIPT_JAVANESE, NOTO "Javanese-Regular.ttf"},
    {HB_SCRIPT_KANNADA, NOTO "Kannada-Regular.ttf"},
    {HB_SCRIPT_KHMER, NOTO "Khmer-Regular.ttf"},
    {HB_SCRIPT_LAO, NOTO "Lao-Regular.ttf"},
    {HB_SCRIPT_MALAYALAM, NOTO "Malayalam-Regular.ttf"},
    {HB_SCRIPT_MONGOLIAN, NOTO "Mongolian-Regular.ttf"},
    {HB_SCRIPT_MYANMAR, NOTO "Myanmar-Regular.ttf"},
    {HB_SCRIPT_ORIYA, NOTO "Oriya-Regular.ttf"},
    {HB_SCRIPT_SINHALA, NOTO "Sinhala-Regular.ttf"},
    {HB_SCRIPT_SYRIAC, NOTO "Syriac-Regular.ttf"},
    {HB_SCRIPT_TAMIL, NOTO "Tamil-Regular.ttf"},
    {HB_SCRIPT_TELUGU, NOTO "Telugu-Regular.ttf"},
    {HB_SCRIPT_THAANA, NOTO "Thaana-Regular.ttf"},
    {HB_SCRIPT_THAI, NOTO "Thai-Regular.ttf"},
    {HB_SCRIPT_TIBETAN, "truetype/noto/NotoSerifTibetan-Regular.ttf"},
    {HB_SCRIPT_COMMON, NOTO "Symbols-Regular.ttf"},
    {HB_SCRIPT_COMMON, NOTO "Math-Regular.ttf"},
};
_Static_assert(ARRAY_LENGTH(sources) <= PDF_TYPEFACES_MAX, "");

void pdf_typefaces_deinit(struct pdf_typefaces *typefaces)
{
    for (size_t i = 0; i < PDF_TYPEFACES_MAX; i++) {
        if (typefaces->faces[i].font != NULL)
            hb_font_destroy(typefaces->faces[i].font);
        free(typefaces->faces[i].forms);
    }
    if (typefaces->outline != NULL)
        hb_draw_funcs_destroy(typefaces->outline);
    pdf_body_deinit(&typefaces->shape);
    *typefaces = (struct pdf_typefaces){0};
}

/* --- which font --- */

/* The faces of the collection follow each other as the rows of the table do. */
static void open_face(struct pdf_typeface *face, size_t row)
{
    char path[256];
    bool is_cjk = row >= FIRST_CJK && row < FIRST_SCRIPT;

    face->is_tried = true;
    (void)snprintf(path, sizeof(path), FOLDER "%s", sources[row].file);
    hb_blob_t *blob = hb_blob_create_from_file_or_fail(path);
    if (blob == NULL)
        return;
    hb_face_t *file = hb_face_create(blob, is_cjk ? (unsigned)(row - FIRST_CJK) : 0);
    hb_blob_destroy(blob);
    face->glyph_count = hb_face_get_glyph_count(file);
    face->em = hb_face_get_upem(file);
    face->is_vertical = is_cjk;
    face->forms = calloc(face->glyph_count + (size_t)1, sizeof(*face->forms));
    if (face->forms != NULL && face->glyph_count > 0)
        face->font = hb_font_create(file);
    hb_face_destroy(file);
}

static bool covers(struct pdf_typefaces *typefaces, size_t row, struct str text)
{
    struct pdf_typeface *face = &typefaces->faces[row];

    if (!face->is_tried)
        open_face(face, row);
    if (face->font == NULL)
        return false;
    for (size_t i = 0; i < text.n;) {
        uint32_t point;
        hb_codepoint_t glyph;
        bool is_valid;

        i += utf8_decode(text.p + i, text.n - i, &point, &is_valid);
        /* HarfBuzz puts letters and their marks together where the font has both in one. */
        if (!hb_font_get_nominal_glyph(face->font, point, &glyph) &&
            hb_unicode_script(hb_unicode_funcs_get_default(), point) != HB_SCRIPT_INHERITED)
            return false;
    }
    return true;
}

/* Of the first letter that has one. */
static hb_script_t script_of(struct str text)
{
    for (size_t i = 0; i < text.n;) {
        uint32_t point;
        bool is_valid;

        i += utf8_decode(text.p + i, text.n - i, &point, &is_valid);
        hb_script_t script = hb_unicode_script(hb_unicode_funcs_get_default(), point);
        if (script == HB_SCRIPT_HIRAGANA)
            script = HB_SCRIPT_KATAKANA;
        if (script != HB_SCRIPT_COMMON && script != HB_SCRIPT_INHERITED &&
            script != HB_SCRIPT_UNKNOWN)
            return script;
    }
    return HB_SCRIPT_LATIN;
}

static bool starts_with(const char *language, const char *tag)
{
    return language != NULL && strncmp(language, tag, strlen(tag)) == 0;
}

static size_t cjk_row(hb_script_t script, const char *language)
{
    if (script == HB_SCRIPT_HANGUL || starts_with(language, "ko"))
        return CJK_KOREAN;
    if (script == HB_SCRIPT_KATAKANA || starts_with(language, "ja"))
        return CJK_JAPANESE;
    if (script == HB_SCRIPT_BOPOMOFO || starts_with(language, "zh-Hant") ||
        starts_with(language, "zh-TW") || starts_with(language, "zh-HK"))
        return CJK_TRADITIONAL;
    return CJK_CHINESE;
}

struct pdf_typeface *pdf_typefaces_find(struct pdf_typefaces *typefaces, struct str text,
                                        const char *language)
{
    hb_script_t script = script_of(text);

    for (size_t row = FIRST_CJK; row < ARRAY_LENGTH(sources); row++) {
        if (sources[row].script != script)
            continue;
        if (row < FIRST_SCRIPT)
            row = cjk_row(script, language);
        if (covers(typefaces, row, text))
            return &typefaces->faces[row];
        break;
    }
    if (covers(typefaces, 0, text))
        return &typefaces->faces[0];
    /* Punctuation and signs belong to no script: any font that is open, or one of signs. */
    for (size_t row = FIRST_CJK; row < ARRAY_LENGTH(sources); row++)
        if ((typefaces->faces[row].font != NULL || sources[row].script == HB_SCRIPT_COMMON ||
             row == cjk_row(script, language)) &&
            covers(typefaces, row, text))
            return &typefaces->faces[row];
    return NULL;
}

/* --- outlines --- */

static void append_point(struct pdf_body *shape, float x, float y)
{
    pdf_body_number(shape, x, 0);
    pdf_body_number(shape, y, 0);
}

static void move_to(hb_draw_funcs_t *funcs, void *shape, hb_draw_state_t *state, float x, float y,
                    void *data)
{
    append_point(shape, x, y);
    pdf_body_append(shape, "m\n", 2);
}

static void line_to(hb_draw_funcs_t *funcs, void *shape, hb_draw_state_t *state, float x, float y,
                    void *data)
{
    append_point(shape, x, y);
    pdf_body_append(shape, "l\n", 2);
}

/* HarfBuzz makes one of these of a quadratic curve. */
static void cubic_to(hb_draw_funcs_t *funcs, void *shape, hb_draw_state_t *state, float x1,
                     float y1, float x2, float y2, float x, float y, void *data)
{
    append_point(shape, x1, y1);
    append_point(shape, x2, y2);
    append_point(shape, x, y);
    pdf_body_append(shape, "c\n", 2);
}

static void close_path(hb_draw_funcs_t *funcs, void *shape, hb_draw_state_t *state, void *data)
{
    pdf_body_append(shape, "h\n", 2);
}

static hb_draw_funcs_t *make_outline(void)
{
    hb_draw_funcs_t *outline = hb_draw_funcs_create();

    hb_draw_funcs_set_move_to_func(outline, move_to, NULL, NULL);
    hb_draw_funcs_set_line_to_func(outline, line_to, NULL, NULL);
    hb_draw_funcs_set_cubic_to_func(outline, cubic_to, NULL, NULL);
    hb_draw_funcs_set_close_path_func(outline, close_path, NULL, NULL);
    return outline;
}

static void write_form(const struct pdf_typeface *face, uint32_t glyph, struct pdf_body *shape,
                       uint32_t number, struct pdf_writer *writer)
{
    hb_glyph_extents_t box = {0};
    struct pdf_body entries;

    (void)hb_font_get_glyph_extents(face->font, glyph, &box);
    pdf_body_append(shape, "f", 1);
    pdf_writer_check(writer, shape);
    pdf_body_init(&entries, 256);
    pdf_body_printf(&entries, "/Type/XObject/Subtype/Form/BBox[%d %d %d %d]/Resources<<>>",
                    box.x_bearing - 1, box.y_bearing + box.height - 1,
                    box.x_bearing + box.width + 1, box.y_bearing + 1);
    pdf_writer_check(writer, &entries);
    pdf_writer_stream(writer, number, buf_str(&entries.text), buf_str(&shape->text));
    pdf_body_deinit(&entries);
}

struct pdf_glyph_form *pdf_typefaces_form(struct pdf_typefaces *typefaces,
                                          struct pdf_typeface *face, uint32_t glyph,
                                          struct pdf_writer *writer)
{
    if (glyph >= face->glyph_count)
        return NULL;
    struct pdf_glyph_form *form = &face->forms[glyph];
    if (form->number == 0) {
        if (typefaces->outline == NULL) {
            typefaces->outline = make_outline();
            pdf_body_init(&typefaces->shape, SHAPE_MAX_BYTES);
        }
        pdf_body_clear(&typefaces->shape);
        hb_font_get_glyph_shape(face->font, glyph, typefaces->outline, &typefaces->shape);
        form->number = NOTHING;
        if (typefaces->shape.text.length > 0) {
            form->number = pdf_writer_reserve(writer);
            write_form(face, glyph, &typefaces->shape, form->number, writer);
        }
    }
    return form->number == NOTHING ? NULL : form;
}
