#include "lib/neural/openvino.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/cleanup.h"

/* The library's name carries its version: the headers that this is compiled with must be its. */
#define LIBRARY_NAME "openvino/libs/libopenvino_c.so." OPENVINO_SONAME

static status_code fail_library(struct status *st)
{
    return FAIL(st, STATUS_UNAVAILABLE, "MODEL_UNAVAILABLE", "the neural runtime cannot be loaded");
}

/* The runtime's threads library loads parts of itself in a way (RTLD_DEEPBIND) that sanitizers end
 * the process for, unless it is told of them. */
static void tell_of_sanitizers(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    (void)setenv("TBB_ENABLE_SANITIZERS", "1", 1);
#endif
}

status_code openvino_load(const char *folder, struct openvino *ret_library, struct status *st)
{
    _cleanup_(freep) char *path = NULL;
    struct openvino library;

    tell_of_sanitizers();
    if (asprintf(&path, "%s/" LIBRARY_NAME, folder) < 0)
        return FAIL_MEMORY(st);
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return fail_library(st);
    /* All that the parts which are loaded later need from outside of the folder. */
    if (dlopen("librt.so.1", RTLD_NOW | RTLD_LOCAL) == NULL)
        return fail_library(st);
#define X(name)                                                                                    \
    library.name = (__typeof__(library.name))dlsym(handle, #name);                                 \
    if (library.name == NULL)                                                                      \
        return fail_library(st);
    OPENVINO_FUNCTIONS(X)
#undef X
    *ret_library = library;
    return STATUS_OK;
}

bool openvino_has_fast_bytes(void)
{
    return __builtin_cpu_supports("avx512vnni") || __builtin_cpu_supports("avxvnni");
}
