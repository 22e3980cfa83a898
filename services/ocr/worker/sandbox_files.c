#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "services/ocr/worker/sandbox.h"
#include "services/ocr/worker/sandbox_internal.h"

/* Landlock (Linux 5.13), kernel documentation userspace-api/landlock.rst. */

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

static status_code allow_path(int ruleset, const char *path, uint64_t access, struct status *st)
{
    _cleanup_(closep) int fd = open(path, O_PATH | O_CLOEXEC);
    struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = fd};

    if (fd < 0) /* nothing there that could be read */
        return STATUS_OK;
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
        return FAIL_RESTRICTION(st, errno);
    return STATUS_OK;
}

status_code sandbox_limit_files(const char *const *models_paths, size_t path_count, uint32_t *gaps,
                                struct status *st)
{
    const uint64_t read_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    _cleanup_(closep) int ruleset = create_ruleset();

    if (ruleset < 0) {
        *gaps |= SANDBOX_WITHOUT_LANDLOCK;
        return STATUS_OK;
    }
    for (size_t i = 0; i < path_count; i++)
        TRY(allow_path(ruleset, models_paths[i], read_access, st));
    /* What the processor is: the networks' runtime counts its cores there. */
    TRY(allow_path(ruleset, "/sys/devices/system/cpu", read_access, st));
    TRY(allow_path(ruleset, "/sys/devices/system/node", read_access, st));
    TRY(allow_path(ruleset, "/proc/cpuinfo", LANDLOCK_ACCESS_FS_READ_FILE, st));
    /* Where tesseract's own messages go. */
    TRY(allow_path(ruleset, "/dev/null",
                   LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE, st));
    if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
        return FAIL_RESTRICTION(st, errno);
    return STATUS_OK;
}
