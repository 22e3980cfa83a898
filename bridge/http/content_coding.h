#pragma once

/*
 * Content codings of answers (RFC 9110 §8.4): which one a client takes, what is worth one, and the
 * encoding itself, piece by piece.
 *
 * Thread rule: one thread at a time.
 */

#include "lib/base/str.h"

enum {
    /* Shorter bodies do not get smaller by more than what it costs to say so. */
    CONTENT_CODING_MIN_BYTES = 1024,
    /* What comes of a piece is longer than it by less: what was kept back before, and framing. */
    CONTENT_CODING_SLACK_BYTES = 1024 * 1024,
    CONTENT_ENCODERS_MAX = 64, /* at once: each has about 1 MiB */
};

typedef enum {
    CONTENT_CODING_IDENTITY,
    CONTENT_CODING_GZIP,
    CONTENT_CODING_BROTLI,
} content_coding;

/* "gzip", "br". */
const char *content_coding_name(content_coding coding);

/* The best of ours that one Accept-Encoding field takes (RFC 9110 §12.5.3): the highest weight,
 * with equal ones br before gzip; identity when none has a higher weight than it has. */
content_coding content_coding_choose(struct str accept_encoding);

/* Text and JSON; what is compressed already, and streams of events, are not. */
bool content_coding_is_worth(struct str content_type);

struct content_encoder;

/* NULL when out of memory, or when there are as many as there may be; not for identity. */
struct content_encoder *content_encoder_new(content_coding coding);
void content_encoder_free(struct content_encoder *encoder);
DEFINE_CLEANUP(struct content_encoder *, content_encoder)

typedef enum {
    CONTENT_ENCODER_MORE,  /* may be kept back for what follows */
    CONTENT_ENCODER_FLUSH, /* all of it comes out now */
    CONTENT_ENCODER_END,   /* nothing follows */
} content_encoder_step;

/* Appends what comes of `bytes` to `out`. False when that is full or memory is out. */
bool content_encoder_write(struct content_encoder *encoder, struct str bytes,
                           content_encoder_step step, struct buf *out) _must_check_;
