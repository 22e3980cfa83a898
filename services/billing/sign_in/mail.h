#pragma once

/*
 * Mail to the owner of an account: plain text, by SMTP through libcurl.
 *
 * Without a server, mail is written to the log, for whoever tries things out on one machine.
 * Thread rule: any thread; mail_send() blocks for MAIL_TIMEOUT_MS at most.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"
#include "lib/base/str.h"

enum {
    MAIL_TIMEOUT_MS = 15000,
    MAIL_MAX_BYTES = 16 * 1024,
};

/* Of the environment; borrowed for as long as mail is sent. */
struct mail_settings {
    const char
        *smtp_url; /* "smtp://host:587", "smtps://host:465"; "": none, mail goes to the log */
    const char *smtp_user; /* "": without signing in */
    const char *smtp_password;
    const char *smtp_ca_file; /* certificates that are trusted; "": those of the system */
    bool smtp_requires_tls;   /* nothing is sent in the clear, not even to a server that asks to */
    const char *from;         /* e-mail address */
};

/* Fails with INVALID_ARGUMENT, naming the variable, for settings that cannot work. */
status_code mail_check(const struct mail_settings *settings, struct status *st) _must_check_;

struct mail {
    const char *to; /* a valid e-mail address (email.h) */
    const char *subject;
    const char *text; /* ASCII, lines of at most 78 characters, ended by LF */
};

/* Fails with FAILED_PRECONDITION when the server refuses this mail for good (a reply of 5yz), and
 * UNAVAILABLE when it may take it later. */
status_code mail_send(const struct mail_settings *settings, const struct mail *mail,
                      struct status *st) _must_check_;

/* The message as it goes over the wire (RFC 5322); false when it does not fit.
 * @wall_ns: when it is written. @id: unique, of letters and digits. */
bool mail_compose(const struct mail *mail, const char *from, int64_t wall_ns, const char *id,
                  struct buf *out) _must_check_;
