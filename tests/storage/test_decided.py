"""Which records of a log nobody takes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logs import NOW, open_log
from pykbroker_protocol.errors import Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage.compression import NAMES
from pykbroker.storage.decided import decided_records, latest_values
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record, build_batch

ABORT, COMMIT = 0, 1


def write(log: PartitionLog, value: bytes, producer_id: int = -1) -> None:
    epoch = 0 if producer_id >= 0 else -1
    log.append_records(
        [Record(b"k", value, NOW)],
        leader_epoch=0,
        timestamp_ms=NOW,
        producer_id=producer_id,
        producer_epoch=epoch,
        transactional=producer_id >= 0,
    )


def end(log: PartitionLog, producer_id: int, kind: int) -> None:
    marker = Record(bytes((0, 0, 0, kind)), b"\0\0\0\0\0\0", NOW)
    log.append_records(
        [marker],
        leader_epoch=0,
        timestamp_ms=NOW,
        producer_id=producer_id,
        producer_epoch=0,
        transactional=True,
        control=True,
    )


def decided(log: PartitionLog) -> list[tuple[int, bytes | None]]:
    return [(record.offset, record.value) for record in decided_records(log.batches())]


def test_aborted_and_open_transactions_are_left_out_and_all_else_stays_in_its_order(tmp_path: Path) -> None:
    log = open_log(tmp_path / "t-0")
    write(log, b"plain")
    write(log, b"committed", 7)
    write(log, b"aborted", 8)
    write(log, b"within")
    end(log, 8, ABORT)
    write(log, b"open", 9)
    end(log, 7, COMMIT)
    write(log, b"again", 8)
    end(log, 8, COMMIT)
    write(log, b"last")
    assert decided(log) == [(0, b"plain"), (1, b"committed"), (3, b"within"), (7, b"again"), (9, b"last")]


def test_a_marker_decides_its_own_producers_records_only(tmp_path: Path) -> None:
    log = open_log(tmp_path / "t-0")
    write(log, b"a", 7)
    write(log, b"b", 8)
    end(log, 8, COMMIT)
    assert decided(log) == [(1, b"b")]


SMALL_SEGMENTS = LogConfig(segment_bytes=2_000, index_interval_bytes=200)
key = st.none() | st.sampled_from([b"", b"a", b"b", b"c" * 100])
record = st.builds(Record, key, st.none() | st.binary(max_size=9), st.just(NOW))
plain = st.tuples(st.just("plain"), st.lists(record, min_size=1, max_size=4))
packed = st.tuples(st.just("packed"), st.lists(record, min_size=1, max_size=4))
in_transaction = st.tuples(st.integers(7, 8), st.lists(record, min_size=1, max_size=2))
marker = st.tuples(st.just("end"), st.tuples(st.integers(7, 8), st.sampled_from([ABORT, COMMIT])))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(plain | packed | in_transaction | marker, max_size=30), st.sampled_from([80, 300, 1 << 20]))
def test_the_latest_values_are_those_of_the_decided_records_however_they_are_read(
    tmp_path_factory, monkeypatch, steps, block_bytes
):
    monkeypatch.setattr("pykbroker.storage.decided._BLOCK_BYTES", block_bytes)
    log = open_log(tmp_path_factory.mktemp("log") / "t-0", SMALL_SEGMENTS)
    for kind, what in steps:
        if kind == "plain":
            log.append_records(what, leader_epoch=0, timestamp_ms=NOW)
        elif kind == "packed":
            log.append(build_batch(what, codec=NAMES.index("lz4")), leader_epoch=0, timestamp_ms=NOW)
        elif kind == "end":
            end(log, *what)
        else:
            fields = {"producer_id": kind, "producer_epoch": 0, "transactional": True}
            log.append_records(what, leader_epoch=0, timestamp_ms=NOW, **fields)
    check_latest(log)


def check_latest(log: PartitionLog) -> None:
    expected: dict[bytes, bytes | None] = {}
    for found in decided_records(log.batches()):
        if found.key is not None:
            expected[found.key] = found.value
    assert latest_values(log) == {key: value for key, value in expected.items() if value is not None}
    log.abandon()


def test_of_records_that_were_deleted_no_value_is_given(tmp_path: Path) -> None:
    log = open_log(tmp_path / "t-0")
    for value in (b"1", b"2"):
        log.append_records([Record(b"key " + value, value, NOW)], leader_epoch=0, timestamp_ms=NOW)
    log.start_at(1)
    assert latest_values(log) == {b"key 2": b"2"}
    check_latest(log)


def test_a_damaged_log_has_no_values(tmp_path: Path) -> None:
    log = open_log(tmp_path / "t-0")
    write(log, b"1")
    write(log, b"2")
    path = Path(log.segments[0].path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 + 16] = 9  # the second batch's magic
    path.write_bytes(data)
    with pytest.raises(Refused):
        latest_values(log)
