"""One sync for all appends that came before it: logs that hold something back are synced in worker threads.

A log has one sync under way at most; what is appended meanwhile is served by the next.  While a disk is slow, more come
together in each.  No task stands between an append, its sync and the answer: each hands over to the next at once.
"""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

import trio

from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.syncs import Sync

if TYPE_CHECKING:
    from outcome import Outcome

# More at once is no gain: they wait for the same disk, and a file system writes its journal for several together.
_SYNCS_AT_ONCE = 8


class GroupCommit:
    """The syncs of one data directory."""

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._under_way: set[PartitionLog] = set()
        self._token: trio.lowlevel.TrioToken | None = None
        self._is_ending = False
        self._bug: BaseException | None = None
        self._news = trio.Event()  # a sync has ended
        data.wake_syncing = self._wake

    def _wake(self) -> None:
        """When the round is over that appends: what else it appends is served by the same sync."""
        if self._token is not None:
            self._token.run_sync_soon(self._begin, idempotent=True)

    async def run(self) -> None:
        """Never returns; when it is cancelled, it ends when nothing is under way any more."""
        self._token, self._is_ending, self._bug = trio.lowlevel.current_trio_token(), False, None
        self._begin()
        try:
            while self._bug is None:
                await self._wait_for_news()
            raise self._bug
        finally:
            self._is_ending = True
            with trio.CancelScope(shield=True):
                while self._under_way:
                    await self._wait_for_news()

    async def _wait_for_news(self) -> None:
        self._news = trio.Event()
        await self._news.wait()

    def _begin(self) -> None:
        """As many logs as may be are being synced."""
        unsynced = self._data.unsynced
        try:
            while unsynced and len(self._under_way) < _SYNCS_AT_ONCE and not self._is_ending:
                log = unsynced.pop()
                if log not in self._under_way:
                    self._start(log)
        except BaseException as bug:
            self._end(bug)

    def _end(self, bug: BaseException) -> None:
        """`run` ends with it, and not all of the broker."""
        self._bug = bug
        self._news.set()

    def _start(self, log: PartitionLog) -> None:
        if not log.syncs.is_due or log.syncs.is_given_up:
            return
        try:
            sync = log.syncs.prepare()
        except OSError as fault:
            log.fail(fault)
            return
        self._under_way.add(log)
        trio.lowlevel.start_thread_soon(sync.run, partial(self._deliver, log, sync))

    def _deliver(self, log: PartitionLog, sync: Sync, outcome: Outcome[None]) -> None:
        """In the thread of the sync."""
        assert self._token is not None
        with contextlib.suppress(trio.RunFinishedError):
            self._token.run_sync_soon(self._finish, log, sync, outcome)

    def _finish(self, log: PartitionLog, sync: Sync, outcome: Outcome[None]) -> None:
        self._under_way.discard(log)
        try:
            try:
                outcome.unwrap()
            except OSError as fault:
                log.syncs.failed(sync, fault)
            else:
                log.syncs.done(sync)
            if not self._is_ending:
                self._start(log)
                self._begin()
        except BaseException as bug:
            self._end(bug)
        self._news.set()
