#pragma once

/*
 * ocrmesh.chat.v1.ChatService.
 *
 * None of its RPCs is served: each answers UNIMPLEMENTED, which is what the runtime says for a
 * method that has no line in the table.
 */

#include "lib/rpc/server.h"

extern const struct rpc_service chat_service_table;
