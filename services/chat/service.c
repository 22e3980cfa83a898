#include "services/chat/service.h"

#include "ocrmesh/chat/v1/chat_service.pb-c.h"

const struct rpc_service chat_service_table = {
    .descriptor = &ocrmesh__chat__v1__chat_service__descriptor,
};
