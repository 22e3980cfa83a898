"""Starts a program as a container would: in a root of its own that it cannot write to, as nobody, without a way to more rights,
without the system calls that engines' default seccomp profiles refuse. For root, in a mount namespace of its own (unshare --mount).

    enter_image.py ROOT SOCKETS PROGRAM

SOCKETS is the folder of PostgreSQL's socket; it becomes /tmp in there.
"""

import ctypes
import errno
import os
import subprocess
import sys

USER_ID = 65532
CAPABILITIES = 64  # more than there are
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38  # prctl(2)
SCMP_ACT_ALLOW, SCMP_ACT_ERRNO = 0x7FFF0000, 0x00050000  # seccomp.h
# docs.docker.com/engine/security/seccomp, "Significant syscalls blocked by the default profile", and io_uring's, which newer
# versions refuse. Where clone3 is refused, the C library takes clone.
REFUSED = """acct add_key bpf clock_adjtime clock_settime create_module delete_module finit_module get_kernel_syms
    get_mempolicy init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl
    lookup_dcookie mbind mount move_pages nfsservctl open_by_handle_at perf_event_open personality pivot_root process_vm_readv
    process_vm_writev query_module quotactl reboot request_key set_mempolicy setns settimeofday swapoff swapon sysfs _sysctl
    umount2 unshare uselib userfaultfd ustat""".split()


def mount(*arguments):
    subprocess.run(["/usr/bin/mount", *arguments], check=True)


def refuse_calls():
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    calls = ctypes.c_void_p(seccomp.seccomp_init(SCMP_ACT_ALLOW))
    for name, error in [(name, errno.EPERM) for name in REFUSED] + [("clone3", errno.ENOSYS)]:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # this architecture has it
            assert seccomp.seccomp_rule_add(calls, SCMP_ACT_ERRNO | error, number, 0) == 0, name

    def enforce():
        assert seccomp.seccomp_load(calls) == 0

    return enforce


def main(root, sockets, program):
    mount("--bind", root, root)
    for folder in ("dev", "proc", "sys"):
        mount("--rbind", f"/{folder}", f"{root}/{folder}")
    mount("--bind", sockets, f"{root}/tmp")
    mount("-t", "tmpfs", "-o", f"uid={USER_ID},mode=0700", "work", f"{root}/var/lib/ocrmesh/work")
    mount("-o", "remount,bind,ro", root)
    enforce = refuse_calls()
    os.chroot(root)
    os.chdir("/")
    libc = ctypes.CDLL(None)
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails where there is none of that number
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    os.setgroups([])
    os.setresgid(USER_ID, USER_ID, USER_ID)
    os.setresuid(USER_ID, USER_ID, USER_ID)
    enforce()
    os.execv(program, [program])


main(*sys.argv[1:])
