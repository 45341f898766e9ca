"""Which records of a log nobody takes back."""

from __future__ import annotations

from pathlib import Path

from logs import NOW, open_log

from pykbroker.storage.decided import decided_records
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record

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
