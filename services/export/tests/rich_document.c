#include "services/export/tests/rich_document.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"

enum {
    PAGES = 6,
    BLOCKS_MAX = 24, /* of a page */
    LINES_MAX = 8,   /* of a block */
    WORDS_MAX = 32,  /* of a line */
    CELLS_MAX = 16,
    PAGE_WIDTH = 1240,
    PAGE_HEIGHT = 1754,
    LINE_HEIGHT = 30,
};

#define LTR        OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_LEFT_TO_RIGHT
#define RTL        OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_RIGHT_TO_LEFT
#define TTB        OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_TOP_TO_BOTTOM
#define KIND(name) OCRMESH__DOCUMENT__V1__BLOCK_KIND__BLOCK_KIND_##name

typedef Ocrmesh__Document__V1__Page page;
typedef Ocrmesh__Document__V1__Block block;

/* What is being built; a page is filled from top to bottom. */
struct builder {
    struct arena *arena;
    page *page;
    int32_t y;
};

static void *take(struct arena *arena, size_t count, size_t size)
{
    void *memory = arena_calloc(arena, count, size);

    assert(memory != NULL);
    return memory;
}

#define NEW(arena, type)              ((type *)take((arena), 1, sizeof(type)))
#define NEW_ARRAY(arena, type, count) ((type **)take((arena), (count), sizeof(type *)))

static Ocrmesh__Document__V1__BoundingBox *bbox(struct builder *builder, int32_t x0, int32_t y0,
                                                int32_t x1, int32_t y1)
{
    Ocrmesh__Document__V1__BoundingBox *box =
        NEW(builder->arena, Ocrmesh__Document__V1__BoundingBox);

    ocrmesh__document__v1__bounding_box__init(box);
    box->x0 = x0, box->y0 = y0, box->x1 = x1, box->y1 = y1;
    return box;
}

static block *add_block(struct builder *builder, Ocrmesh__Document__V1__BlockKind kind,
                        Ocrmesh__Document__V1__TextDirection direction)
{
    block *made = NEW(builder->arena, block);

    ocrmesh__document__v1__block__init(made);
    made->kind = kind;
    made->direction = direction;
    made->confidence = 0.95F;
    made->bbox = bbox(builder, 100, builder->y, 1100, builder->y);
    made->lines = NEW_ARRAY(builder->arena, Ocrmesh__Document__V1__Line, LINES_MAX);
    assert(builder->page->n_blocks < BLOCKS_MAX);
    builder->page->blocks[builder->page->n_blocks++] = made;
    return made;
}

/* Words of `text` are parted by spaces, and by "|" where no space follows. */
static void add_words(struct builder *builder, Ocrmesh__Document__V1__Line *line, const char *text)
{
    const Ocrmesh__Document__V1__BoundingBox *box = line->bbox;
    bool is_vertical = line->direction == TTB;
    int32_t extent = is_vertical ? box->y1 - box->y0 : box->x1 - box->x0;
    int32_t total = (int32_t)utf8_length(text), at = 0;

    while (*text != '\0') {
        size_t length = strcspn(text, " |");
        Ocrmesh__Document__V1__Word *word = NEW(builder->arena, Ocrmesh__Document__V1__Word);

        ocrmesh__document__v1__word__init(word);
        word->text = arena_strndup(builder->arena, text, length);
        assert(word->text != NULL && line->n_words < WORDS_MAX);
        word->no_space_after = text[length] == '|';
        word->confidence = 0.9F;
        int32_t size = (int32_t)utf8_length(word->text);
        int32_t from = at * extent / total, to = (at + size) * extent / total;
        if (is_vertical)
            word->bbox = bbox(builder, box->x0, box->y0 + from, box->x1, box->y0 + to);
        else if (line->direction == RTL)
            word->bbox = bbox(builder, box->x1 - to, box->y0, box->x1 - from, box->y1);
        else
            word->bbox = bbox(builder, box->x0 + from, box->y0, box->x0 + to, box->y1);
        line->words[line->n_words++] = word;
        at += size + 1;
        text += length + (text[length] != '\0');
    }
}

