#include "services/ocr/restrict_calls.h"

#include <errno.h>

#include "services/ocr/restrict.h"

status_code restrict_calls_begin(uint32_t otherwise, scmp_filter_ctx *ret_filter, struct status *st)
{
    _cleanup_(restrict_calls_freep) scmp_filter_ctx filter = seccomp_init(otherwise);

    if (filter == NULL)
        return FAIL_MEMORY(st);
    /* Errno values as the kernel gives them; a binary tree, for each call passes the filter. */
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
    if (result == 0)
        result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (result < 0)
        return FAIL_RESTRICTION(st, -result);
    *ret_filter = TAKE(filter);
    return STATUS_OK;
}

status_code restrict_calls_add(scmp_filter_ctx filter, uint32_t action, const int *calls,
                               size_t count, struct status *st)
{
    for (size_t i = 0; i < count; i++) {
        int result = seccomp_rule_add(filter, action, calls[i], 0);
        if (result < 0)
            return FAIL_RESTRICTION(st, -result);
    }
    return STATUS_OK;
}

status_code restrict_calls_enforce(scmp_filter_ctx filter, bool *ret_is_held, struct status *st)
{
    int result = seccomp_load(filter);

    if (result < 0 && result != -EINVAL && result != -ENOSYS)
        return FAIL_RESTRICTION(st, -result);
    *ret_is_held = result == 0;
    return STATUS_OK;
}
