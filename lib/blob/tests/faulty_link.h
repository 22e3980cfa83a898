#pragma once

/*
 * A link to a server for tests: it passes bytes on in both directions, until it does what it was
 * told: to cut, to change a byte, to hold everything back, to be gone. Functions assert that they
 * succeed. Thread rule: one thread at a time.
 */

#include <stdint.h>

#include "lib/base/cleanup.h"

struct faulty_link;

typedef enum {
    LINK_PASSES,
    LINK_CUTS_UP,    /* closes a connection once so many bytes went to the server by it */
    LINK_CUTS_DOWN,  /* ... came from the server */
    LINK_CHANGES_UP, /* turns over a bit of the byte with this number, and of each so far behind it
                      */
    LINK_HOLDS,      /* takes what comes, and passes nothing on any more, behind so many bytes up */
    LINK_GOES_AWAY,  /* closes all behind so many bytes up, and takes no connection any more */
} link_fault;

/* @port: of the server, on 127.0.0.1. */
struct faulty_link *faulty_link_start(int port);
void faulty_link_stop(struct faulty_link *link);
DEFINE_CLEANUP_NAMED(struct faulty_link *, faulty_link_stopp, faulty_link_stop)

int faulty_link_port(const struct faulty_link *link);

/* From now on, `times` times (on as many connections); bytes are counted from here on for each
 * connection. */
void faulty_link_set(struct faulty_link *link, link_fault fault, int64_t bytes, int times);

/* Bytes that came from the server since faulty_link_set(), and how often the fault has happened. */
int64_t faulty_link_bytes_down(struct faulty_link *link);
int faulty_link_faults(struct faulty_link *link);
