#include "services/export/page/page_lines.h"

#include "lib/base/str.h"

enum { TEXT_MAX_BYTES = 64 << 20 }; /* of a line; pages have a limit of their own */

/* The words, parted by a space save where one says `no_space_after`. */
static bool append_text(struct buf *out, const Ocrmesh__Document__V1__Line *line)
{
    bool needs_space = false;

    for (size_t i = 0; i < line->n_words; i++) {
        const Ocrmesh__Document__V1__Word *word = line->words[i];

        if (word->text[0] == '\0')
            continue;
        if ((needs_space && !buf_append_char(out, ' ')) || !buf_append_str(out, word->text))
            return false;
        needs_space = !word->no_space_after;
    }
    return true;
}

static double probability(float confidence)
{
    return confidence > 0 && confidence <= 1 ? (double)confidence : 0.0;
}

bool page_lines_each(const Ocrmesh__Document__V1__Page *page, page_line_function take, void *arg)
{
    _cleanup_(buf_deinit) struct buf text;
    uint64_t number = (uint64_t)page->index + 1;

    buf_init(&text, TEXT_MAX_BYTES);
    for (size_t i = 0; i < page->n_blocks; i++) {
        const Ocrmesh__Document__V1__Block *block = page->blocks[i];

        for (size_t l = 0; l < block->n_lines; l++) {
            const Ocrmesh__Document__V1__Line *line = block->lines[l];

            buf_clear(&text);
            if (!append_text(&text, line))
                return false;
            if (text.length > 0)
                take(arg, &(struct page_line){number, line->bbox, probability(line->confidence),
                                              text.data});
        }
        if (block->n_lines == 0 && block->text[0] != '\0')
            take(arg, &(struct page_line){number, block->bbox, probability(block->confidence),
                                          block->text});
    }
    return true;
}
