#include "services/ocr/worker/vision/draft.h"

#include "lib/base/utf8.h"

/* The share of a word's box that characters [from, to) of `count` have. */
static struct bbox slice(const struct line *line, struct bbox box, size_t from, size_t to,
                         size_t count)
{
    int64_t width = box.x1 - box.x0, height = box.y1 - box.y0;

    if (count == 0)
        return box;
    if (line->direction == DIRECTION_TOP_TO_BOTTOM)
        return (struct bbox){box.x0, box.y0 + (int32_t)(height * (int64_t)from / (int64_t)count),
                             box.x1, box.y0 + (int32_t)(height * (int64_t)to / (int64_t)count)};
    if (line->direction == DIRECTION_RIGHT_TO_LEFT) {
        size_t end = count - from;
        from = count - to;
        to = end;
    }
    return (struct bbox){box.x0 + (int32_t)(width * (int64_t)from / (int64_t)count), box.y0,
                         box.x0 + (int32_t)(width * (int64_t)to / (int64_t)count), box.y1};
}

static void place_word(struct draft *draft, const struct line *line, const struct word *word,
                       size_t first_unit)
{
    size_t characters = 0, at = 0;

    for (size_t i = first_unit; i < draft->units.count; i++)
        characters += utf8_length(draft->units.items[i].text);
    for (size_t i = first_unit; i < draft->units.count; i++) {
        size_t end = at + utf8_length(draft->units.items[i].text);
        draft->places[i] = (struct draft_place){
            .bbox = slice(line, word->bbox, at, end, characters),
            .confidence = word->confidence,
            .line = (uint32_t)draft->line_count,
            .word = (uint32_t)first_unit,
        };
        at = end;
    }
}

static bool add_line(struct draft *draft, const struct block *block, const struct line *line)
{
    for (size_t w = 0; w < line->word_count; w++) {
        size_t first = draft->units.count;
        units_add_text(&draft->units, str_of(line->words[w].text));
        if (draft->units.is_full)
            return false;
        place_word(draft, line, &line->words[w], first);
    }
    draft->lines[draft->line_count++] = (struct draft_line){block, line};
    return true;
}

bool draft_make(const struct page *page, struct arena *arena, struct draft *ret_draft)
{
    struct draft draft = {0};
    size_t lines = 0;

    units_init(&draft.units, arena);
    for (size_t b = 0; b < page->block_count; b++)
        lines += page->blocks[b].line_count;
    draft.places = ARENA_NEW_ARRAY(arena, struct draft_place, UNITS_MAX);
    draft.lines = ARENA_NEW_ARRAY(arena, struct draft_line, lines + 1);
    if (draft.places == NULL || draft.lines == NULL)
        return false;
    for (size_t b = 0; b < page->block_count; b++)
        for (size_t l = 0; l < page->blocks[b].line_count; l++)
            if (!add_line(&draft, &page->blocks[b], &page->blocks[b].lines[l]))
                return false;
    *ret_draft = draft;
    return true;
}
