"""Idempotent producers: what is new, what is a retry, what is out of turn; and that a restart forgets none of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from logs import NOW, SMALL, batch, crashed, open_log, put, transact, values
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage.partition_log import Appended, PartitionLog
from pykbroker.storage.producers import Producer, Written
from pykbroker.storage.snapshots import read_snapshot, snapshot_path, write_snapshot

LAST_SEQUENCE = 2**31 - 1


def send(log: PartitionLog, sequence: int, *, records: int = 1, epoch: int = 0, producer_id: int = 9) -> Appended:
    fields = {"producer_id": producer_id, "producer_epoch": epoch, "base_sequence": sequence}
    return put(log, *[b"%d" % (sequence + number) for number in range(records)], **fields)


def refusal(log: PartitionLog, sequence: int, **fields: int) -> ErrorCode:
    with pytest.raises(Refused) as refused:
        send(log, sequence, **fields)
    return refused.value.code


def test_a_retry_of_the_newest_five_batches_is_answered_with_its_first_offsets(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    first = [send(log, 2 * number, records=2) for number in range(6)]
    for number in range(1, 6):
        again = send(log, 2 * number, records=2)
        assert (again.duplicate, again[:2]) == (True, first[number][:2])
    assert refusal(log, 0, records=2) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert log.log_end_offset == 12


def test_only_the_very_same_sequences_are_a_retry(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    send(log, 0, records=3)
    assert refusal(log, 0, records=2) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert refusal(log, 1, records=2) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER


@pytest.mark.parametrize("sequence", [0, 1, 4, LAST_SEQUENCE])
def test_a_sequence_that_leaves_a_gap_or_goes_back_is_refused(tmp_path: Path, sequence: int) -> None:
    log = open_log(tmp_path / "orders-0")
    send(log, 2)
    assert refusal(log, sequence) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    assert values(log) == [b"2"]
    send(log, 3)


def test_a_producer_that_the_log_does_not_know_may_begin_anywhere(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    assert send(log, 1234).base_offset == 0


def test_a_new_epoch_begins_at_sequence_zero_and_fences_the_old_one(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    send(log, 0, epoch=3)
    assert refusal(log, 1, epoch=4) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    send(log, 0, epoch=4)
    assert refusal(log, 1, epoch=3) is ErrorCode.INVALID_PRODUCER_EPOCH
    assert send(log, 0, epoch=4).duplicate


def test_sequences_wrap_to_zero(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    first = send(log, LAST_SEQUENCE - 1, records=4)  # up to sequence 1
    again = send(log, LAST_SEQUENCE - 1, records=4)
    assert (again.duplicate, again[:2]) == (True, first[:2])
    assert send(log, 2).base_offset == 4
    send(log, LAST_SEQUENCE, producer_id=10)
    assert not send(log, 0, producer_id=10).duplicate


def test_producers_do_not_know_of_each_other(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    send(log, 0, producer_id=1)
    send(log, 0, producer_id=2)
    send(log, 1, producer_id=1)
    assert log.log_end_offset == 3


def test_a_producer_without_an_id_has_no_retries(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    assert [put(log, b"same").base_offset for _ in range(2)] == [0, 1]


@pytest.mark.parametrize("config", [LogConfig(), SMALL])
def test_after_a_kill_a_retry_is_neither_doubled_nor_refused(tmp_path: Path, config: LogConfig) -> None:
    log = open_log(tmp_path / "orders-0", config)
    for sequence in range(60):
        send(log, sequence)
        log = crashed(log, config)
        assert send(log, sequence).duplicate
    assert values(log) == [b"%d" % sequence for sequence in range(60)]


@pytest.mark.parametrize("flushed", [False, True])
def test_after_a_kill_every_batch_under_way_may_be_retried(tmp_path: Path, flushed: bool) -> None:
    log = open_log(tmp_path / "orders-0")
    for sequence in range(8):
        send(log, sequence)
    if flushed:
        log.flush()
    log = crashed(log)
    assert all(send(log, sequence).duplicate for sequence in range(3, 8))


def test_after_a_clean_shutdown_every_batch_under_way_may_be_retried(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    for sequence in range(8):
        send(log, sequence)
    log.close()
    log = open_log(tmp_path / "orders-0", clean=True, recovery_point=8)
    assert all(send(log, sequence).duplicate for sequence in range(3, 8))
    assert refusal(log, 2) is refusal(log, 9) is ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
    send(log, 8)


def test_after_a_roll_and_a_kill_every_batch_under_way_may_be_retried(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(index_interval_bytes=0))
    for sequence in range(200):
        send(log, sequence)
        if sequence == 197:
            log.roll()
            log.flush()
    log = crashed(log)
    assert all(send(log, sequence).duplicate for sequence in range(195, 200))


def test_producers_of_rolled_segments_come_from_the_snapshot(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    send(log, 0, producer_id=77)
    for sequence in range(60):
        send(log, sequence, records=2) if not sequence else send(log, sequence + 1)
    assert len(log.segments) > 2
    log.flush()
    log = crashed(log, SMALL)
    assert send(log, 0, producer_id=77).duplicate


@pytest.mark.parametrize("damage", [b"", b"\0\2", b"\0\1abcd\0\0\0\1", b"\xff" * 60])
def test_a_damaged_snapshot_is_passed_over_for_an_older_one(tmp_path: Path, damage: bytes) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    for sequence in range(60):
        send(log, sequence)
    log.close()
    snapshot_path(tmp_path / "orders-0", 60).write_bytes(damage)
    log = open_log(tmp_path / "orders-0", SMALL, clean=True, recovery_point=60)
    assert send(log, 59).duplicate
    send(log, 60)


def test_a_snapshot_of_offsets_that_were_cut_is_not_believed(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    for sequence in range(3):
        send(log, sequence)
    log.close()
    with Path(log.segments[0].path).open("r+b") as file:
        file.truncate(log.segments[0].size - 1)
    log = open_log(tmp_path / "orders-0", clean=False)
    assert (send(log, 2).duplicate, log.log_end_offset) == (False, 3)


def test_a_snapshot_holds_what_was_written_to_it(tmp_path: Path) -> None:
    entries = {1: Producer(5, 2, NOW, 40, (Written(7, 44, 3, NOW),)), 2: Producer(0, -1, NOW)}
    write_snapshot(tmp_path / "s", entries)
    found = read_snapshot(tmp_path / "s")
    for producer_id, producer in entries.items():
        assert all(getattr(found[producer_id], name) == getattr(producer, name) for name in Producer.__slots__)


def test_a_snapshot_with_any_byte_changed_is_none(tmp_path: Path) -> None:
    write_snapshot(tmp_path / "s", {1: Producer(5, 2, NOW, 40, (Written(7, 44, 3, NOW),))})
    content = (tmp_path / "s").read_bytes()
    for position in range(len(content)):
        (tmp_path / "s").write_bytes(content[:position] + bytes([content[position] ^ 1]) + content[position + 1 :])
        with pytest.raises(ValueError):
            read_snapshot(tmp_path / "s")


def test_idle_producers_expire_unless_a_transaction_is_open(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(producer_id_expiration_ms=1000))
    send(log, 0)
    transact(log, b"v")
    log.expire_producers(NOW + 999)
    assert len(log.producers) == 2
    log.expire_producers(NOW + 1000)
    assert list(log.producers.entries()) == [5]
    assert send(log, 44).base_offset == 2


def test_a_client_cannot_write_into_a_transaction_that_nobody_began(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    sent = batch(b"v", producer_id=9, producer_epoch=0, base_sequence=0, transactional=True)
    with pytest.raises(Refused) as refused:
        log.append(sent, leader_epoch=0, timestamp_ms=NOW)
    assert refused.value.code is ErrorCode.INVALID_TXN_STATE
