#include "lib/rpc/reflection.h"

#include <pthread.h>
#include <string.h>

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "lib/rpc/call.h"

typedef Grpc__Reflection__V1__ServerReflectionRequest request_message;
typedef Grpc__Reflection__V1__ServerReflectionResponse response_message;

struct rpc_reflection {
    const struct rpc_descriptors *descriptors;
    const char *services[RPC_REFLECTION_SERVICES_MAX];
    size_t service_count;

    pthread_mutex_t mutex; /* for what follows */
    bool is_stopped;
    struct rpc_call *streams[RPC_REFLECTION_STREAMS_MAX]; /* NULL: free */
};

status_code rpc_reflection_new(const struct rpc_descriptors *descriptors,
                               struct rpc_reflection **ret_reflection, struct status *st)
{
    struct rpc_reflection *reflection = calloc(1, sizeof(*reflection));

    if (reflection == NULL)
        return FAIL_MEMORY(st);
    reflection->descriptors = descriptors;
    (void)pthread_mutex_init(&reflection->mutex, NULL);
    *ret_reflection = reflection;
    return STATUS_OK;
}

void rpc_reflection_free(struct rpc_reflection *reflection)
{
    if (reflection == NULL)
        return;
    pthread_mutex_destroy(&reflection->mutex);
    free(reflection);
}

status_code rpc_reflection_add(struct rpc_reflection *reflection, const char *name,
                               struct status *st)
{
    if (reflection->service_count == RPC_REFLECTION_SERVICES_MAX)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "a server has at most %d services",
                    RPC_REFLECTION_SERVICES_MAX);
    reflection->services[reflection->service_count++] = name;
    return STATUS_OK;
}

/* --- streams that are open --- */

static status_code join(struct rpc_reflection *reflection, struct rpc_call *call,
                        struct rpc_call ***ret_place, struct status *st)
{
    struct rpc_call **place = NULL;

    pthread_mutex_lock(&reflection->mutex);
    for (size_t i = 0; i < ARRAY_LENGTH(reflection->streams) && !reflection->is_stopped; i++)
        if (reflection->streams[i] == NULL)
            place = &reflection->streams[i];
    if (place != NULL)
        *place = call;
    pthread_mutex_unlock(&reflection->mutex);
    if (place == NULL)
        return FAIL(st, STATUS_RESOURCE_EXHAUSTED, NULL, "at most %d reflection streams at once",
                    RPC_REFLECTION_STREAMS_MAX);
    *ret_place = place;
    return STATUS_OK;
}

static void leave(struct rpc_reflection *reflection, struct rpc_call **place)
{
    pthread_mutex_lock(&reflection->mutex);
    *place = NULL;
    pthread_mutex_unlock(&reflection->mutex);
}

void rpc_reflection_stop(struct rpc_reflection *reflection)
{
    pthread_mutex_lock(&reflection->mutex);
    reflection->is_stopped = true;
    for (size_t i = 0; i < ARRAY_LENGTH(reflection->streams); i++)
        if (reflection->streams[i] != NULL)
            rpc_call_cancel(reflection->streams[i], STATUS_UNAVAILABLE,
                            "the server is shutting down");
    pthread_mutex_unlock(&reflection->mutex);
}

/* --- one request --- */

/* What one stream has been sent, and the answer that is being made. */
struct stream {
    const struct rpc_reflection *reflection;
    bool *is_sent;       /* a flag for each file */
    struct arena *arena; /* of the current answer */
    Grpc__Reflection__V1__FileDescriptorResponse *files;
};

static void add_file(int file, void *arg)
{
    struct stream *stream = arg;
    const struct rpc_descriptors *descriptors = stream->reflection->descriptors;

    if (stream->is_sent[file])
        return;
    stream->is_sent[file] = true;
    struct str bytes = rpc_descriptors_bytes(descriptors, file);
    stream->files->file_descriptor_proto[stream->files->n_file_descriptor_proto++] =
        (ProtobufCBinaryData){bytes.n, (uint8_t *)bytes.p};
    rpc_descriptors_each_import(descriptors, file, add_file, stream);
}

static void answer_error(response_message *answer, struct arena *arena, status_code code,
                         const char *message)
{
    static char out_of_memory[] = "out of memory";
    static Grpc__Reflection__V1__ErrorResponse no_room = GRPC__REFLECTION__V1__ERROR_RESPONSE__INIT;
    Grpc__Reflection__V1__ErrorResponse *error =
        ARENA_NEW(arena, Grpc__Reflection__V1__ErrorResponse);

    answer->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE;
    answer->error_response = error != NULL ? error : &no_room;
    if (error == NULL)
        return;
    grpc__reflection__v1__error_response__init(error);
    error->error_code = code;
    error->error_message = message != NULL ? (char *)message : out_of_memory;
}

/* The file with everything that it imports, but for imports that this stream has seen. */
static void answer_file(struct stream *stream, response_message *answer, int file,
                        const char *wanted)
{
    const struct rpc_descriptors *descriptors = stream->reflection->descriptors;

    if (file < 0) {
        answer_error(answer, stream->arena, STATUS_NOT_FOUND,
                     arena_printf(stream->arena, "not found: %.200s", wanted));
        return;
    }
    stream->files = ARENA_NEW(stream->arena, Grpc__Reflection__V1__FileDescriptorResponse);
    ProtobufCBinaryData *list =
        ARENA_NEW_ARRAY(stream->arena, ProtobufCBinaryData, rpc_descriptors_count(descriptors));
    if (stream->files == NULL || list == NULL) {
        answer_error(answer, stream->arena, STATUS_RESOURCE_EXHAUSTED, NULL);
        return;
    }
    grpc__reflection__v1__file_descriptor_response__init(stream->files);
    stream->files->file_descriptor_proto = list;
    stream->is_sent[file] = false; /* what is asked for by name is always sent */
    add_file(file, stream);
    answer->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE;
    answer->file_descriptor_response = stream->files;
}

