#include "bridge/tests/bridge_process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bridge/tests/fake_mesh.h"
#include "lib/base/cleanup.h"
#include "lib/rpc/rpc.h"

enum {
    SETTINGS_MAX = 24,
    SETTING_MAX_BYTES = 128,
};

struct service_process *bridge_process_start(int mesh_port, const char *const *settings)
{
    static const char *const services[] = {"OCR", "BILLING", "EXPORT", "CHAT"};
    char targets[ARRAY_LENGTH(services)][SETTING_MAX_BYTES];
    const char *environment[SETTINGS_MAX] = {
        "BRIDGE_LISTEN=127.0.0.1:0",
        "BRIDGE_ADMIN_LISTEN=127.0.0.1:0",
        "LOG_LEVEL=info",
    };
    size_t count = 3;

    for (size_t i = 0; i < ARRAY_LENGTH(services); i++) {
        (void)snprintf(targets[i], sizeof(targets[i]), "%s_TARGET=dns:///127.0.0.1:%d", services[i],
                       mesh_port);
        environment[count++] = targets[i];
    }
    for (; settings != NULL && *settings != NULL && count < SETTINGS_MAX - 1; settings++)
        environment[count++] = *settings;
    return service_process_start(getenv("OCRMESH_BRIDGE_PROGRAM"), environment);
}

void bridge_process_start_all(const char *const *settings, struct fake_mesh **ret_mesh,
                              struct service_process **ret_bridge)
{
    rpc_start();
    *ret_mesh = fake_mesh_new();
    *ret_bridge = bridge_process_start(fake_mesh_port(*ret_mesh), settings);
}

int bridge_process_end_all(struct fake_mesh *mesh, struct service_process *bridge)
{
    int status = service_process_end(bridge, SIGTERM);

    fake_mesh_free(mesh);
    rpc_stop();
    return status;
}
