#pragma once

/*
 * Apertium's mode files: the pipeline of a pair, one line as a shell would take it.
 *
 *   lt-proc '/usr/share/apertium/x.bin' | apertium-tagger -g $2 'y.prob' | lt-proc $1 'z.bin'
 *
 * Words, quotes and bars are all that is understood; $1 says how words that are not known come out
 * ("-n": unmarked), $2 is nothing. Programs are taken by name from the path. Thread rule: any
 * thread.
 */

#include <stddef.h>

#include "lib/base/status.h"

enum {
    MODE_STAGES_MAX = 24,
    MODE_ARGUMENTS_MAX = 12,
    MODE_FILE_MAX_BYTES = 8192,
};

struct mode_stage {
    char *arguments[MODE_ARGUMENTS_MAX + 1]; /* the program first; ends in NULL */
};

struct mode {
    char text[MODE_FILE_MAX_BYTES]; /* what the arguments lie in */
    struct mode_stage stages[MODE_STAGES_MAX];
    size_t stage_count;
};

/* Reads DIRECTORY/PAIR.mode. Fails with NOT_FOUND, or DATA_LOSS for what is no such file. */
status_code mode_read(const char *directory, const char *pair, struct mode *ret_mode,
                      struct status *st) _must_check_;

/* Takes the line apart; `mode->text` holds it. */
status_code mode_parse(struct mode *mode, struct status *st) _must_check_;
