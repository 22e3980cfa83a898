#include "services/ocr/translate/mode.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

static char unmarked[] = "-n";

static status_code fail_malformed(struct status *st)
{
    return FAIL(st, STATUS_DATA_LOSS, NULL, "the pair's mode file is not understood");
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Takes one word in place; its end becomes a NUL. NULL for what a shell would do more with. */
static char *take_word(char **at)
{
    char *begin = *at;
    char *end;

    if (*begin == '\'' || *begin == '"') {
        end = strchr(begin + 1, *begin);
        if (end == NULL || (end[1] != '\0' && !is_space(end[1])))
            return NULL;
        begin++;
    } else {
        end = begin + strcspn(begin, " \t\n");
        for (const char *c = begin; c < end; c++)
            if (strchr("'\"`;&<>(){}*?~\\|", *c) != NULL || (*c == '$' && c != begin))
                return NULL;
    }
    *at = *end == '\0' ? end : end + 1;
    *end = '\0';
    return begin;
}

status_code mode_parse(struct mode *mode, struct status *st)
{
    struct mode_stage *stage = &mode->stages[0];
    size_t count = 0;
    char *at = mode->text;

    memset(mode->stages, 0, sizeof(mode->stages));
    mode->stage_count = 0;
    for (;;) {
        at += strspn(at, " \t\n");
        if (*at == '\0' || *at == '|') {
            if (count == 0)
                return fail_malformed(st);
            mode->stage_count++;
            if (*at == '\0')
                return STATUS_OK;
            if (mode->stage_count == MODE_STAGES_MAX)
                return fail_malformed(st);
            stage = &mode->stages[mode->stage_count];
            count = 0;
            at++;
            continue;
        }
        char *word = take_word(&at);
        if (word == NULL || count == MODE_ARGUMENTS_MAX)
            return fail_malformed(st);
        if (strcmp(word, "$2") == 0)
            continue;
        if (word[0] == '$' && strcmp(word, "$1") != 0)
            return fail_malformed(st);
        stage->arguments[count++] = word[0] == '$' ? unmarked : word;
    }
}

status_code mode_read(const char *directory, const char *pair, struct mode *ret_mode,
                      struct status *st)
{
    char path[PATH_MAX];
    _cleanup_(closep) int fd = -1;

    if (strchr(pair, '/') != NULL ||
        snprintf(path, sizeof(path), "%s/%s.mode", directory, pair) >= (int)sizeof(path))
        return FAIL(st, STATUS_NOT_FOUND, NULL, "there is no such pair");
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return FAIL(st, STATUS_NOT_FOUND, NULL, "there is no such pair");
    ssize_t length = read(fd, ret_mode->text, sizeof(ret_mode->text));
    if (length <= 0 || (size_t)length >= sizeof(ret_mode->text) ||
        memchr(ret_mode->text, '\0', (size_t)length) != NULL)
        return fail_malformed(st);
    ret_mode->text[length] = '\0';
    return mode_parse(ret_mode, st);
}
