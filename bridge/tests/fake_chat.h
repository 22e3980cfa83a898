#pragma once

/*
 * The chat service of fake_mesh.h, with fixed answers by message and job.
 *
 * Conversations are those of FAKE_DONE (FAKE_CHAT_MESSAGES messages), FAKE_MANY (so many and so
 * long that no queue holds them) and FAKE_BROKEN (whose second page fails); that of FAKE_WAIT is
 * empty, and FAKE_PENDING is not done.
 */

#include "lib/rpc/server.h"

/* Messages that get something else than an answer at once. */
#define FAKE_CHAT_EMPTY_ACCOUNT "out"    /* no question is left today */
#define FAKE_CHAT_GATE          "gate"   /* a delta, then the rest once the gate is open */
#define FAKE_CHAT_SILENT        "silent" /* everything once the gate is open */
#define FAKE_CHAT_BREAKS        "breaks" /* a delta, then it fails */
#define FAKE_CHAT_FLOOD         "flood"  /* deltas without end */
#define FAKE_CHAT_KEY           "key"    /* the answer is the request's id */

#define FAKE_CHAT_ANSWER "The \"total\" is 42 (p. 1)."

enum {
    FAKE_CHAT_MESSAGES = 450,
    FAKE_CHAT_MANY_MESSAGES = 20000,
    FAKE_CHAT_MANY_BYTES = 4000, /* of each of these */
};

struct fake_mesh;

struct rpc_service fake_chat_service(struct fake_mesh *mesh);
