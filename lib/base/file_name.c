#include "lib/base/file_name.h"

#include <string.h>

#include "lib/base/utf8.h"

static struct str last_component(struct str path)
{
    for (size_t i = path.n; i > 0; i--)
        if (path.p[i - 1] == '/' || path.p[i - 1] == '\\')
            return (struct str){path.p + i, path.n - i};
    return path;
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0);
}

const char *file_name_clean(struct str given, struct arena *arena)
{
    struct str rest = last_component(given);
    char *name = arena_alloc(arena, FILE_NAME_MAX_BYTES + 1);
    size_t used = 0;

    if (name == NULL)
        return NULL;
    while (rest.n > 0) {
        uint32_t character;
        bool is_valid;
        size_t step = utf8_decode(rest.p, rest.n, &character, &is_valid);
        struct str piece = is_valid ? (struct str){rest.p, step} : STR(UTF8_REPLACEMENT_TEXT);

        if (!is_control(character)) {
            if (used + piece.n > FILE_NAME_MAX_BYTES)
                break;
            memcpy(name + used, piece.p, piece.n);
            used += piece.n;
        }
        rest = (struct str){rest.p + step, rest.n - step};
    }
    name[used] = '\0';
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        name[0] = '\0';
    return name;
}
