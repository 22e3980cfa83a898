#pragma once

/*
 * Every .proto that a server knows: its files by name, and by each symbol that they declare.
 *
 * Read from serialised FileDescriptorSets: this project's own, which every server has, and one
 * more that the server's owner may add. Thread rule: any thread, once made.
 */

#include "lib/base/status.h"
#include "lib/base/str.h"
#include "lib/rpc/rpc.h"

struct rpc_descriptors;

/* `extra` may be NULL; it is borrowed as long as the result lives. Fails with INVALID_ARGUMENT
 * when it is no FileDescriptorSet. A file that both sets hold is taken from the first. */
status_code rpc_descriptors_new(const void *extra, size_t extra_size,
                                struct rpc_descriptors **ret_descriptors,
                                struct status *st) _must_check_;
void rpc_descriptors_free(struct rpc_descriptors *descriptors);
DEFINE_CLEANUP(struct rpc_descriptors *, rpc_descriptors)

/* What kind of method the .proto declares; false when it declares no such method. */
bool rpc_descriptors_kind(const struct rpc_descriptors *descriptors, const char *service,
                          const char *method, rpc_kind *ret_kind);

/* A method as its .proto declares it. Text lives as the descriptors. */
struct rpc_described_method {
    const char *package, *service, *name; /* "" is no package */
    rpc_kind kind;
    bool is_idempotent; /* its idempotency_level is IDEMPOTENT or NO_SIDE_EFFECTS */
};
void rpc_descriptors_each_method(const struct rpc_descriptors *descriptors,
                                 void (*function)(const struct rpc_described_method *method,
                                                  void *arg),
                                 void *arg);

/* Files go by a number below this. */
size_t rpc_descriptors_count(const struct rpc_descriptors *descriptors);
/* A file's number, or -1. */
int rpc_descriptors_by_name(const struct rpc_descriptors *descriptors, const char *name);
/* The file that declares a service, method, message, field, oneof, enum, enum value or extension
 * by its full name without a leading dot, or -1. */
int rpc_descriptors_by_symbol(const struct rpc_descriptors *descriptors, const char *symbol);
/* The file that declares extension `number` of message `extendee`, or -1. */
int rpc_descriptors_by_extension(const struct rpc_descriptors *descriptors, const char *extendee,
                                 int32_t number);
/* Numbers of all extensions of a message; up to `max`, returns how many there are. */
size_t rpc_descriptors_extensions(const struct rpc_descriptors *descriptors, const char *extendee,
                                  int32_t *ret_numbers, size_t max);

/* The serialised FileDescriptorProto of a file. */
struct str rpc_descriptors_bytes(const struct rpc_descriptors *descriptors, int file);
/* Calls `function` for each file that `file` imports directly. */
void rpc_descriptors_each_import(const struct rpc_descriptors *descriptors, int file,
                                 void (*function)(int import, void *arg), void *arg);
