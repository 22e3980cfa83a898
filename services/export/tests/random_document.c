#include "services/export/tests/random_document.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    PAGES_MAX = 12,
    BLOCKS_MAX = 12,
    LINES_MAX = 6,
    WORDS_MAX = 12,
    TEXT_MAX_CHARACTERS = 24,
    LARGE_TABLE_ROWS = 500, /* as large as the ocr service makes them */
    LARGE_TABLE_COLUMNS = 64,
    CELLS_MAX = 400,
};

struct source {
    struct arena *arena;
    uint64_t state;
};

/* splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static uint64_t next(struct source *source)
{
    uint64_t z = source->state += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static uint32_t below(struct source *source, uint32_t limit)
{
    return (uint32_t)(next(source) % limit);
}

static bool is_one_in(struct source *source, uint32_t count)
{
    return below(source, count) == 0;
}

static void *take(struct source *source, size_t count, size_t size)
{
    void *memory = arena_calloc(source->arena, count, size);

    assert(memory != NULL);
    return memory;
}

#define NEW(source, type)              ((type *)take((source), 1, sizeof(type)))
#define NEW_ARRAY(source, type, count) ((type **)take((source), (count), sizeof(type *)))

/* --- text --- */

static size_t put_utf8(char *to, uint32_t character)
{
    if (character < 0x80) {
        to[0] = (char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t marks[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = length - 1; i > 0; i--, character >>= 6)
        to[i] = (char)(0x80 | (character & 0x3F));
    to[0] = (char)(marks[length] | character);
    return length;
}

/* One character, or bytes that are none; never NUL. */
static size_t put_something(struct source *source, char *to)
{
    static const char special[] = "<>&\"'=+-@\t\n\r,;|\\/{}[]()#*_`!%$ \f\v";
    static const uint32_t ranges[][2] = {
        {0x1, 0x1F},      {0x20, 0x7F},       {0x80, 0x9F},       {0xA0, 0x24F},
        {0x5D0, 0x5EA},   {0x620, 0x64A},     {0x900, 0x97F},     {0xE00, 0xE5B},
        {0x200B, 0x202F}, {0x2060, 0x206F},   {0x3040, 0x30FF},   {0x4E00, 0x9FFF},
        {0xD800, 0xDFFF}, {0xE000, 0xE0FF},   {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},
        {0xFFF9, 0xFFFF}, {0x1F600, 0x1F64F}, {0x1FFFE, 0x1FFFF}, {0x10FFF0, 0x10FFFF},
    };
    size_t which;

    switch (below(source, 8)) {
    case 0:
        to[0] = special[below(source, sizeof(special) - 1)];
        return 1;
    case 1: /* a byte that may stand anywhere */
        to[0] = (char)(0x80 + below(source, 0x80));
        return 1;
    case 2:
    case 3:
    case 4:
        to[0] = (char)('a' + below(source, 26));
        return 1;
    default:
        which = below(source, ARRAY_LENGTH(ranges));
        return put_utf8(to,
                        ranges[which][0] + below(source, ranges[which][1] - ranges[which][0] + 1));
    }
}

static char *text(struct source *source)
{
    char *made = take(source, 4 * TEXT_MAX_CHARACTERS + 1, 1);
    uint32_t count = is_one_in(source, 6) ? 0 : below(source, TEXT_MAX_CHARACTERS);
    size_t used = 0;

    for (uint32_t i = 0; i < count; i++)
        used += put_something(source, made + used);
    return made;
}

/* --- numbers --- */

static int32_t coordinate(struct source *source)
{
    static const int32_t odd[] = {0, -1, INT32_MIN, INT32_MAX, 1 << 30};

    return is_one_in(source, 12) ? odd[below(source, ARRAY_LENGTH(odd))]
                                 : (int32_t)below(source, 3000);
}

static float real(struct source *source)
{
    static const float odd[] = {0, -1, NAN, INFINITY, -INFINITY, 3e38F, 1e-30F};

    return is_one_in(source, 12) ? odd[below(source, ARRAY_LENGTH(odd))]
                                 : (float)below(source, 10000) / 10000;
}

static Ocrmesh__Document__V1__BoundingBox *bbox(struct source *source)
{
    Ocrmesh__Document__V1__BoundingBox *made;

    if (is_one_in(source, 10))
        return NULL;
    made = NEW(source, Ocrmesh__Document__V1__BoundingBox);
    ocrmesh__document__v1__bounding_box__init(made);
    made->x0 = coordinate(source);
    made->y0 = coordinate(source);
    made->x1 = coordinate(source);
    made->y1 = coordinate(source);
    return made;
}

static char *language(struct source *source)
{
    static const char *const known[] = {"", "en", "ar", "zh-Hant", "und", "x", "no language!", "-"};

    return (char *)known[below(source, ARRAY_LENGTH(known))];
}

/* --- the document --- */

static Ocrmesh__Document__V1__Line *line(struct source *source)
{
    Ocrmesh__Document__V1__Line *made = NEW(source, Ocrmesh__Document__V1__Line);
    uint32_t count = below(source, WORDS_MAX);

    ocrmesh__document__v1__line__init(made);
    made->bbox = bbox(source);
    made->confidence = real(source);
    made->direction = (Ocrmesh__Document__V1__TextDirection)below(source, 5);
    if (!is_one_in(source, 4)) {
        made->baseline = NEW(source, Ocrmesh__Document__V1__Baseline);
        ocrmesh__document__v1__baseline__init(made->baseline);
        made->baseline->x0 = real(source) * 1000;
        made->baseline->y0 = real(source) * 1000;
        made->baseline->x1 = made->baseline->x0 + real(source) * 1000;
        made->baseline->y1 = real(source) * 1000;
    }
    made->words = NEW_ARRAY(source, Ocrmesh__Document__V1__Word, WORDS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        Ocrmesh__Document__V1__Word *word = NEW(source, Ocrmesh__Document__V1__Word);

        ocrmesh__document__v1__word__init(word);
        word->text = text(source);
        word->bbox = bbox(source);
        word->confidence = real(source);
        word->no_space_after = is_one_in(source, 3);
        made->words[made->n_words++] = word;
    }
    return made;
}

static Ocrmesh__Document__V1__Table *table(struct source *source)
{
    Ocrmesh__Document__V1__Table *made = NEW(source, Ocrmesh__Document__V1__Table);
    bool is_large = is_one_in(source, 5);
    uint32_t count = below(source, is_large ? CELLS_MAX : 12);

    ocrmesh__document__v1__table__init(made);
    made->row_count = below(source, is_large ? LARGE_TABLE_ROWS : 6);
    made->column_count = below(source, is_large ? LARGE_TABLE_COLUMNS : 6);
    made->cells = NEW_ARRAY(source, Ocrmesh__Document__V1__TableCell, CELLS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        Ocrmesh__Document__V1__TableCell *cell = NEW(source, Ocrmesh__Document__V1__TableCell);

        ocrmesh__document__v1__table_cell__init(cell);
        cell->row = below(source, made->row_count + 2);
        cell->column = below(source, made->column_count + 2);
        cell->row_span = is_one_in(source, 9) ? UINT32_MAX : below(source, 3);
        cell->column_span = is_one_in(source, 9) ? UINT32_MAX : below(source, 3);
        cell->is_header = is_one_in(source, 4);
        cell->text = text(source);
        cell->bbox = bbox(source);
        cell->confidence = real(source);
        made->cells[made->n_cells++] = cell;
    }
    return made;
}

static Ocrmesh__Document__V1__Block *block(struct source *source)
{
    Ocrmesh__Document__V1__Block *made = NEW(source, Ocrmesh__Document__V1__Block);
    uint32_t count = below(source, LINES_MAX);

    ocrmesh__document__v1__block__init(made);
    made->kind = (Ocrmesh__Document__V1__BlockKind)below(source, 12);
    made->text = text(source);
    made->bbox = bbox(source);
    made->confidence = real(source);
    made->level = is_one_in(source, 20) ? UINT32_MAX : below(source, 9);
    made->direction = (Ocrmesh__Document__V1__TextDirection)below(source, 5);
    made->language = language(source);
    made->list_marker = text(source);
    made->latex = text(source);
    made->translation = text(source);
    made->lines = NEW_ARRAY(source, Ocrmesh__Document__V1__Line, LINES_MAX);
    for (uint32_t i = 0; i < count; i++)
        made->lines[made->n_lines++] = line(source);
    if (is_one_in(source, 4))
        made->table = table(source);
    return made;
}

static Ocrmesh__Document__V1__Page *page(struct source *source, uint32_t index)
{
    Ocrmesh__Document__V1__Page *made = NEW(source, Ocrmesh__Document__V1__Page);
    uint32_t count = is_one_in(source, 4) ? 0 : below(source, BLOCKS_MAX);

    ocrmesh__document__v1__page__init(made);
    made->index = index;
    if (is_one_in(source, 8)) {
        made->error = NEW(source, Ocrmesh__Document__V1__PageError);
        ocrmesh__document__v1__page_error__init(made->error);
        made->error->reason = is_one_in(source, 2) ? (char *)"PAGE_CORRUPT" : text(source);
        made->error->message = text(source);
        return made;
    }
    made->width = is_one_in(source, 8) ? UINT32_MAX : below(source, 3000);
    made->height = is_one_in(source, 8) ? 0 : below(source, 4000);
    made->dpi = real(source) * 600;
    made->rotation = 90 * below(source, 4);
    made->skew_degrees = real(source);
    made->language = language(source);
    made->mean_confidence = real(source);
    made->text = text(source);
    made->markdown = text(source);
    made->translated_text = text(source);
    made->translated_markdown = text(source);
    made->blocks = NEW_ARRAY(source, Ocrmesh__Document__V1__Block, BLOCKS_MAX);
    for (uint32_t i = 0; i < count; i++)
        made->blocks[made->n_blocks++] = block(source);
    return made;
}

struct rich_document random_document_new(struct arena *arena, uint64_t seed)
{
    struct source source = {arena, seed};
    struct rich_document document = {0};
    Ocrmesh__Ocr__V1__Job *job = NEW(&source, Ocrmesh__Ocr__V1__Job);
    uint32_t count = 1 + below(&source, PAGES_MAX - 1);

    ocrmesh__ocr__v1__job__init(job);
    job->job_id = (char *)"0123456789abcdef0123456789abcdef";
    job->state = OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE;
    job->language = language(&source);
    job->translate_to = is_one_in(&source, 2) ? (char *)"de" : (char *)"";
    job->file_name = text(&source);
    job->revision = (int64_t)below(&source, 100);
    job->page_count = (int32_t)count;
    job->pages_done = (int32_t)count;
    job->mean_confidence = real(&source);
    document.job = job;
    document.pages = NEW_ARRAY(&source, Ocrmesh__Document__V1__Page, PAGES_MAX);
    for (uint32_t i = 0; i < count; i++)
        document.pages[document.page_count++] = page(&source, i);
    return document;
}
