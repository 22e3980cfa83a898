#pragma once

/*
 * What the parts of text_layer.h share. Private to them.
 */

#include <stdint.h>

#include "services/ocr/worker/pdfdoc_text.h"
#include "services/ocr/worker/text_layer.h"

/* --- Glyphs (text_layer_glyph.c) --- */

/* Something of the glyph can be seen on the page. */
bool text_layer_is_shown(const struct pdfdoc_glyph *glyph);

/* White space of any kind. */
bool text_layer_is_space(const struct pdfdoc_glyph *glyph);

enum { TEXT_LAYER_GLYPH_BYTES = 8 };

/* Writes what a character stands for as UTF-8 without NUL: ligatures and presentation forms as
 * their letters, the bullets of symbol fonts as bullets. Returns the bytes; 0 for what has no
 * text. */
int32_t text_layer_glyph_text(uint32_t character, char target[static TEXT_LAYER_GLYPH_BYTES]);

/* --- Marks (text_layer_marks.c) --- */

/*
 * Makes one glyph of a letter and of the mark that the file draws as a sign of its own over or
 * under it, as TeX's older fonts have it: "f¨ur" becomes "für". Where they stand decides, so that a
 * quotation mark beside a letter stays one. Only pairs that Unicode has as one character.
 */
void text_layer_join_marks(struct pdfdoc_line *line);

/* Glyphs of which the file does not say what they are, but that stand between two letters as an
 * apostrophe does, become one: else "dell’opera" would be "dellopera". */
void text_layer_name_apostrophes(struct pdfdoc_line *line);

/* --- Order (text_layer_order.c) --- */

/*
 * Puts the glyphs of a line with right-to-left letters into logical order, whichever order the file
 * draws them in, and says so in line->is_right_to_left. False when out of memory.
 * Method: glyphs by their place from left to right, then the bidirectional algorithm (Unicode
 * Standard Annex 9) the other way round.
 */
bool text_layer_order_line(struct pdfdoc_line *line, struct arena *arena);

/* --- Languages (text_layer_languages.c) --- */

/* Codes as language.h knows them, joined by "+": those that the lines are in, and one for each
 * further script in them. NULL: too little to tell, or the arena is full.
 * @ret_first: the most usual of them; static. */
const char *text_layer_languages(const struct line *lines, size_t count, struct arena *arena,
                                 const char **ret_first);

/* --- The test of agreement (text_layer_sample.c, text_layer_compare.c) --- */

/* A character as a certain shape. */
struct text_layer_pairing {
    uint32_t shape;
    uint32_t character; /* 0: free place */
    uint32_t on_page;   /* how often */
    uint32_t in_sample;
    uint32_t confirmed;
    uint32_t counted_in; /* the scan of a line in which it was counted last */
};

enum {
    TEXT_LAYER_PAIRINGS_MAX = 4096,   /* places; half of them can be taken */
    TEXT_LAYER_SAMPLE_LINES_MAX = 40, /* in one picture */
    TEXT_LAYER_LETTERS_MAX = 2000,    /* in one picture */
};

struct text_layer_sample {
    struct text_layer_pairing *pairings; /* hashed */
    size_t pairing_count;
    bool is_ideographic;
    bool *is_line_used;                        /* of the text's lines */
    size_t lines[TEXT_LAYER_SAMPLE_LINES_MAX]; /* of the picture that comes next */
    size_t line_count;
    uint32_t scans; /* of lines, so far */
    size_t letters; /* of all pictures, in the layer or as recognised: the longer */
    size_t matched;
};

/* A letter or digit that shows. */
bool text_layer_is_tested(const struct pdfdoc_glyph *glyph);

/* True for scripts with so many letters that most are seen once. */
bool text_layer_is_many_shaped(uint32_t character);

/* The pairing of a glyph, or the free place for it. */
struct text_layer_pairing *text_layer_find_pairing(struct text_layer_sample *sample,
                                                   const struct pdfdoc_glyph *glyph);

/* True when recognition did not say the same of what was in the pictures. */
bool text_layer_is_doubted(const struct text_layer_pairing *pairing);

/* Compares the lines of the sample with what was recognised in their picture, and counts what is
 * confirmed. False when out of memory, or when there is too much of either. */
bool text_layer_compare(const struct pdfdoc_text *text, struct text_layer_sample *sample,
                        const char *read_text, struct arena *arena);

/* True when what was recognised agrees by and large. */
bool text_layer_is_alike(const struct text_layer_sample *sample);

/* True when what was confirmed stands for the whole page. */
bool text_layer_is_confirmed(const struct text_layer_sample *sample);

/* Recognises samples of lines and compares. @models: tesseract's names. */
bool text_layer_agrees(const struct pdfdoc_text *text, const struct image *image,
                       const struct text_layer_reader *reader, const char *models,
                       struct arena *arena);

/* --- Beside the layer (text_layer_beside.c) --- */

/*
 * Recognises what looks like letters in the page without its text.
 *
 * @page: whose arena and sizes are used; nothing is added to it.
 * @ret_lines: in the arena; none when nothing is surely text.
 *
 * False when it could not be recognised.
 */
bool text_layer_read_beside(const struct pdfdoc_text *text, const struct text_layer_reader *reader,
                            const char *models, const struct page *page, struct line **ret_lines,
                            size_t *ret_count);
