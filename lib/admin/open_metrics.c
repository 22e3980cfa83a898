#include "lib/admin/open_metrics.h"

#include <string.h>

static const struct str exemplar_mark = STR(" # {");
static const struct str total_suffix = STR("_total");

bool open_metrics_is_wanted(const char *accept)
{
    return accept != NULL && strstr(accept, "application/openmetrics-text") != NULL;
}

static bool is_head(struct str line)
{
    return str_starts_with(line, STR("# HELP ")) || str_starts_with(line, STR("# TYPE "));
}

/* Up to the exemplar. */
static struct str without_exemplar(struct str line)
{
    const char *mark =
        is_head(line) ? NULL : memmem(line.p, line.n, exemplar_mark.p, exemplar_mark.n);

    return mark != NULL ? (struct str){line.p, (size_t)(mark - line.p)} : line;
}

bool prometheus_text_write(struct str metrics, struct buf *out)
{
    struct str rest = metrics, line;

    while (rest.n > 0 && str_next_token(&rest, '\n', &line)) {
        struct str kept = without_exemplar(line);

        if (kept.n > 0 && (!buf_append(out, kept.p, kept.n) || !buf_append_char(out, '\n')))
            return false;
    }
    return true;
}

/* "# TYPE calls_total counter" as "# TYPE calls counter". */
static bool write_head(struct str line, struct buf *out)
{
    const size_t start = sizeof("# HELP ") - 1;
    const char *space = memchr(line.p + start, ' ', line.n - start);
    size_t name_end = space != NULL ? (size_t)(space - line.p) : line.n;
    size_t kept = name_end;

    if (name_end - start > total_suffix.n &&
        memcmp(line.p + name_end - total_suffix.n, total_suffix.p, total_suffix.n) == 0)
        kept -= total_suffix.n;
    return buf_append(out, line.p, kept) && buf_append(out, line.p + name_end, line.n - name_end);
}

bool open_metrics_write(struct str metrics, struct buf *out)
{
    struct str rest = metrics, line;

    while (rest.n > 0 && str_next_token(&rest, '\n', &line)) {
        if (line.n == 0)
            continue;
        bool fits = is_head(line) ? write_head(line, out) : buf_append(out, line.p, line.n);
        if (!fits || !buf_append_char(out, '\n'))
            return false;
    }
    return buf_append_str(out, "# EOF\n");
}
