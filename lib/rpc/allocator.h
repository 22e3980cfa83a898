#pragma once

/*
 * Messages in arenas: what protobuf-c unpacks with it dies with the arena and is never freed by
 * itself. Thread rule: as the arena's.
 */

#include <protobuf-c/protobuf-c.h>

#include "lib/base/arena.h"

/* @arena: borrowed for the allocator's life. A message for which it has no room is not unpacked. */
ProtobufCAllocator rpc_arena_allocator(struct arena *arena);