static void answer_extensions(struct stream *stream, response_message *answer, const char *type)
{
    const struct rpc_descriptors *descriptors = stream->reflection->descriptors;
    size_t count = rpc_descriptors_extensions(descriptors, type, NULL, 0);

    if (rpc_descriptors_by_symbol(descriptors, type) < 0) {
        answer_error(answer, stream->arena, STATUS_NOT_FOUND,
                     arena_printf(stream->arena, "not found: %.200s", type));
        return;
    }
    Grpc__Reflection__V1__ExtensionNumberResponse *numbers =
        ARENA_NEW(stream->arena, Grpc__Reflection__V1__ExtensionNumberResponse);
    int32_t *list = ARENA_NEW_ARRAY(stream->arena, int32_t, count);
    if (numbers == NULL || list == NULL) {
        answer_error(answer, stream->arena, STATUS_RESOURCE_EXHAUSTED, NULL);
        return;
    }
    grpc__reflection__v1__extension_number_response__init(numbers);
    numbers->base_type_name = (char *)type;
    numbers->n_extension_number = rpc_descriptors_extensions(descriptors, type, list, count);
    numbers->extension_number = list;
    answer->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE;
    answer->all_extension_numbers_response = numbers;
}

static void answer_services(struct stream *stream, response_message *answer)
{
    const struct rpc_reflection *reflection = stream->reflection;
    size_t count = reflection->service_count;
    Grpc__Reflection__V1__ListServiceResponse *services =
        ARENA_NEW(stream->arena, Grpc__Reflection__V1__ListServiceResponse);
    Grpc__Reflection__V1__ServiceResponse *items =
        ARENA_NEW_ARRAY(stream->arena, Grpc__Reflection__V1__ServiceResponse, count);
    Grpc__Reflection__V1__ServiceResponse **list =
        ARENA_NEW_ARRAY(stream->arena, Grpc__Reflection__V1__ServiceResponse *, count);

    if (services == NULL || items == NULL || list == NULL) {
        answer_error(answer, stream->arena, STATUS_RESOURCE_EXHAUSTED, NULL);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        grpc__reflection__v1__service_response__init(&items[i]);
        items[i].name = (char *)reflection->services[i];
        list[i] = &items[i];
    }
    grpc__reflection__v1__list_service_response__init(services);
    services->n_service = count;
    services->service = list;
    answer->message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE;
    answer->list_services_response = services;
}

static void make_answer(struct stream *stream, request_message *request, response_message *answer)
{
    const struct rpc_descriptors *descriptors = stream->reflection->descriptors;

    answer->valid_host = request->host;
    answer->original_request = request;
    switch (request->message_request_case) {
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME:
        answer_file(stream, answer, rpc_descriptors_by_name(descriptors, request->file_by_filename),
                    request->file_by_filename);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
        answer_file(stream, answer,
                    rpc_descriptors_by_symbol(descriptors, request->file_containing_symbol),
                    request->file_containing_symbol);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION:
        answer_file(stream, answer,
                    rpc_descriptors_by_extension(
                        descriptors, request->file_containing_extension->containing_type,
                        request->file_containing_extension->extension_number),
                    request->file_containing_extension->containing_type);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE:
        answer_extensions(stream, answer, request->all_extension_numbers_of_type);
        break;
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES:
        answer_services(stream, answer);
        break;
    default:
        answer_error(answer, stream->arena, STATUS_INVALID_ARGUMENT, "the request asks nothing");
        break;
    }
}

static status_code serve_stream(struct rpc_call *call, struct stream *stream, struct status *st)
{
    for (;;) {
        response_message answer = GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;
        request_message *request;

        TRY(rpc_call_read_reset(call, &request, st));
        if (request == NULL)
            return STATUS_OK;
        arena_reset(stream->arena);
        make_answer(stream, request, &answer);
        TRY(rpc_call_write(call, &answer, st));
    }
}

static status_code server_reflection_info(struct rpc_call *call, const void *request,
                                          void *response, void *data, struct status *st)
{
    enum { ANSWER_MAX_BYTES = 1 << 20 };
    struct rpc_reflection *reflection = data;
    _cleanup_(arena_freep) struct arena *arena = arena_new(ANSWER_MAX_BYTES);
    struct stream stream = {
        .reflection = reflection,
        .is_sent = ARENA_NEW_ARRAY(rpc_call_arena(call), bool,
                                   rpc_descriptors_count(reflection->descriptors)),
        .arena = arena,
    };
    struct rpc_call **place = NULL;

    if (stream.is_sent == NULL || arena == NULL)
        return FAIL_MEMORY(st);
    TRY(join(reflection, call, &place, st));
    status_code code = serve_stream(call, &stream, st);
    leave(reflection, place);
    return code;
}

const struct rpc_service *rpc_reflection_service(void)
{
    static const struct rpc_handler handlers[] = {
        {"ServerReflectionInfo", RPC_BIDI_STREAM, server_reflection_info},
    };
    static const struct rpc_service service = {&grpc__reflection__v1__server_reflection__descriptor,
                                               handlers, ARRAY_LENGTH(handlers), NULL};

    return &service;
}
