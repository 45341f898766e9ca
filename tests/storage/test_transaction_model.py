"""Any run of transactions, rolls, deletions, flushes, kills, shutdowns, torn tails reads as a list in memory does."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from logs import TOPIC_ID, aborted_transactions, delete_before, end, put, transact

from pykbroker.config.topic import LogConfig
from pykbroker.storage.aborted import Aborted
from pykbroker.storage.batch import Header, read_header
from pykbroker.storage.files import Descriptors
from pykbroker.storage.markers import marker_in
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import records_of

CONFIG = LogConfig(segment_bytes=700, index_interval_bytes=150)
PRODUCERS = (5, 6, 7)
PLAIN = -1


class Batch(NamedTuple):
    """What one append wrote; `outcome` of a marker is whether it committed."""

    offset: int
    producer_id: int
    values: list[bytes]
    outcome: bool | None = None

    @property
    def end(self) -> int:
        return self.offset + max(len(self.values), 1)


class TransactionModel(RuleBasedStateMachine):
    """`batches` is what was written, in order; what lies before `start` was deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.batches: list[Batch] = []
        self.start = 0
        self.log = self.open(clean=True, recovery_point=0)

    def open(self, *, clean: bool, recovery_point: int) -> PartitionLog:
        state = {"clean": clean, "recovery_point": recovery_point, "log_start_offset": self.start}
        descriptors = Descriptors(2)
        return PartitionLog(self.directory, "orders", 0, TOPIC_ID, CONFIG, descriptors=descriptors, **state)  # type: ignore[arg-type]

    def teardown(self) -> None:
        self.log.abandon()
        shutil.rmtree(self.directory)

    @property
    def end(self) -> int:
        return self.batches[-1].end if self.batches else 0

    def outcome_of(self, batch: Batch) -> bool | None:
        """Whether what was written in a transaction is committed; None while that is open."""
        behind = self.batches[self.batches.index(batch) :]
        return next((each.outcome for each in behind if _ends(each, batch.producer_id)), None)

    def open_since(self, batches: list[Batch]) -> dict[int, int]:
        """The first offset of each producer's open transaction, once these batches were written."""
        since: dict[int, int] = {}
        for batch in batches:
            if batch.outcome is not None:
                since.pop(batch.producer_id, None)
            elif batch.producer_id != PLAIN:
                since.setdefault(batch.producer_id, batch.offset)
        return since

    def aborted(self) -> Iterator[Aborted]:
        for number, batch in enumerate(self.batches):
            before = self.open_since(self.batches[:number])
            if batch.outcome is False and batch.producer_id in before:
                after = self.open_since(self.batches[: number + 1])
                stable = min(after.values(), default=batch.end)
                yield Aborted(batch.producer_id, before[batch.producer_id], batch.offset, stable)

    @rule(
        producer_id=st.sampled_from((PLAIN, *PRODUCERS)),
        values=st.lists(st.binary(max_size=60), min_size=1, max_size=3),
    )
    def append(self, producer_id: int, values: list[bytes]) -> None:
        if producer_id == PLAIN:
            assert put(self.log, *values).base_offset == self.end
        else:
            assert transact(self.log, *values, producer_id=producer_id) == self.end
        self.batches.append(Batch(self.end, producer_id, values))

    @rule(producer_id=st.sampled_from(PRODUCERS), committed=st.booleans())
    def finish(self, producer_id: int, committed: bool) -> None:
        assert end(self.log, committed=committed, producer_id=producer_id) == self.end
        self.batches.append(Batch(self.end, producer_id, [], committed))

    @rule()
    def roll(self) -> None:
        self.log.roll()

    @rule(back=st.integers(0, 20))
    def delete(self, back: int) -> None:
        self.start = max(self.start, self.end - back)
        for path in delete_before(self.log, self.start):
            path.unlink()

    @rule()
    def flush(self) -> None:
        self.log.flush()

    @rule(indexed=st.booleans())
    def kill(self, indexed: bool) -> None:
        if indexed:  # an index may reach its file before anybody asks for it
            self.log.segments[-1].write_indexes()
        self.log.abandon()
        self.log = self.open(clean=False, recovery_point=self.log.recovery_point)

    @rule()
    def shut_down(self) -> None:
        self.log.close()
        self.log = self.open(clean=True, recovery_point=self.log.recovery_point)

    @precondition(lambda self: self.log.recovery_point < self.log.log_end_offset and self.log.segments[-1].size)
    @rule(cut=st.integers(1, 200))
    def tear(self, cut: int) -> None:
        """A kill in the middle of a write: the tail of the active segment is missing."""
        active = self.log.segments[-1]
        ends = [(position + header.size, header.last_offset + 1) for position, header in active.headers()]
        kept = max((offset for at, offset in ends if at <= active.size - cut), default=active.base_offset)
        if kept < max(self.log.recovery_point, self.start):
            return  # fsync promised these
        active.write_indexes()  # of more than the log has left
        self.log.abandon()
        with open(active.path, "r+b") as file:
            file.truncate(max(active.size - cut, 0))
        self.log = self.open(clean=False, recovery_point=self.log.recovery_point)
        self.batches = [batch for batch in self.batches if batch.end <= kept]

    @invariant()
    def ends_where_the_first_open_transaction_begins(self) -> None:
        stable = min(self.open_since(self.batches).values(), default=self.end)
        assert (self.log.log_end_offset, self.log.log_start_offset) == (self.end, self.start)
        assert self.log.last_stable_offset == max(stable, self.start)

    @invariant()
    def knows_every_aborted_transaction(self) -> None:
        first = self.log.segments[0].base_offset
        assert aborted_transactions(self.log) == [each for each in self.aborted() if each.last_offset >= first]

    @invariant()
    def shows_what_is_committed_and_nothing_else(self) -> None:
        for batch in self.batches[-12:]:
            for max_bytes in (1, 300, 10_000):
                if batch.offset >= self.start:
                    self.reads_committed(batch.offset, max_bytes)

    def reads_committed(self, offset: int, max_bytes: int) -> None:
        found = self.log.read(offset, max_bytes, at_least_one=True, up_to=self.log.last_stable_offset)
        if found is None:
            assert offset >= self.log.last_stable_offset
            return
        got = list(_whole_batches(found.read()))
        until = got[-1][0].last_offset + 1
        expected = [
            value
            for batch in self.batches
            if offset <= batch.offset < until and (batch.producer_id == PLAIN or self.outcome_of(batch))
            for value in batch.values
        ]
        assert _shown(got, self.log.aborted_in(offset, found)) == expected


def _ends(batch: Batch, producer_id: int) -> bool:
    return batch.producer_id == producer_id and batch.outcome is not None


def _whole_batches(content: bytes) -> Iterator[tuple[Header, bytes]]:
    while len(content) >= 61 and read_header(content).size <= len(content):
        header = read_header(content)
        yield header, content[: header.size]
        content = content[header.size :]


def _shown(batches: list[tuple[Header, bytes]], aborted: list[Aborted]) -> list[bytes | None]:
    """The values that a consumer of committed records shows, as Kafka's own does it."""
    waiting = sorted((each.first_offset, each.producer_id) for each in aborted)
    left_out: set[int] = set()
    shown: list[bytes | None] = []
    for header, content in batches:
        while waiting and waiting[0][0] <= header.last_offset:
            left_out.add(waiting.pop(0)[1])
        records = list(records_of(content, header))
        if header.is_control:
            marker = marker_in(header, records[0])
            if marker is not None and not marker.committed:
                left_out.discard(header.producer_id)
        elif not header.is_transactional or header.producer_id not in left_out:
            shown += [record.value for record in records]
    return shown


TestTransactionModel = TransactionModel.TestCase
TestTransactionModel.settings = settings(max_examples=30, stateful_step_count=40, deadline=None)
