/*
 * ocrmesh-chat: serves ocrmesh.chat.v1.
 */

#include "lib/service/service.h"
#include "services/chat/service.h"

struct settings {
    const char *listen;
    const char *admin_listen;
};

static const struct config_entry entries[] = {
    {"CHAT_LISTEN", CONFIG_STRING, offsetof(struct settings, listen), "127.0.0.1:50053",
     "address that the gRPC server binds", 0, 0},
    {"CHAT_ADMIN_LISTEN", CONFIG_STRING, offsetof(struct settings, admin_listen), "127.0.0.1:9053",
     "address of the admin port: /healthz, /readyz, /metrics", 0, 0},
};

static status_code run(const void *data, struct status *st)
{
    const struct settings *settings = data;

    return service_run(
        &(struct service_options){
            .listen = settings->listen,
            .admin_listen = settings->admin_listen,
            .services = (const struct rpc_service *const[]){&chat_service_table},
            .service_count = 1,
        },
        st);
}

int main(int argc, char **argv)
{
    struct settings settings;

    return service_main(argc, argv,
                        &(struct service_program){
                            "chat",
                            "answers questions about recognised documents",
                            entries,
                            ARRAY_LENGTH(entries),
                            &settings,
                            run,
                        });
}
