"""Any run of appends, retries, rolls, retentions, flushes, kills, shutdowns and torn tails equals a list in memory."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from logs import NOW, TOPIC_ID, batch, delete_expired
from pykbroker_protocol.errors import Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage.batch import read_header
from pykbroker.storage.files import Descriptors
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import records_of

RETENTION_MS = 60_000
CONFIG = LogConfig(segment_bytes=700, index_interval_bytes=150, segment_ms=50_000, retention_ms=RETENTION_MS)
PRODUCERS = (7, 8)


class LogModel(RuleBasedStateMachine):
    """`batches` is what was written, each as (values, timestamps, producer id, base sequence), in order.

    What lies before `start` was deleted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.batches: list[tuple[list[bytes], list[int], int, int]] = []
        self.start = 0
        self.descriptors = Descriptors(2)
        self.clock = NOW
        self.log = self.open(clean=True, recovery_point=0)

    def open(self, *, clean: bool, recovery_point: int) -> PartitionLog:
        state = {"descriptors": self.descriptors, "clean": clean, "recovery_point": recovery_point}
        return PartitionLog(self.directory, "orders", 0, TOPIC_ID, CONFIG, **state)  # type: ignore[arg-type]

    def teardown(self) -> None:
        self.log.abandon()
        shutil.rmtree(self.directory)

    def offset_of(self, number: int) -> int:
        return sum(len(values) for values, *_ in self.batches[:number])

    def next_sequence(self, producer_id: int) -> int:
        own = [(sequence, len(values)) for values, _, pid, sequence in self.batches if pid == producer_id]
        return sum(own[-1]) if own else 0

    def send(
        self, values: list[bytes], timestamp: int, producer_id: int, sequence: int, codec: int = 0
    ) -> tuple[int, bool]:
        fields = (
            {"producer_id": producer_id, "producer_epoch": 0, "base_sequence": sequence} if producer_id >= 0 else {}
        )
        sent = batch(*values, timestamp=timestamp, codec=codec, **fields)
        appended = self.log.append(sent, leader_epoch=0, timestamp_ms=self.clock)
        return appended.base_offset, appended.duplicate

    @rule(
        values=st.lists(st.binary(max_size=60), min_size=1, max_size=4),
        late=st.integers(0, 30_000),
        producer_id=st.sampled_from((-1, *PRODUCERS)),
        codec=st.integers(0, 4),
    )
    def append(self, values: list[bytes], late: int, producer_id: int, codec: int) -> None:
        self.clock += 5_000
        sequence = self.next_sequence(producer_id) if producer_id >= 0 else -1
        timestamp = self.clock - late
        expected = self.offset_of(len(self.batches)), False
        assert self.send(values, timestamp, producer_id, sequence, codec) == expected
        self.batches.append((values, [timestamp + number for number in range(len(values))], producer_id, sequence))

    @rule(producer_id=st.sampled_from(PRODUCERS), back=st.integers(1, 5))
    def retry(self, producer_id: int, back: int) -> None:
        own = [number for number, each in enumerate(self.batches) if each[2] == producer_id]
        # Of what is deleted, a restart remembers the newest batch only: the one in the snapshot.
        if len(own) >= back and (back == 1 or self.offset_of(own[-back]) >= self.start):
            values, times, _, sequence = self.batches[own[-back]]
            assert self.send(values, times[0], producer_id, sequence) == (self.offset_of(own[-back]), True)

    @rule(producer_id=st.sampled_from(PRODUCERS), ahead=st.integers(1, 9))
    def leave_a_gap(self, producer_id: int, ahead: int) -> None:
        if any(each[2] == producer_id for each in self.batches):
            refused = False
            try:
                self.send([b"gap"], self.clock, producer_id, self.next_sequence(producer_id) + ahead)
            except Refused:
                refused = True
            assert refused

    @rule()
    def roll(self) -> None:
        self.log.roll()

    @rule(waited=st.integers(0, 40_000))
    def retain(self, waited: int) -> None:
        self.clock += waited
        times = self.times()
        for segment, end in zip(
            self.log.segments, [*(each.base_offset for each in self.log.segments[1:]), len(times)], strict=True
        ):
            if not all(self.clock - time > RETENTION_MS for time in times[segment.base_offset : end]):
                break
            self.start = end
        for path in delete_expired(self.log, self.clock):
            path.unlink()

    def times(self) -> list[int]:
        return [time for _, times, *_ in self.batches for time in times]

    @rule()
    def flush(self) -> None:
        self.log.flush()

    @rule()
    def kill(self) -> None:
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
        known = sum(1 for number in range(len(self.batches)) if self.offset_of(number) < self.log.recovery_point)
        sizes = [header.size for _, header in active.headers()]
        first = len(self.batches) - len(sizes)
        kept = first
        while kept < len(self.batches) and sum(sizes[: kept - first + 1]) <= active.size - cut:
            kept += 1
        if kept < known:
            return  # fsync promised these
        self.log.abandon()
        with open(active.path, "r+b") as file:
            file.truncate(max(active.size - cut, 0))
        self.log = self.open(clean=False, recovery_point=self.log.recovery_point)
        del self.batches[kept:]

    @invariant()
    def holds_every_record(self) -> None:
        found = [record for header, content in self.log.batches() for record in records_of(content, header)]
        written = [value for values, *_ in self.batches for value in values]
        assert self.log.log_start_offset == self.start
        assert [record.value for record in found] == written[self.start :]
        assert [record.timestamp for record in found] == self.times()[self.start :]
        assert [record.offset for record in found] == list(range(self.start, self.log.log_end_offset))
        assert self.log.log_end_offset == len(written)

    @invariant()
    def finds_every_offset(self) -> None:
        for number, (values, *_) in enumerate(self.batches):
            for offset in (self.offset_of(number), self.offset_of(number) + len(values) - 1):
                if offset >= self.start:
                    found = self.log.read(offset, 1, at_least_one=True)
                    assert found is not None
                    assert read_header(found.read()).base_offset == self.offset_of(number)

    @invariant()
    def finds_every_time(self) -> None:
        times = list(enumerate(self.times()))[self.start :]
        for timestamp in (NOW, self.clock - 20_000, self.clock, self.clock + 10, *(time for _, time in times[-3:])):
            expected = next(((time, offset) for offset, time in times if time >= timestamp), None)
            found = self.log.offset_for_timestamp(timestamp)
            assert (found and tuple(found[:2])) == expected
        latest = self.log.offset_of_max_timestamp()
        newest = max((time for _, time in times), default=0)
        first = next(((time, offset) for offset, time in times if time == newest), None)
        assert (latest and tuple(latest[:2])) == first


TestLogModel = LogModel.TestCase
TestLogModel.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
