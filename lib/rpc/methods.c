#include "lib/rpc/methods.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rpc/runtime.h"

bool rpc_methods_init(struct rpc_methods *methods, size_t capacity)
{
    *methods = (struct rpc_methods){
        .list = calloc(capacity, sizeof(methods->list[0])),
        .capacity = capacity,
    };
    return methods->list != NULL;
}

void rpc_methods_deinit(struct rpc_methods *methods)
{
    for (size_t i = 0; i < methods->count; i++)
        free(methods->list[i].path);
    free(TAKE(methods->list));
}

static status_code check_kind(const struct rpc_descriptors *descriptors, const char *service_name,
                              const struct rpc_handler *handler, struct status *st)
{
    rpc_kind kind;

    if (!rpc_descriptors_kind(descriptors, service_name, handler->name, &kind))
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "no descriptor of %s/%s", service_name,
                    handler->name);
    if (kind != handler->kind)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL,
                    "the handler of %s/%s is not of the kind that the .proto says", service_name,
                    handler->name);
    if (handler->each != NULL && kind != RPC_BIDI_STREAM)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL,
                    "%s/%s is no bidirectional stream: it cannot be answered message by message",
                    service_name, handler->name);
    return STATUS_OK;
}

status_code rpc_methods_add(struct rpc_methods *methods, const struct rpc_descriptors *descriptors,
                            const char *service_name, const struct rpc_service *service,
                            const struct rpc_handler *handler, rpc_run run, bool is_told,
                            void *data, struct status *st)
{
    const ProtobufCMethodDescriptor *types =
        protobuf_c_service_descriptor_get_method_by_name(service->descriptor, handler->name);
    char path[RPC_PATH_MAX];

    assert(methods->count < methods->capacity);
    if (types == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "%s has no method %s", service_name,
                    handler->name);
    TRY(check_kind(descriptors, service_name, handler, st));
    TRY(rpc_path(service_name, handler->name, path, st));
    struct rpc_server_method method = {
        .path = strdup(path),
        .kind = handler->kind,
        .run = handler->each != NULL ? RPC_RUN_EACH : run,
        .function = handler->each != NULL ? handler->each : handler->function,
        .input = types->input,
        .output = types->output,
        .data = data,
        .is_told = is_told,
    };
    if (method.path == NULL)
        return FAIL_MEMORY(st);
    methods->list[methods->count++] = method;
    return STATUS_OK;
}

static int compare_methods(const void *a, const void *b)
{
    const struct rpc_server_method *one = a, *other = b;

    return strcmp(one->path, other->path);
}

status_code rpc_methods_sort(struct rpc_methods *methods, struct status *st)
{
    qsort(methods->list, methods->count, sizeof(methods->list[0]), compare_methods);
    for (size_t i = 1; i < methods->count; i++)
        if (strcmp(methods->list[i - 1].path, methods->list[i].path) == 0)
            return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "%s is served twice",
                        methods->list[i].path);
    return STATUS_OK;
}

static int compare_path(const void *key, const void *element)
{
    const struct str *path = key;
    const struct rpc_server_method *method = element;
    const int order = strncmp(path->p, method->path, path->n);

    return order != 0 ? order : -(method->path[path->n] != '\0');
}

const struct rpc_server_method *rpc_methods_find(const struct rpc_methods *methods, struct str path)
{
    return bsearch(&path, methods->list, methods->count, sizeof(methods->list[0]), compare_path);
}
