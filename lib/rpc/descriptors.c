#include "lib/rpc/descriptors.h"

#include <string.h>

#include "google/protobuf/descriptor.pb-c.h"
#include "lib/base/arena.h"
#include "lib/rpc/allocator.h"
#include "protos/descriptor_set.h"

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;
typedef Google__Protobuf__MethodDescriptorProto method_proto;

enum {
    ARENA_MAX_BYTES = 64 << 20, /* far beyond any set of .proto files */
    NESTING_MAX = 32,           /* messages within messages */
};

struct symbol {
    const char *name;
    int file;
};

struct extension {
    const char *extendee;
    int32_t number;
    int file;
};

struct file {
    struct str bytes;
    const file_proto *proto;
};

/* A growing array of fixed-size things in the arena. */
struct list {
    void *items;
    size_t count, capacity;
};

struct rpc_descriptors {
    struct arena *arena;
    struct list files;      /* struct file, in the order of the sets */
    struct list symbols;    /* struct symbol, by name */
    struct list extensions; /* struct extension */
};

static void *list_add(struct rpc_descriptors *descriptors, struct list *list, size_t item_size)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        void *items = arena_calloc(descriptors->arena, capacity, item_size);
        if (items == NULL)
            return NULL;
        if (list->count > 0)
            memcpy(items, list->items, list->count * item_size);
        list->items = items;
        list->capacity = capacity;
    }
    return (char *)list->items + list->count++ * item_size;
}

static const struct file *file_at(const struct rpc_descriptors *descriptors, int number)
{
    return (const struct file *)descriptors->files.items + number;
}

/* --- reading --- */

struct reader {
    struct rpc_descriptors *descriptors;
    int file;
    bool is_failed; /* out of memory, or nested too deeply */
};

/* "scope.name", noted as a symbol of the reader's file; NULL when that failed. */
static const char *add_symbol(struct reader *reader, const char *scope, const char *name)
{
    struct symbol *symbol =
        list_add(reader->descriptors, &reader->descriptors->symbols, sizeof(*symbol));
    const char *full =
        scope[0] == '\0' ? name : arena_printf(reader->descriptors->arena, "%s.%s", scope, name);

    if (symbol == NULL || full == NULL) {
        reader->is_failed = true;
        return NULL;
    }
    *symbol = (struct symbol){full, reader->file};
    return full;
}

static void add_extensions(struct reader *reader, const char *scope, field_proto *const *fields,
                           size_t count)
{
    for (size_t i = 0; i < count && !reader->is_failed; i++) {
        const char *extendee = fields[i]->extendee;
        struct extension *extension =
            list_add(reader->descriptors, &reader->descriptors->extensions, sizeof(*extension));

        if (extension == NULL || add_symbol(reader, scope, fields[i]->name) == NULL) {
            reader->is_failed = true;
            return;
        }
        *extension = (struct extension){extendee[0] == '.' ? extendee + 1 : extendee,
                                        fields[i]->number, reader->file};
    }
}

/* An enum's values are siblings of the enum: they belong to the scope around it. */
static void add_enums(struct reader *reader, const char *scope, enum_proto *const *enums,
                      size_t count)
{
    for (size_t i = 0; i < count && !reader->is_failed; i++) {
        (void)add_symbol(reader, scope, enums[i]->name);
        for (size_t j = 0; j < enums[i]->n_value && !reader->is_failed; j++)
            (void)add_symbol(reader, scope, enums[i]->value[j]->name);
    }
}

static void add_messages(struct reader *reader, const char *scope, message_proto *const *messages,
                         size_t count, int depth)
{
    if (depth > NESTING_MAX)
        reader->is_failed = true;
    for (size_t i = 0; i < count && !reader->is_failed; i++) {
        const message_proto *message = messages[i];
        const char *name = add_symbol(reader, scope, message->name);
        if (name == NULL)
            return;
        for (size_t j = 0; j < message->n_field; j++)
            (void)add_symbol(reader, name, message->field[j]->name);
        for (size_t j = 0; j < message->n_oneof_decl; j++)
            (void)add_symbol(reader, name, message->oneof_decl[j]->name);
        add_extensions(reader, name, message->extension, message->n_extension);
        add_enums(reader, name, message->enum_type, message->n_enum_type);
        add_messages(reader, name, message->nested_type, message->n_nested_type, depth + 1);
    }
}

