"""A disk on which one call fails: the k-th of those that write, read, open, rename or sync below a directory."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pykbroker.storage import files

WRITES = ("writev", "write", "ftruncate", "truncate", "mkdir", "rename", "replace", "unlink")
SYNCS = ("fsync", "fdatasync")
READS = ("pread",)
CALLS = ("open", *WRITES, *SYNCS, *READS)


class FailingDisk:
    """Counts the calls below `root`; from number `fail_at` on, `times` of them fail with `code`."""

    def __init__(self, root: Path, fail_at: int = -1, code: int = errno.EIO, times: int = 1) -> None:
        self.root, self.fail_at, self.code, self.times = str(root), fail_at, code, times
        self.calls = 0
        self.failed: list[str] = []

    @contextmanager
    def mounted(self, kinds: tuple[str, ...] = CALLS) -> Iterator[FailingDisk]:
        real = {name: getattr(os, name) for name in kinds}
        pieces, read_at = files.write_pieces, files.read_at
        for name, call in real.items():
            setattr(os, name, self._watched(name, call))
        files.write_pieces = os.writev
        files.read_at = os.pread
        try:
            yield self
        finally:
            for name, call in real.items():
                setattr(os, name, call)
            files.write_pieces, files.read_at = pieces, read_at

    def _watched(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._is_here(args[0]):
                number, self.calls = self.calls, self.calls + 1
                if self.fail_at <= number < self.fail_at + self.times and self.fail_at >= 0:
                    self.failed.append(name)
                    raise OSError(self.code, os.strerror(self.code))
            return call(*args, **kwargs)

        return watched

    def _is_here(self, what: Any) -> bool:
        if isinstance(what, int):
            try:
                what = os.readlink(f"/proc/self/fd/{what}")
            except OSError:
                return False
        return os.fspath(what).startswith(self.root)
