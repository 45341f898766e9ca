"""One broker at a time: a lock on the data directory's `.lock`, of the kind that a JVM takes and sees too.

Java's FileLock is a POSIX record lock.  Those belong to the process and vanish when any descriptor of the file closes,
so where the system has them an open file description lock is taken: it conflicts with the JVM's, and with another
opening in this process.
"""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

_FLOCK = struct.Struct("hhqqi4x")  # struct flock of 64-bit Linux: type, whence, start, length, pid


class Locked(OSError):
    """Somebody else holds the lock."""


def take_lock(path: Path) -> int:
    """The descriptor that holds the lock until it is closed.

    Raises:
        Locked: another one does.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
    try:
        _lock(descriptor)
    except OSError as fault:
        os.close(descriptor)
        raise Locked(*fault.args) from fault
    return descriptor


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        if hasattr(fcntl, "F_OFD_SETLK"):
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
        else:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
