"""Files that the flow opened while it was imported: each forked task has its own position in them.

A fork shares positions: what one task has read, the next would find read already.
"""

from __future__ import annotations

import os
import stat

# Flags that say how a file is used, not how it comes to be there.
_USE = os.O_ACCMODE | os.O_APPEND | os.O_SYNC


def own_files() -> None:
    """Open the regular files that this process has inherited anew, under the same descriptors."""
    try:
        descriptors = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        return
    for fd in descriptors:
        try:
            if stat.S_ISREG(os.fstat(fd).st_mode):
                _own(fd)
        except OSError:
            # That of the listing, closed again; or a file that this user may not open any more, which stays shared.
            continue


def _own(fd: int) -> None:
    import fcntl

    flags = fcntl.fcntl(fd, fcntl.F_GETFL) & _USE
    position = os.lseek(fd, 0, os.SEEK_CUR)
    inherited = os.get_inheritable(fd)
    own = os.open(f"/proc/self/fd/{fd}", flags | os.O_CLOEXEC)
    try:
        os.lseek(own, position, os.SEEK_SET)
        os.dup2(own, fd, inheritable=inherited)
    finally:
        os.close(own)
