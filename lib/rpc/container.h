#pragma once

/* From a member to what it is embedded in. */

#include <stddef.h>

/* The object that `member` is embedded in. */
#define RPC_CONTAINER(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