static void add_services(struct reader *reader, const char *scope, service_proto *const *services,
                         size_t count)
{
    for (size_t i = 0; i < count && !reader->is_failed; i++) {
        const char *name = add_symbol(reader, scope, services[i]->name);
        for (size_t j = 0; name != NULL && j < services[i]->n_method; j++)
            (void)add_symbol(reader, name, services[i]->method[j]->name);
    }
}

static status_code add_file(struct rpc_descriptors *descriptors, struct str bytes,
                            struct status *st)
{
    ProtobufCAllocator allocator = rpc_arena_allocator(descriptors->arena);
    const file_proto *proto = google__protobuf__file_descriptor_proto__unpack(
        &allocator, bytes.n, (const uint8_t *)bytes.p);

    if (proto == NULL || proto->name == NULL)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "the descriptor set does not decode");
    if (rpc_descriptors_by_name(descriptors, proto->name) >= 0)
        return STATUS_OK;
    struct file *file = list_add(descriptors, &descriptors->files, sizeof(*file));
    if (file == NULL)
        return FAIL_MEMORY(st);
    *file = (struct file){bytes, proto};

    struct reader reader = {descriptors, (int)descriptors->files.count - 1, false};
    const char *package = proto->package != NULL ? proto->package : "";
    add_messages(&reader, package, proto->message_type, proto->n_message_type, 0);
    add_enums(&reader, package, proto->enum_type, proto->n_enum_type);
    add_services(&reader, package, proto->service, proto->n_service);
    add_extensions(&reader, package, proto->extension, proto->n_extension);
    if (reader.is_failed)
        return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "the descriptor set is too large");
    return STATUS_OK;
}

