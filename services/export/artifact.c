#include "services/export/artifact.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/utf8.h"
#include "services/export/format.h"

static const char fallback_stem[] = "document";

/* An extension is short; "report 3.1 final" has none. */
enum { EXTENSION_MAX_BYTES = 6 };

static bool is_unsafe(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0) ||
           (character < 0x80 && strchr("/\\:*?\"<>|", (int)character) != NULL) ||
           /* marks that change the direction of what follows: "gpj.exe" dressed up */
           (character >= 0x202A && character <= 0x202E) ||
           (character >= 0x2066 && character <= 0x2069);
}

static bool is_edge(char c)
{
    return c == '.' || c == ' ';
}

/* The part of `name` before its extension, when it has one. */
static size_t stem_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t length = strlen(name);

    if (dot == NULL || dot == name)
        return length;
    size_t extension_length = length - (size_t)(dot - name) - 1;
    if (extension_length == 0 || extension_length > EXTENSION_MAX_BYTES || strchr(dot, ' ') != NULL)
        return length;
    return (size_t)(dot - name);
}

const char *artifact_file_name(const char *upload_name, const char *extension, struct arena *arena)
{
    char stem[ARTIFACT_NAME_MAX_BYTES];
    size_t stem_max = sizeof(stem) - strlen(extension);
    size_t length = stem_length(upload_name);
    size_t used = 0;

    for (size_t i = 0; i < length;) {
        uint32_t character;
        bool is_valid;
        size_t step = utf8_decode(upload_name + i, length - i, &character, &is_valid);
        bool is_kept = is_valid && !is_unsafe(character);

        if (used + (is_kept ? step : 1) > stem_max)
            break;
        if (is_kept)
            memcpy(stem + used, upload_name + i, step);
        else
            stem[used] = '_';
        used += is_kept ? step : 1;
        i += step;
    }
    size_t start = 0;
    while (start < used && is_edge(stem[start]))
        start++;
    while (used > start && is_edge(stem[used - 1]))
        used--;
    if (used == start)
        return arena_printf(arena, "%s%s", fallback_stem, extension);
    return arena_printf(arena, "%.*s%s", (int)(used - start), stem + start, extension);
}

const char *artifact_entity_tag(const char *job_id, int64_t job_revision,
                                const struct format *format, const struct format_options *options,
                                struct arena *arena)
{
    char table[16] = "";

    if (options->table > 0)
        (void)snprintf(table, sizeof(table), "-t%" PRIu32, options->table);
    return arena_printf(arena, "%s-%" PRId64 "-%s%d%s%s%s%s", job_id, job_revision, format->name,
                        format->revision, table, options->has_byte_order_mark ? "-b" : "",
                        options->neutralizes_formulas ? "-f" : "", options->is_pdfa ? "-a" : "");
}
