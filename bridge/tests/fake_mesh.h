#pragma once

/*
 * The four services behind the bridge, on one port, with fixed answers; for tests.
 *
 * Jobs are chosen by id, and by the file's name at submission. Any thread may ask what was seen;
 * the server's own threads fill it in.
 */

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/status.h"

struct rpc_call;

/* Jobs. A file of the same name becomes that job; any other file name becomes FAKE_DONE. */
#define FAKE_DONE    "done"    /* two pages of text */
#define FAKE_FAILED  "failed"  /* one page that could not be read */
#define FAKE_PENDING "pending" /* 40 pages, never ends */
#define FAKE_WAIT    "wait"    /* one page; ends when the gate opens */
/* one page in three messages, and a second page; its exports have another entity tag each time */
#define FAKE_SPLIT "split"
/* Text of the block that is a table: the one of its second page. */
#define FAKE_TABLE  "cell"
#define FAKE_MANY   "many"   /* FAKE_MANY_PAGES pages of FAKE_MANY_PAGE_BYTES of text */
#define FAKE_TEN    "ten"    /* FAKE_TEN_PAGES pages of FAKE_TEN_PAGE_BYTES of text */
#define FAKE_MORTAL "mortal" /* two pages that tell of fake_mesh_set_changes(); can be deleted */
#define FAKE_BROKEN "broken" /* its document breaks off in the last reading, its export midway */

/* Tokens; any other is INVALID_TOKEN, none is an anonymous caller. */
#define FAKE_TOKEN       "good-token"
#define FAKE_TOKEN_SMALL "small-token" /* plan of FAKE_SMALL_BYTES a file */
#define FAKE_TOKEN_EMPTY "empty-token" /* no page left */
#define FAKE_TOKEN_FAST  "fast-token"  /* one request too many */
#define FAKE_TOKEN_GATE  "gate-token"  /* who calls is told once the gate opens */
#define FAKE_TOKEN_ONE   "one-token"   /* the same, and one request at a time is not too many */

enum {
    FAKE_MANY_PAGES = 2000,
    FAKE_MANY_PAGE_BYTES = 8000,
    FAKE_TEN_PAGES = 10,
    FAKE_TEN_PAGE_BYTES = 2500,
    FAKE_SMALL_BYTES = 1 << 20,
    FAKE_CREDITS = 7, /* charged for each job that has ended */
    FAKE_TEXT_MAX = 256,
    /* What a watch tells: the job, two pages, the end; of FAKE_BROKEN and FAKE_SPLIT a failure
     * instead of the end (UNAVAILABLE, JOB_NOT_FOUND). After the first one it waits at the gate. */
    FAKE_REVISION_FIRST = 1,
    FAKE_REVISION_PAGES = 3,
    FAKE_REVISION_END = 7,
};

/* What the latest submission said. */
struct fake_submission {
    char file_name[FAKE_TEXT_MAX];
    char language[FAKE_TEXT_MAX];
    char request_id[FAKE_TEXT_MAX];
    int tier;
    int64_t bytes;
    uint64_t sum; /* of all bytes, for a comparison */
};

/* What all submissions that were taken had together. */
struct fake_totals {
    int64_t submissions;
    int64_t bytes;
    uint64_t sum; /* of all bytes */
};

struct fake_mesh;

/* Serves on a free port of the loopback; aborts when it cannot. The gate is open. */
struct fake_mesh *fake_mesh_new(void);
void fake_mesh_free(struct fake_mesh *mesh);
int fake_mesh_port(const struct fake_mesh *mesh);

/* While the gate is shut, submissions are not read and FAKE_WAIT does not end. */
void fake_mesh_shut_gate(struct fake_mesh *mesh);
void fake_mesh_open_gate(struct fake_mesh *mesh);

void fake_mesh_totals(struct fake_mesh *mesh, struct fake_totals *ret_totals);
void fake_mesh_submission(struct fake_mesh *mesh, struct fake_submission *ret_submission);
/* Of the latest export: "TABLE BYTE_ORDER_MARK FORMULAS PDFA", each a number. */
void fake_mesh_export_options(struct fake_mesh *mesh, char ret_text[FAKE_TEXT_MAX]);
/* One header of the latest call; "" when it had none. */
void fake_mesh_header(struct fake_mesh *mesh, const char *key, char ret_value[FAKE_TEXT_MAX]);
/* Jobs that have ended changed so often since; 0 at first. */
void fake_mesh_set_changes(struct fake_mesh *mesh, int changes);
/* Who calls was asked so often for the two last tokens, by so many requests, since the last time.
 */
void fake_mesh_take_asked(struct fake_mesh *mesh, int *ret_calls, int *ret_requests);
/* Waits until it was asked for that so often; false after `timeout_ms`. */
bool fake_mesh_wait_asked(struct fake_mesh *mesh, int calls, int64_t timeout_ms);
/* How often documents were asked for. */
int fake_mesh_readings(struct fake_mesh *mesh);
/* Waits until `count` calls in all were cut off by their client; false after `timeout_ms`. */
bool fake_mesh_wait_cancelled(struct fake_mesh *mesh, int count, int64_t timeout_ms);
int fake_mesh_cancelled(struct fake_mesh *mesh);

/* --- for its services (fake_chat.h) --- */

/* Keeps the headers that fake_mesh_header() tells. */
void fake_mesh_note_call(struct fake_mesh *mesh, struct rpc_call *call);
/* Until the gate opens or the call is cancelled. */
status_code fake_mesh_wait_at_gate(struct fake_mesh *mesh, const struct rpc_call *call,
                                   struct status *st) _must_check_;
