"""Starts a program as a container would: in a root of its own that it cannot write to, as nobody, without a way to more rights.
For root, in a mount namespace of its own (unshare --mount).

    enter_image.py ROOT SOCKETS PROGRAM

SOCKETS is the folder of PostgreSQL's socket; it becomes /tmp in there.
"""

import ctypes
import os
import subprocess
import sys

USER_ID = 65532
CAPABILITIES = 64  # more than there are
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38  # prctl(2)


def mount(*arguments):
    subprocess.run(["/usr/bin/mount", *arguments], check=True)


def main(root, sockets, program):
    mount("--bind", root, root)
    for folder in ("dev", "proc", "sys"):
        mount("--rbind", f"/{folder}", f"{root}/{folder}")
    mount("--bind", sockets, f"{root}/tmp")
    mount("-t", "tmpfs", "-o", f"uid={USER_ID},mode=0700", "work", f"{root}/var/lib/ocrmesh/work")
    mount("-o", "remount,bind,ro", root)
    os.chroot(root)
    os.chdir("/")
    libc = ctypes.CDLL(None)
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails where there is none of that number
    assert libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    os.setgroups([])
    os.setresgid(USER_ID, USER_ID, USER_ID)
    os.setresuid(USER_ID, USER_ID, USER_ID)
    os.execv(program, [program])


main(*sys.argv[1:])
