#include "services/export/page/line_text.h"

bool line_text_append(struct buf *out, const Ocrmesh__Document__V1__Line *line)
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