/* Reads a base-128 varint (protobuf's encoding guide); false at the end of the bytes. */
static bool read_varint(struct str *bytes, uint64_t *ret_value)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && bytes->n > 0; shift += 7) {
        unsigned char byte = (unsigned char)bytes->p[0];
        bytes->p++;
        bytes->n--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* A FileDescriptorSet is nothing but field 1, repeated. It is cut here rather than decoded, since
 * reflection answers with the bytes as they are. */
static status_code add_set(struct rpc_descriptors *descriptors, struct str set, struct status *st)
{
    enum { FILE_TAG = 1 << 3 | 2 /* length-delimited */ };

    while (set.n > 0) {
        uint64_t tag, length;
        if (!read_varint(&set, &tag) || tag != FILE_TAG || !read_varint(&set, &length) ||
            length > set.n)
            return FAIL(st, STATUS_INVALID_ARGUMENT, NULL, "this is not a descriptor set");
        TRY(add_file(descriptors, (struct str){set.p, length}, st));
        set.p += length;
        set.n -= length;
    }
    return STATUS_OK;
}

static int compare_symbols(const void *a, const void *b)
{
    return strcmp(((const struct symbol *)a)->name, ((const struct symbol *)b)->name);
}

status_code rpc_descriptors_new(const void *extra, size_t extra_size,
                                struct rpc_descriptors **ret_descriptors, struct status *st)
{
    _cleanup_(rpc_descriptors_freep) struct rpc_descriptors *descriptors =
        calloc(1, sizeof(*descriptors));
    struct str own = {(const char *)ocrmesh_descriptor_set_start, ocrmesh_descriptor_set_size};

    if (descriptors != NULL)
        descriptors->arena = arena_new(ARENA_MAX_BYTES);
    if (descriptors == NULL || descriptors->arena == NULL)
        return FAIL_MEMORY(st);
    TRY(add_set(descriptors, own, st));
    TRY(add_set(descriptors, (struct str){extra, extra_size}, st));
    qsort(descriptors->symbols.items, descriptors->symbols.count, sizeof(struct symbol),
          compare_symbols);
    *ret_descriptors = TAKE(descriptors);
    return STATUS_OK;
}

void rpc_descriptors_free(struct rpc_descriptors *descriptors)
{
    if (descriptors == NULL)
        return;
    arena_free(descriptors->arena);
    free(descriptors);
}

/* --- looking up --- */

size_t rpc_descriptors_count(const struct rpc_descriptors *descriptors)
{
    return descriptors->files.count;
}

int rpc_descriptors_by_name(const struct rpc_descriptors *descriptors, const char *name)
{
    for (int i = 0; i < (int)descriptors->files.count; i++)
        if (strcmp(file_at(descriptors, i)->proto->name, name) == 0)
            return i;
    return -1;
}

int rpc_descriptors_by_symbol(const struct rpc_descriptors *descriptors, const char *symbol)
{
    struct symbol key = {symbol, 0};
    const struct symbol *found =
        bsearch(&key, descriptors->symbols.items, descriptors->symbols.count, sizeof(struct symbol),
                compare_symbols);

    return found != NULL ? found->file : -1;
}

int rpc_descriptors_by_extension(const struct rpc_descriptors *descriptors, const char *extendee,
                                 int32_t number)
{
    const struct extension *extensions = descriptors->extensions.items;

    for (size_t i = 0; i < descriptors->extensions.count; i++)
        if (extensions[i].number == number && strcmp(extensions[i].extendee, extendee) == 0)
            return extensions[i].file;
    return -1;
}

size_t rpc_descriptors_extensions(const struct rpc_descriptors *descriptors, const char *extendee,
                                  int32_t *ret_numbers, size_t max)
{
    const struct extension *extensions = descriptors->extensions.items;
    size_t count = 0;

    for (size_t i = 0; i < descriptors->extensions.count; i++)
        if (strcmp(extensions[i].extendee, extendee) == 0) {
            if (count < max)
                ret_numbers[count] = extensions[i].number;
            count++;
        }
    return count;
}

struct str rpc_descriptors_bytes(const struct rpc_descriptors *descriptors, int file)
{
    return file_at(descriptors, file)->bytes;
}

void rpc_descriptors_each_import(const struct rpc_descriptors *descriptors, int file,
                                 void (*function)(int import, void *arg), void *arg)
{
    const file_proto *proto = file_at(descriptors, file)->proto;

    for (size_t i = 0; i < proto->n_dependency; i++) {
        int import = rpc_descriptors_by_name(descriptors, proto->dependency[i]);
        if (import >= 0)
            function(import, arg);
    }
}

static bool is_service(const file_proto *file, const service_proto *service, const char *name)
{
    size_t package_length = file->package != NULL ? strlen(file->package) : 0;

    if (package_length == 0)
        return strcmp(service->name, name) == 0;
    return strncmp(name, file->package, package_length) == 0 && name[package_length] == '.' &&
           strcmp(name + package_length + 1, service->name) == 0;
}

static rpc_kind kind_of(const method_proto *method)
{
    if (method->client_streaming)
        return method->server_streaming ? RPC_BIDI_STREAM : RPC_CLIENT_STREAM;
    return method->server_streaming ? RPC_SERVER_STREAM : RPC_UNARY;
}

bool rpc_descriptors_kind(const struct rpc_descriptors *descriptors, const char *service,
                          const char *method, rpc_kind *ret_kind)
{
    int number = rpc_descriptors_by_symbol(descriptors, service);

    if (number < 0)
        return false;
    const file_proto *file = file_at(descriptors, number)->proto;
    for (size_t i = 0; i < file->n_service; i++) {
        if (!is_service(file, file->service[i], service))
            continue;
        for (size_t j = 0; j < file->service[i]->n_method; j++) {
            const method_proto *found = file->service[i]->method[j];
            if (strcmp(found->name, method) != 0)
                continue;
            *ret_kind = kind_of(found);
            return true;
        }
    }
    return false;
}

static bool is_idempotent(const method_proto *method)
{
    return method->options != NULL &&
           method->options->idempotency_level !=
               GOOGLE__PROTOBUF__METHOD_OPTIONS__IDEMPOTENCY_LEVEL__IDEMPOTENCY_UNKNOWN;
}

void rpc_descriptors_each_method(const struct rpc_descriptors *descriptors,
                                 void (*function)(const struct rpc_described_method *method,
                                                  void *arg),
                                 void *arg)
{
    for (int i = 0; i < (int)descriptors->files.count; i++) {
        const file_proto *file = file_at(descriptors, i)->proto;

        for (size_t j = 0; j < file->n_service; j++)
            for (size_t k = 0; k < file->service[j]->n_method; k++) {
                const method_proto *method = file->service[j]->method[k];

                function(
                    &(struct rpc_described_method){
                        .package = file->package != NULL ? file->package : "",
                        .service = file->service[j]->name,
                        .name = method->name,
                        .kind = kind_of(method),
                        .is_idempotent = is_idempotent(method),
                    },
                    arg);
            }
    }
}