/* Appends a line to the block and its text. */
static void add_line(struct builder *builder, block *to, const char *text)
{
    Ocrmesh__Document__V1__Line *line = NEW(builder->arena, Ocrmesh__Document__V1__Line);
    Ocrmesh__Document__V1__Baseline *baseline =
        NEW(builder->arena, Ocrmesh__Document__V1__Baseline);
    char *plain = arena_strdup(builder->arena, text);
    size_t used = 0;

    ocrmesh__document__v1__line__init(line);
    ocrmesh__document__v1__baseline__init(baseline);
    line->direction = to->direction;
    line->confidence = 0.92F;
    line->bbox = to->direction == TTB
                     ? bbox(builder, 1000, builder->y, 1000 + LINE_HEIGHT, builder->y + 400)
                     : bbox(builder, 100, builder->y, 1100, builder->y + LINE_HEIGHT);
    line->baseline = baseline;
    if (to->direction != TTB) {
        baseline->x0 = 100, baseline->x1 = 1100;
        baseline->y0 = (float)builder->y + 24;
        baseline->y1 = baseline->y0 + (to->kind == KIND(FORMULA) ? -8.0F : 0);
    }
    line->words = NEW_ARRAY(builder->arena, Ocrmesh__Document__V1__Word, WORDS_MAX);
    add_words(builder, line, text);
    builder->y = line->bbox->y1 + 6;
    to->bbox->y1 = line->bbox->y1;
    assert(to->n_lines < LINES_MAX && plain != NULL);
    to->lines[to->n_lines++] = line;

    for (const char *c = text; *c != '\0'; c++)
        if (*c != '|')
            plain[used++] = *c;
    plain[used] = '\0';
    to->text =
        arena_printf(builder->arena, "%s%s%s", to->text, to->text[0] != '\0' ? "\n" : "", plain);
    assert(to->text != NULL);
}

static block *add_text(struct builder *builder, Ocrmesh__Document__V1__BlockKind kind,
                       Ocrmesh__Document__V1__TextDirection direction, const char *text)
{
    block *made = add_block(builder, kind, direction);

    add_line(builder, made, text);
    builder->y += 14;
    return made;
}

struct cell {
    uint32_t row, column, row_span, column_span;
    bool is_header;
    const char *text;
};

static void add_table(struct builder *builder, uint32_t rows, uint32_t columns,
                      Ocrmesh__Document__V1__TextDirection direction, const struct cell *cells,
                      size_t count)
{
    block *made = add_block(builder, KIND(TABLE), direction);
    Ocrmesh__Document__V1__Table *table = NEW(builder->arena, Ocrmesh__Document__V1__Table);

    ocrmesh__document__v1__table__init(table);
    table->row_count = rows;
    table->column_count = columns;
    table->cells = NEW_ARRAY(builder->arena, Ocrmesh__Document__V1__TableCell, CELLS_MAX);
    for (size_t i = 0; i < count; i++) {
        Ocrmesh__Document__V1__TableCell *cell =
            NEW(builder->arena, Ocrmesh__Document__V1__TableCell);
        int32_t x = 100 + (int32_t)(cells[i].column * 1000 / columns);
        int32_t y = builder->y + (int32_t)cells[i].row * LINE_HEIGHT;

        ocrmesh__document__v1__table_cell__init(cell);
        cell->row = cells[i].row;
        cell->column = cells[i].column;
        cell->row_span = cells[i].row_span;
        cell->column_span = cells[i].column_span;
        cell->is_header = cells[i].is_header;
        cell->text = (char *)cells[i].text;
        cell->confidence = 0.9F;
        cell->bbox = bbox(builder, x, y, x + (int32_t)(cells[i].column_span * 1000 / columns),
                          y + (int32_t)cells[i].row_span * LINE_HEIGHT);
        assert(table->n_cells < CELLS_MAX);
        table->cells[table->n_cells++] = cell;
        made->text = arena_printf(builder->arena, "%s%s%s", made->text,
                                  i == 0                 ? ""
                                  : cells[i].column == 0 ? "\n"
                                                         : "\t",
                                  cells[i].text);
    }
    made->table = table;
    made->bbox->y1 += (int32_t)rows * LINE_HEIGHT + 1;
    builder->y = made->bbox->y1 + 20;
}

