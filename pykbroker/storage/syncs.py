"""Records that are not to be shown, nor their producers answered, before they are on disk, and who waits for that.

A topic asks for it with `flush.messages`: Kafka flushes in the append that makes as many unflushed, before that append
counts.  Here nobody stands still for it.  From that append on all are held back until one sync, in whatever thread, has
served every append that came before it; meanwhile others go on, and the next sync serves those.

What is synced are the batches and the names of their files: enough for a recovery, which scans them again.  The
recovery point, below which nothing is scanned, takes indexes and snapshots too, and moves with a flush only.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused

from .files import File, sync_data, sync_directory
from .names import PARTITION_METADATA

if TYPE_CHECKING:
    from .partition_log import PartitionLog
    from .segment import Segment


class Sync(NamedTuple):
    """What has to be on disk for the log to be there up to `up_to`.  `run` may be called in any thread."""

    up_to: int
    active: Segment
    files: list[File]
    directories: list[Path]

    def run(self) -> None:
        """
        Raises:
            OSError: it is not on disk, and may never be: the system forgets what it could not write.
        """
        for file in self.files:
            sync_data(file)
        if self.files and self.files[-1].is_deleted():
            raise OSError(errno.ENOENT, "the file of the active segment was deleted by somebody else")
        for directory in self.directories:
            sync_directory(directory)


class Syncs:
    """Of one log: how far it is synced, how far it has to be, and what waits until then."""

    __slots__ = (
        "_hidden",
        "_log",
        "_named",
        "_waiting",
        "_wants_sync",
        "is_given_up",
        "synced_offset",
        "wanted_offset",
    )

    def __init__(self, log: PartitionLog, synced_offset: int, wants_sync: Callable[[PartitionLog], None]) -> None:
        """`wants_sync` is told when there is something to do, and sees to it that `prepare` is called."""
        self._log = log
        self._wants_sync = wants_sync
        # (end offset, bytes) of appends that nobody has seen; none for most logs, and an empty deque takes 760 bytes
        self._hidden: deque[tuple[int, int]] | None = None
        self._waiting: deque[tuple[int, Callable[[], None]]] | None = None
        self._named = -1  # base of the last segment whose name is on disk; of none yet, in this run
        self.synced_offset = synced_offset
        self.wanted_offset = synced_offset
        self.is_given_up = False

    @property
    def is_due(self) -> bool:
        """Something is held back."""
        return self.wanted_offset > self.synced_offset

    @property
    def trouble(self) -> str:
        return self._log.broken

    def hold_from(self, flush_messages: int) -> int:
        """Where a log has to end for its next append to be held back."""
        return 0 if self.is_due else self.synced_offset + flush_messages

    def appended(self, end_offset: int, nbytes: int, flush_messages: int) -> None:
        """An append is held back: it asks for a sync, or stands behind one that does."""
        if self._hidden is None:
            self._hidden = deque()
        self._hidden.append((end_offset, nbytes))
        if end_offset - max(self.wanted_offset, self.synced_offset) >= flush_messages:
            self.ask(end_offset)

    def ask(self, end_offset: int) -> None:
        self.wanted_offset = end_offset
        self._wants_sync(self._log)

    def pledge(self, code: ErrorCode = ErrorCode.KAFKA_STORAGE_ERROR) -> Pledge:
        """Kept when all that is asked for by now is on disk; `code` is what a client reads if it never will be."""
        return Pledge(self, self.wanted_offset, code)

    def prepare(self) -> Sync:
        """What the next sync has to do."""
        log = self._log
        active = log.segments[-1]
        directories, files = [], []
        if self._named != active.base_offset:
            directories.append(active.directory)
            if self._named < 0:
                directories.append(active.directory.parent)
                files.append(File(active.directory / PARTITION_METADATA))  # or it would be another topic's
        files += [segment.file for segment in log.segments.holding(self.synced_offset)]
        return Sync(log.log_end_offset, active, files, directories)

    def now(self) -> None:
        """Everything is on disk.

        Raises:
            OSError: it is not.
        """
        sync = self.prepare()
        sync.run()
        self.done(sync)

    def done(self, sync: Sync) -> None:
        if sync.directories:
            self._named = sync.active.base_offset
        self.reached(sync.up_to)

    def failed(self, sync: Sync, fault: OSError) -> None:
        """The log takes no more writes; unless nobody asks for them any more, as of a topic that was deleted meanwhile,
        or it is only that retention removed what was to be synced."""
        if not self.is_given_up and (fault.errno != errno.ENOENT or sync.active in self._log.segments):
            self._log.fail(fault)

    def reached(self, offset: int) -> None:
        """All before `offset` is on disk: it may be seen, and whoever waited for it hears of it."""
        log = self._log
        if offset <= self.synced_offset or self.is_given_up:
            return
        self.synced_offset = offset
        end_offset = offset if self.is_due else log.log_end_offset
        log.high_watermark = max(log.high_watermark, end_offset)
        log.hold_from = self.hold_from(log.config.flush_messages)
        nbytes = 0
        while self._hidden and self._hidden[0][0] <= end_offset:
            nbytes += self._hidden.popleft()[1]
        if nbytes:
            log.pay_watchers(nbytes)
        while self._waiting and self._waiting[0][0] <= offset:
            self._waiting.popleft()[1]()

    def when_reached(self, offset: int, callback: Callable[[], None]) -> None:
        """`callback` is called once: when the log is on disk up to `offset`, or never will be.

        `offset` is not below that of an earlier call: it is the last that was wanted.
        """
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append((offset, callback))

    def give_up(self) -> None:
        """Nothing more will be synced: nobody waits for it any longer, and what is held back stays so."""
        self.is_given_up = True
        while self._waiting:
            self._waiting.popleft()[1]()


class Pledge:
    """That records will be on disk."""

    __slots__ = ("_code", "_offset", "_syncs")

    def __init__(self, syncs: Syncs, offset: int, code: ErrorCode) -> None:
        self._syncs = syncs
        self._offset = offset
        self._code = code

    @property
    def is_settled(self) -> bool:
        """It is kept, or never will be."""
        return self._syncs.synced_offset >= self._offset or self._syncs.is_given_up

    def when_settled(self, callback: Callable[[], None]) -> None:
        """`callback` is called once; not at all if it is settled by now."""
        if not self.is_settled:
            self._syncs.when_reached(self._offset, callback)

    def check(self) -> None:
        """
        Raises:
            Refused: it was not kept.
        """
        if self._syncs.synced_offset >= self._offset:
            return
        if not self._syncs.trouble:
            raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "the topic was deleted meanwhile")
        raise Refused(self._code, self._syncs.trouble)
