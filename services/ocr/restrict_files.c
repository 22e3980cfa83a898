#include "services/ocr/restrict_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "services/ocr/restrict.h"

/* As of its sixth version; the kernel takes as much of it as it is told the size of. What the build
 * machine's headers may not name yet stands here by number. */
struct ruleset_attributes {
    uint64_t handled_access_fs;
    uint64_t handled_access_net; /* 4 */
    uint64_t scoped;             /* 6 */
};

static const uint64_t fs_first = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* 1 */
static const uint64_t fs_refer = 1u << 13;                               /* 2 */
static const uint64_t fs_truncate = 1u << 14;                            /* 3 */
static const uint64_t fs_ioctl_dev = 1u << 15;                           /* 5 */
static const uint64_t net_bind_and_connect = 3;                          /* 4 */
static const uint64_t scope_sockets_and_signals = 3;                     /* 6 */

static int create_ruleset(void)
{
    struct ruleset_attributes attributes = {.handled_access_fs = fs_first};
    size_t size = sizeof(attributes.handled_access_fs);
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

    if (version >= 2)
        attributes.handled_access_fs |= fs_refer;
    if (version >= 3)
        attributes.handled_access_fs |= fs_truncate;
    if (version >= 4) {
        attributes.handled_access_net = net_bind_and_connect;
        size = offsetof(struct ruleset_attributes, scoped);
    }
    if (version >= 5)
        attributes.handled_access_fs |= fs_ioctl_dev;
    if (version >= 6) {
        attributes.scoped = scope_sockets_and_signals;
        size = sizeof(attributes);
    }
    return (int)syscall(SYS_landlock_create_ruleset, &attributes, size, 0);
}

status_code restrict_files_begin(int *ret_ruleset, struct status *st)
{
    int ruleset = create_ruleset();

    /* A seccomp filter around the process, as a container's, may say EPERM for "no such call". */
    if (ruleset < 0 && errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM)
        return FAIL_RESTRICTION(st, errno);
    *ret_ruleset = ruleset;
    return STATUS_OK;
}

/* The kernel's rights for an access to that file; it refuses those of folders for others. */
static uint64_t rights_of(uint32_t access, bool is_folder)
{
    uint64_t rights = 0;

    if (access & RESTRICT_READ)
        rights |= LANDLOCK_ACCESS_FS_READ_FILE | (is_folder ? LANDLOCK_ACCESS_FS_READ_DIR : 0);
    if (access & RESTRICT_WRITE)
        rights |= LANDLOCK_ACCESS_FS_WRITE_FILE;
    if (access & RESTRICT_EXECUTE)
        rights |= LANDLOCK_ACCESS_FS_EXECUTE;
    return rights;
}

status_code restrict_files_allow(int ruleset, const char *path, uint32_t access, struct status *st)
{
    _cleanup_(closep) int fd = ruleset >= 0 ? open(path, O_PATH | O_CLOEXEC) : -1;
    struct landlock_path_beneath_attr rule = {.parent_fd = fd};
    struct stat facts;

    if (fd < 0) /* nothing is restricted, or there is nothing there that could be used */
        return STATUS_OK;
    if (fstat(fd, &facts) < 0)
        return FAIL_RESTRICTION(st, errno);
    rule.allowed_access = rights_of(access, S_ISDIR(facts.st_mode));
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return FAIL_RESTRICTION(st, errno);
    return STATUS_OK;
}

status_code restrict_files_enforce(int ruleset, struct status *st)
{
    if (ruleset >= 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return FAIL_RESTRICTION(st, errno);
    return STATUS_OK;
}