static void begin_page(struct builder *builder, struct rich_document *document,
                       const char *language, const char *script)
{
    page *made = NEW(builder->arena, page);

    ocrmesh__document__v1__page__init(made);
    made->index = (uint32_t)document->page_count;
    made->width = PAGE_WIDTH;
    made->height = PAGE_HEIGHT;
    made->dpi = 150;
    made->language = (char *)language;
    made->script = (char *)script;
    made->mean_confidence = 0.92F;
    made->text_source = OCRMESH__DOCUMENT__V1__TEXT_SOURCE__TEXT_SOURCE_RECOGNIZED;
    made->blocks = NEW_ARRAY(builder->arena, block, BLOCKS_MAX);
    document->pages[document->page_count++] = made;
    builder->page = made;
    builder->y = 60;
}

/* The page's text: its blocks, an empty line between them. */
static void end_page(struct builder *builder)
{
    page *made = builder->page;

    for (size_t i = 0; i < made->n_blocks; i++)
        if (made->blocks[i]->text[0] != '\0')
            made->text = arena_printf(builder->arena, "%s%s%s", made->text,
                                      made->text[0] != '\0' ? "\n\n" : "", made->blocks[i]->text);
    made->markdown = made->text;
    assert(made->text != NULL);
}

static void english_page(struct builder *builder, struct rich_document *document)
{
    static const struct cell cells[] = {
        {0, 0, 2, 1, true, "Region"},      {0, 1, 1, 2, true, "Sales"},
        {1, 1, 1, 1, true, "2025"},        {1, 2, 1, 1, true, "2026"},
        {2, 0, 1, 1, true, "North, East"}, {2, 1, 1, 1, false, "1,200"},
        {2, 2, 1, 1, false, "-35.5"},      {3, 0, 1, 1, true, "South"},
        {3, 2, 1, 1, false, "two\nlines"},
    };
    block *made;

    begin_page(builder, document, "en", "Latn");
    (void)add_text(builder, KIND(HEADER), LTR, "Annual report");
    add_text(builder, KIND(HEADING), LTR, "Report for 2026")->level = 1;
    made = add_text(builder, KIND(PARAGRAPH), LTR, "The first paragraph goes on for more than a");
    add_line(builder, made, "line, and one of its words is hyphen-");
    add_line(builder, made, "ated at the end of a line.");
    add_text(builder, KIND(HEADING), LTR, "Steps")->level = 2;
    made = add_text(builder, KIND(LIST_ITEM), LTR, "1. Take the file");
    made->level = 1, made->list_marker = (char *)"1.";
    made = add_text(builder, KIND(LIST_ITEM), LTR, "- with care");
    made->level = 2, made->list_marker = (char *)"-";
    made = add_text(builder, KIND(LIST_ITEM), LTR, "2. Send it");
    made->level = 1, made->list_marker = (char *)"2.";
    (void)add_text(builder, KIND(CAPTION), LTR, "Table 1: Sales by region");
    add_table(builder, 4, 3, LTR, cells, ARRAY_LENGTH(cells));
    made = add_block(builder, KIND(FIGURE), LTR);
    made->bbox->y1 = builder->y + 200;
    builder->y += 220;
    (void)add_text(builder, KIND(CAPTION), LTR, "Figure 1: A curve");
    (void)add_text(builder, KIND(FOOTER), LTR, "1");
    end_page(builder);
}

static void right_to_left_page(struct builder *builder, struct rich_document *document)
{
    static const struct cell cells[] = {
        {0, 0, 1, 1, true, "البند"},
        {0, 1, 1, 1, true, "السعر"},
        {1, 0, 1, 1, false, "قهوة"},
        {1, 1, 1, 1, false, "12.50"},
    };

    begin_page(builder, document, "ar", "Arab");
    add_text(builder, KIND(HEADING), RTL, "تقرير سنوي")->level = 1;
    (void)add_text(builder, KIND(PARAGRAPH), RTL, "هذا نص عربي فيه word و 123 رقم");
    add_text(builder, KIND(PARAGRAPH), RTL, "שלום עולם")->language = (char *)"he";
    add_table(builder, 2, 2, RTL, cells, ARRAY_LENGTH(cells));
    end_page(builder);
}

