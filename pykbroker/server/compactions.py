"""Compaction in a worker thread, the dirtiest log first: clients are served meanwhile.

Most of its time the thread does without Python's lock.  While it has it, it gives way to the broker's every tenth of a
millisecond, instead of Python's five: a request takes the lock several times.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

import trio
from pykbroker_protocol.errors import Refused

from pykbroker.handlers.broker import Broker
from pykbroker.server.retaining import retain
from pykbroker.storage.cleaner import Candidate, Cleaner
from pykbroker.storage.compacting import Compaction
from pykbroker.storage.compaction import Work
from pykbroker.storage.segment import BrokenBatch
from pykbroker.storage.swapping import discard

_SWITCH_S = 0.0001
_COMPARED_AT_ONCE = 100  # partitions
_LONGEST_SLEEP_S = 1.0  # so that another rate, or a stop, is heeded soon
_TOO_SHORT_S = 0.01  # to sleep for

log = logging.getLogger("pykbroker.compaction")


class Compactions:
    """Those of one broker; `round` is what is done each time."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._cleaner = Cleaner(broker.data)
        self._given_up: set[str] = set()

    async def round(self) -> None:
        """Every log that is worth it is compacted; then what is past the retention of such topics goes, as in Kafka."""
        await self.once()
        await retain(self._broker, compacted=True)

    async def once(self) -> int:
        """Every log that is worth it is compacted, the dirtiest first; how many were."""
        count = 0
        passed_over = set(self._given_up)
        while (candidate := await self._dirtiest(passed_over)) is not None:
            if await self._compact(candidate):
                count += 1
            else:
                passed_over.add(candidate.work.name)  # until the next time
        return count

    async def _dirtiest(self, passed_over: Collection[str]) -> Candidate | None:
        dirtiest: Candidate | None = None
        timestamp = self._broker.clock.timestamp()
        partitions = self._broker.data.partitions()
        self._cleaner.forget_all_but(partitions)
        for number, (topic, partition) in enumerate(partitions, 1):
            if number % _COMPARED_AT_ONCE == 0:
                await trio.lowlevel.checkpoint()
            try:
                candidate = self._cleaner.candidate(topic, partition, timestamp)
            except Refused:
                continue  # it cannot be opened, which was said
            if candidate is None or candidate.work.name in passed_over:
                continue
            if dirtiest is None or candidate.work.dirty_ratio > dirtiest.work.dirty_ratio:
                dirtiest = candidate
        return dirtiest

    def _most_bytes_per_second(self) -> float:
        return self._broker.config.log_cleaner_io_max_bytes_per_second

    async def _compact(self, candidate: Candidate) -> bool:
        work = candidate.work
        config = self._broker.config
        most_bytes = config.log_cleaner_dedupe_buffer_size
        pace = _pace(self._most_bytes_per_second, lambda: run.stopped)
        run = Compaction(work, most_bytes=most_bytes, pace=pace)
        began = time.monotonic()
        self._broker.data.in_use.add(candidate.log)
        try:
            with _giving_way():
                result = await trio.to_thread.run_sync(run.run, abandon_on_cancel=True)
            if announce := self._cleaner.announce(candidate.log, work):
                await trio.to_thread.run_sync(announce)
            if not self._cleaner.put_in_place(candidate.log, result):
                self._changed(work)
                return False
            await trio.to_thread.run_sync(self._cleaner.checkpoint())
        except FileNotFoundError:  # retention let go of a segment
            self._changed(work)
        except (OSError, BrokenBatch, ValueError) as fault:
            discard(work.directory)
            self._give_up(work.name, f"{fault}; it is tried again after a restart")
        else:
            log.info(
                "compacted: partition=%s clean_until=%d bytes=%d->%d ms=%d",
                work.name,
                result.end_offset,
                result.bytes_before,
                result.bytes_after,
                (time.monotonic() - began) * 1000,
            )
            return True
        finally:
            run.stopped = True
            self._broker.data.in_use.discard(candidate.log)
        return False

    def _changed(self, work: Work) -> None:
        discard(work.directory)
        log.info("not compacted, it changed meanwhile: partition=%s", work.name)

    def _give_up(self, name: str, why: str) -> None:
        self._given_up.add(name)
        log.error("not compacted: partition=%s why=%s", name, why)


def _pace(bytes_per_second: Callable[[], float], stopped: Callable[[], bool]) -> Callable[[int], None]:
    """Sleeps as needed to read and write no more; what it is called by has a thread of its own."""
    owed_bytes, looked_at = 0.0, time.monotonic()

    def pace(nbytes: int) -> None:
        nonlocal owed_bytes, looked_at
        owed_bytes += nbytes
        while True:
            rate, now = bytes_per_second(), time.monotonic()
            owed_bytes = max(owed_bytes - rate * (now - looked_at), 0.0)
            looked_at = now
            if owed_bytes <= rate * _TOO_SHORT_S or stopped():
                return
            time.sleep(min(owed_bytes / rate, _LONGEST_SLEEP_S) if rate > 0 else _LONGEST_SLEEP_S)

    return pace


@contextmanager
def _giving_way() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
