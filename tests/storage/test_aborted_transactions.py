"""Transactions in a log: what is decided, which were aborted, and that neither a crash nor a restart forgets it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from logs import (
    NOW,
    abort,
    aborted_transactions,
    batch,
    commit,
    crashed,
    delete_before,
    delete_expired,
    end,
    open_log,
    put,
    transact,
)
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage.aborted import Aborted
from pykbroker.storage.batch import read_header
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import records_of

ALL = 2**30


def told(log: PartitionLog, offset: int, max_bytes: int = ALL) -> list[tuple[int, int]]:
    """(producer id, first offset) of what a consumer of committed records is told with what it gets from `offset`."""
    found = log.read(offset, max_bytes, at_least_one=True, up_to=log.last_stable_offset)
    return [] if found is None else [each[:2] for each in log.aborted_in(offset, found)]


def refused(log: PartitionLog, **marker: int) -> ErrorCode:
    with pytest.raises(Refused) as refusal:
        end(log, committed=False, **marker)
    return refusal.value.code


def test_the_first_open_transaction_holds_the_last_stable_offset_until_its_marker(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log)
    for producer_id in (5, 6, 5):
        transact(log, b"v", producer_id=producer_id)
    assert (log.last_stable_offset, log.log_end_offset) == (1, 4)
    commit(log, 5)
    assert (log.last_stable_offset, log.log_end_offset) == (2, 5)
    abort(log, 6)
    assert log.last_stable_offset == log.log_end_offset == 6


@pytest.mark.parametrize("flushed", [False, True])
def test_after_a_kill_an_open_transaction_is_open(tmp_path: Path, flushed: bool) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log)
    transact(log, b"v")
    if flushed:
        log.flush()
    log = crashed(log)
    assert log.last_stable_offset == 1
    commit(log)
    assert crashed(log).last_stable_offset == 3


def test_after_a_clean_shutdown_an_open_transaction_is_open(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v")
    log.close()
    log = open_log(tmp_path / "orders-0", recovery_point=1)
    assert (log.last_stable_offset, log.scanned_bytes) == (0, 0)


def test_an_abort_is_in_the_transaction_index_as_kafka_writes_it(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v", producer_id=5)
    transact(log, b"v", producer_id=6)
    abort(log, 5)
    abort(log, 6)
    log.close()
    content = (tmp_path / "orders-0" / "00000000000000000000.txnindex").read_bytes()
    assert list(struct.iter_unpack(">hqqqq", content)) == [(0, 5, 0, 2, 1), (0, 6, 1, 3, 4)]


def test_neither_a_commit_nor_an_abort_of_nothing_leaves_a_transaction_index(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v")
    commit(log)
    abort(log)
    log.close()
    assert not list((tmp_path / "orders-0").glob("*.txnindex"))


def test_a_reader_of_committed_records_is_told_of_the_aborted_transactions_in_what_it_gets(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(index_interval_bytes=0))
    for producer_id in (5, 6, 7):
        transact(log, b"v", producer_id=producer_id)
    for producer_id in (6, 5, 7):
        abort(log, producer_id)
    transact(log, b"later", producer_id=8)
    abort(log, 8)
    put(log)
    assert told(log, 0) == [(6, 1), (5, 0), (7, 2), (8, 6)]
    assert told(log, 0, max_bytes=1) == [(5, 0)]
    assert told(log, 4) == [(5, 0), (7, 2), (8, 6)]
    assert (told(log, 7), told(log, 8)) == ([(8, 6)], [])


def test_it_is_told_of_those_that_end_in_later_segments(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(index_interval_bytes=0))
    transact(log, b"v", producer_id=5)
    log.roll()
    transact(log, b"v", producer_id=6)
    abort(log, 6)
    log.roll()
    abort(log, 5)
    assert told(log, 0) == [(5, 0)]
    assert told(log, 1) == [(6, 1), (5, 0)]


def test_without_an_index_entry_behind_what_it_gets_it_may_be_told_of_more_as_by_kafka(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    for producer_id in (5, 6):
        transact(log, b"v", producer_id=producer_id)
        abort(log, producer_id)
    assert told(log, 0, max_bytes=1) == [(5, 0), (6, 2)]


@pytest.mark.parametrize("kept", range(0, 34 * 3 + 1, 17))
@pytest.mark.parametrize("rolled", [False, True])
def test_after_a_kill_the_transaction_index_is_whole_whatever_reached_the_disk(
    tmp_path: Path, kept: int, rolled: bool
) -> None:
    log = open_log(tmp_path / "orders-0")
    for producer_id in (5, 6, 7):
        transact(log, b"v", producer_id=producer_id)
    for producer_id in (6, 5, 7):
        abort(log, producer_id)
    before = aborted_transactions(log)
    log.segments[0].write_indexes()
    if rolled:
        log.roll()
    with (tmp_path / "orders-0" / "00000000000000000000.txnindex").open("r+b") as file:
        file.truncate(kept)
    assert aborted_transactions(crashed(log)) == before


@pytest.mark.parametrize("written", [False, True])
def test_what_was_flushed_of_the_transaction_index_is_kept_and_the_rest_found_again(
    tmp_path: Path, written: bool
) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v", producer_id=5)
    transact(log, b"v", producer_id=6)
    abort(log, 5)
    log.flush()
    abort(log, 6)
    if written:
        log.segments[0].write_indexes()
    again = crashed(log)
    assert aborted_transactions(again) == [Aborted(5, 0, 2, 1), Aborted(6, 1, 3, 4)]
    assert again.scanned_bytes == log.segments[0].size - log.segments[0].find(3)[0]  # type: ignore[index]


@pytest.mark.parametrize(
    "damage", [b"", b"\0", b"\0\1" + bytes(32), b"\xff" * 34, struct.pack(">hqqqq", 0, 5, 0, 0, 9)]
)
def test_a_damaged_transaction_index_is_built_again(tmp_path: Path, damage: bytes) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v", producer_id=5)
    log.roll()
    transact(log, b"v", producer_id=6)
    abort(log, 6)
    abort(log, 5)
    log.roll()
    before = aborted_transactions(log)
    assert before == [Aborted(6, 1, 2, 0), Aborted(5, 0, 3, 4)]
    log.close()
    index = tmp_path / "orders-0" / "00000000000000000001.txnindex"
    index.write_bytes(index.read_bytes() + damage if len(damage) == 1 else damage + index.read_bytes()[len(damage) :])
    log = open_log(tmp_path / "orders-0", recovery_point=4)
    assert (aborted_transactions(log), log.last_stable_offset) == (before, 4)


def test_a_torn_marker_leaves_its_transaction_open(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v")
    abort(log)
    log.segments[0].write_indexes()
    with open(log.segments[0].path, "r+b") as file:
        file.truncate(log.segments[0].size - 1)
    log = crashed(log)
    assert (log.log_end_offset, log.last_stable_offset, aborted_transactions(log)) == (1, 0, [])


def test_the_transaction_index_goes_with_its_segment(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(retention_ms=1000))
    transact(log, b"v")
    abort(log)
    log.roll()
    names = {path.name for path in delete_expired(log, NOW + 5000)}
    assert "00000000000000000000.txnindex.deleted" in names
    assert not list((tmp_path / "orders-0").glob("*.txnindex"))


def test_records_of_an_open_transaction_can_be_deleted_and_it_stays_open(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v", b"w")
    put(log)
    delete_before(log, 2)
    assert (log.last_stable_offset, log.log_start_offset) == (2, 2)
    log = crashed(log, log_start_offset=2)
    assert log.last_stable_offset == 2
    abort(log)
    assert (log.last_stable_offset, aborted_transactions(log)) == (4, [Aborted(5, 0, 3, 4)])


def test_a_marker_is_a_control_record_that_kafka_reads(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(message_timestamp_type="LogAppendTime", compression_type="gzip"))
    end(log, committed=True, producer_epoch=3)
    (header, content), (record,) = next(log.batches()), records_of(next(log.batches())[1])
    assert (header.is_control, header.is_transactional, header.has_append_time, header.compression) == (True,) * 3 + (
        0,
    )
    assert (header.producer_id, header.producer_epoch, header.base_sequence) == (5, 3, -1)
    assert (record.key, record.value) == (b"\0\0\0\1", b"\0\0\0\0\0\7")
    assert read_header(content).crc == header.crc


def test_a_marker_of_an_older_epoch_or_coordinator_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v", producer_epoch=2)
    end(log, committed=False, producer_epoch=3)
    assert refused(log, producer_epoch=2) is ErrorCode.INVALID_PRODUCER_EPOCH
    assert refused(log, producer_epoch=3, coordinator_epoch=6) is ErrorCode.TRANSACTION_COORDINATOR_FENCED
    assert end(log, committed=False, producer_epoch=3, coordinator_epoch=8) == log.log_end_offset - 1


def test_since_kip_890_a_marker_has_a_later_epoch_than_its_transaction_and_may_come_twice(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    transact(log, b"v")
    assert refused(log, transaction_version=2) is ErrorCode.INVALID_PRODUCER_EPOCH
    for _ in range(2):
        end(log, committed=False, producer_epoch=1, transaction_version=2)
    assert refused(log, transaction_version=2) is ErrorCode.INVALID_PRODUCER_EPOCH
    assert len(aborted_transactions(log)) == 1


def test_only_a_transactions_first_batch_takes_a_coordinators_word(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    fields = {"producer_id": 5, "producer_epoch": 0, "transactional": True}
    first, second = (batch(b"v", base_sequence=sequence, **fields) for sequence in (0, 1))
    with pytest.raises(Refused, match="INVALID_TXN_STATE"):
        log.append(first, leader_epoch=0, timestamp_ms=NOW)
    transact(log, b"v")
    assert log.append(second, leader_epoch=0, timestamp_ms=NOW).base_offset == 1
    assert log.append(second, leader_epoch=0, timestamp_ms=NOW).duplicate
    with pytest.raises(Refused, match="INVALID_TXN_STATE"):
        put(log, producer_id=5, producer_epoch=0, base_sequence=2)
    commit(log)
    with pytest.raises(Refused, match="INVALID_TXN_STATE"):
        log.append(batch(b"v", base_sequence=2, **fields), leader_epoch=0, timestamp_ms=NOW)


def test_whoever_waits_is_told_when_a_transaction_ends(tmp_path: Path) -> None:
    class Waiting:
        settled = 0

        def pay(self, nbytes: int) -> None: ...

        def settle(self) -> None:
            self.settled += 1

    log, waiting = open_log(tmp_path / "orders-0"), Waiting()
    transact(log, b"v")
    log.watchers.add(waiting)
    put(log)
    assert waiting.settled == 0
    commit(log)
    assert waiting.settled == 1


def test_a_transaction_index_that_cannot_be_written_is_written_later(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    index = tmp_path / "orders-0" / "00000000000000000000.txnindex"
    index.mkdir()  # nothing can be written there
    for _ in range(8192 // 34 + 1):
        transact(log, b"v")
        abort(log)
    assert (len(told(log, 0)), log.last_stable_offset) == (8192 // 34 + 1, log.log_end_offset)
    index.rmdir()
    log.close()
    assert index.stat().st_size == 34 * (8192 // 34 + 1)