static void asian_page(struct builder *builder, struct rich_document *document)
{
    block *made;

    begin_page(builder, document, "zh-Hans", "Hans");
    (void)add_text(builder, KIND(PARAGRAPH), LTR, "请|保存|文件 OCR 2026");
    add_text(builder, KIND(PARAGRAPH), LTR, "ภาษา|ไทย|ไม่มี|ช่องว่าง")->language = (char *)"th";
    add_text(builder, KIND(PARAGRAPH), LTR, "हिन्दी में पाठ")->language = (char *)"hi";
    made = add_text(builder, KIND(FORMULA), LTR, "E = mc²");
    made->latex = (char *)"E = mc^2";
    add_text(builder, KIND(PARAGRAPH), TTB, "縦書き|の|文")->language = (char *)"ja";
    end_page(builder);
}

static void failed_page(struct builder *builder, struct rich_document *document)
{
    page *made = NEW(builder->arena, page);

    ocrmesh__document__v1__page__init(made);
    made->index = (uint32_t)document->page_count;
    made->error = NEW(builder->arena, Ocrmesh__Document__V1__PageError);
    ocrmesh__document__v1__page_error__init(made->error);
    made->error->reason = (char *)"PAGE_TIMEOUT";
    made->error->message = (char *)"the page took longer than 60 s";
    document->pages[document->page_count++] = made;
}

static void careless_page(struct builder *builder, struct rich_document *document)
{
    static const struct cell cells[] = {
        {0, 0, 1, 1, false, "=1+1"},
        {0, 1, 1, 1, false, "-5"},
        {0, 2, 1, 1, false, "+1 (555) 0100"},
        {1, 0, 1, 1, false, "@SUM(A1)"},
        {1, 1, 1, 1, false, "\ttab"},
        {1, 2, 1, 1, false, "say \"hi\", <b>you</b>"},
        {2, 0, 1, 3, false, "-5+cmd|' /C calc'!A0"},
    };
    block *made;

    begin_page(builder, document, "und", "");
    made = add_text(builder, KIND(PARAGRAPH), LTR, "<script>alert('&amp;')</script> ]]> --> \"q\"");
    made->translation = (char *)"<i>& \x01";
    (void)add_text(builder, KIND(PARAGRAPH), LTR,
                   "bell\x07 null-like\xEF\xBF\xBE nel\xC2\x85 esc\x1b");
    (void)add_text(builder, KIND(PARAGRAPH), LTR, "broken\xFF\xC3( lone\xED\xA0\x80 😀 e\xCC\x81");
    add_table(builder, 3, 3, LTR, cells, ARRAY_LENGTH(cells));
    add_table(builder, 2, 2, LTR, NULL, 0);
    (void)add_block(builder, KIND(PARAGRAPH), LTR);
    made = add_text(builder, KIND(PARAGRAPH),
                    OCRMESH__DOCUMENT__V1__TEXT_DIRECTION__TEXT_DIRECTION_UNSPECIFIED,
                    "a box is missing");
    made->lines[0]->words[1]->bbox = NULL;
    made->lines[0]->baseline = NULL;
    made->bbox = NULL;
    end_page(builder);
}

struct rich_document rich_document_new(struct arena *arena)
{
    struct rich_document document = {0};
    struct builder builder = {.arena = arena};
    Ocrmesh__Ocr__V1__Job *job = NEW(arena, Ocrmesh__Ocr__V1__Job);

    ocrmesh__ocr__v1__job__init(job);
    job->job_id = (char *)"0123456789abcdef0123456789abcdef";
    job->state = OCRMESH__OCR__V1__JOB_STATE__JOB_STATE_DONE;
    job->tier = OCRMESH__OCR__V1__TIER__TIER_CPU;
    job->language = (char *)"auto";
    job->file_name = (char *)"Rechnung März.pdf";
    job->revision = 7;
    job->page_count = PAGES;
    job->pages_done = PAGES;
    job->failed_page_indexes = take(arena, 1, sizeof(int32_t));
    job->failed_page_indexes[0] = 3;
    job->n_failed_page_indexes = 1;
    document.job = job;
    document.pages = NEW_ARRAY(arena, page, PAGES);
    english_page(&builder, &document);
    right_to_left_page(&builder, &document);
    asian_page(&builder, &document);
    failed_page(&builder, &document);
    begin_page(&builder, &document, "und", "");
    careless_page(&builder, &document);
    assert(document.page_count == PAGES);
    return document;
}
