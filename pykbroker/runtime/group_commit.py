"""One sync for all appends that came before it: logs that hold something back are synced in worker threads.

A log has one sync under way at most; what is appended meanwhile is served by the next.  While a disk is slow, more come
together in each.
"""

from __future__ import annotations

import trio

from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.partition_log import PartitionLog

# More at once is no gain: they wait for the same disk, and a file system writes its journal for several together.
_SYNCS_AT_ONCE = 8


class GroupCommit:
    """The syncs of one data directory."""

    def __init__(self, data: DataDirectory) -> None:
        self._data = data
        self._under_way: set[PartitionLog] = set()
        self._limiter = trio.CapacityLimiter(_SYNCS_AT_ONCE)
        self._wanted = trio.Event()
        data.wake_syncing = self._wake

    def _wake(self) -> None:
        self._wanted.set()

    async def run(self) -> None:
        """Never returns."""
        async with trio.open_nursery() as nursery:
            while True:
                while self._data.unsynced:
                    log = self._data.unsynced.pop()
                    if log not in self._under_way:
                        self._under_way.add(log)
                        nursery.start_soon(self._sync, log)
                self._wanted = trio.Event()
                await self._wanted.wait()

    async def _sync(self, log: PartitionLog) -> None:
        try:
            while log.syncs.is_due and not log.syncs.is_given_up:
                try:
                    sync = log.syncs.prepare()
                except OSError as fault:
                    log.fail(fault)
                    return
                try:
                    await trio.to_thread.run_sync(sync.run, limiter=self._limiter)
                except OSError as fault:
                    log.syncs.failed(sync, fault)
                else:
                    log.syncs.done(sync)
        finally:
            self._under_way.discard(log)
