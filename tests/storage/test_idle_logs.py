"""Logs that nobody uses are closed, and nobody can tell: what they held is there when they are used again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from logs import NOW, PLAIN, abort, aborted_transactions, batch, put, transact, values
from pykbroker_protocol.errors import Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage import idle
from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.partition_log import PartitionLog

ORDERS = b"\1" * 16


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDirectory]:
    directory = DataDirectory.open(tmp_path, new_uuid=lambda: b"\7" * 16)
    yield directory
    directory.abandon()


def orders(data: DataDirectory, partition: int = 0, config: LogConfig = PLAIN) -> PartitionLog:
    data.create_partition("orders", partition, ORDERS, config)
    return data.partition("orders", partition)


def close_idle(data: DataDirectory, keep_open: int = 0) -> int:
    closed = 0
    for log in idle.idle_logs(data, keep_open=keep_open, unused_looks=0):
        pending = log.prepare_close()
        if pending is not None:
            pending.sync()
        closed += idle.close(data, idle.Idle(log, pending))
    return closed


def killed(data: DataDirectory) -> DataDirectory:
    data.checkpoint()
    data.abandon()
    return DataDirectory.open(data.path, new_uuid=lambda: b"\7" * 16)


def test_a_closed_log_is_opened_at_its_next_use_with_all_that_it_had(data: DataDirectory) -> None:
    put(orders(data), b"1", b"2")
    assert close_idle(data) == 1
    assert (data.open_log("orders", 0), data.end_offset("orders", 0)) == (None, 2)
    log = orders(data)
    put(log, b"3")
    assert (values(log), log.recovery_point) == ([b"1", b"2", b"3"], 2)


def test_a_kill_finds_nothing_to_scan_in_a_closed_log(data: DataDirectory) -> None:
    put(orders(data), b"1", producer_id=7, producer_epoch=0, base_sequence=0)
    close_idle(data)
    again = killed(data)
    log = orders(again)
    assert (log.scanned_bytes, log.log_end_offset, len(log.producers)) == (0, 1, 1)
    again.abandon()


def test_what_was_written_after_the_log_was_opened_again_is_scanned_after_a_kill(data: DataDirectory) -> None:
    put(orders(data), b"1")
    close_idle(data)
    put(orders(data), b"2")
    again = killed(data)
    log = orders(again)
    assert log.scanned_bytes > 0
    assert values(log) == [b"1", b"2"]
    again.abandon()


def test_a_clean_shutdown_needs_no_open_logs(data: DataDirectory) -> None:
    put(orders(data), b"1")
    close_idle(data)
    data.close()
    again = DataDirectory.open(data.path, new_uuid=bytes)
    assert again.clean
    assert values(orders(again)) == [b"1"]
    again.abandon()


def test_a_producer_goes_on_and_its_last_five_batches_are_known_as_retries(data: DataDirectory) -> None:
    for sequence in range(6):
        put(orders(data), b"%d" % sequence, producer_id=7, producer_epoch=0, base_sequence=sequence)
    close_idle(data)
    log = orders(data)
    for sequence in range(1, 6):
        assert put(log, b"%d" % sequence, producer_id=7, producer_epoch=0, base_sequence=sequence).duplicate
    assert put(log, b"6", producer_id=7, producer_epoch=0, base_sequence=6).base_offset == 6
    with pytest.raises(Refused, match="OUT_OF_ORDER"):
        put(log, b"9", producer_id=7, producer_epoch=0, base_sequence=9)


def test_a_start_within_a_segment_is_kept(data: DataDirectory) -> None:
    put(orders(data), b"1", b"2")
    orders(data).start_at(1)
    close_idle(data)
    assert data.start_offset("orders", 0) == 1
    assert orders(data).log_start_offset == 1


def test_the_longest_unused_go_and_as_many_stay_open_as_may(data: DataDirectory) -> None:
    for partition in range(4):
        put(orders(data, partition), b"1")
    idle.idle_logs(data, keep_open=9)
    data.partition("orders", 2)
    assert close_idle(data, keep_open=1) == 3
    assert [log.partition for log in data.open_logs()] == [2]


def test_only_some_of_many_are_closed_at_a_look(data: DataDirectory) -> None:
    for partition in range(4):
        put(orders(data, partition), b"1")
    assert len(idle.idle_logs(data, keep_open=0, unused_looks=0, at_most=3)) == 3


def test_a_log_that_was_used_while_it_was_flushed_stays_open(data: DataDirectory) -> None:
    put(orders(data), b"1")
    (log,) = idle.idle_logs(data, keep_open=0, unused_looks=0)
    pending = log.prepare_close()
    put(orders(data), b"2")
    assert not idle.close(data, idle.Idle(log, pending))
    assert orders(data) is log


class Waiting:
    def pay(self, nbytes: int) -> None: ...

    def settle(self) -> None: ...


def test_a_log_that_somebody_waits_for_or_holds_or_that_has_a_transaction_open_stays_open(data: DataDirectory) -> None:
    orders(data, 0).watchers.add(Waiting())
    data.in_use.add(orders(data, 1))
    transact(orders(data, 2), b"v")
    assert close_idle(data) == 0


def test_a_closed_log_knows_its_aborted_transactions_again(data: DataDirectory) -> None:
    transact(orders(data), b"v")
    abort(orders(data))
    assert close_idle(data) == 1
    assert [aborted.first_offset for aborted in aborted_transactions(orders(data))] == [0]


def test_who_still_holds_a_closed_log_cannot_write_behind_the_back_of_the_open_one(data: DataDirectory) -> None:
    log = orders(data)
    put(log, b"1")
    close_idle(data)
    with pytest.raises(Refused, match="KAFKA_STORAGE_ERROR"):
        log.append(batch(b"2"), leader_epoch=0, timestamp_ms=NOW)


def test_a_log_that_was_closed_many_times_has_one_snapshot(data: DataDirectory, tmp_path: Path) -> None:
    for _ in range(3):
        put(orders(data), b"1")
        close_idle(data)
    assert [path.name for path in (tmp_path / "orders-0").glob("*.snapshot")] == ["00000000000000000003.snapshot"]


def test_a_closed_log_still_meets_its_retention(data: DataDirectory) -> None:
    log = orders(data, config=LogConfig(retention_ms=1000))
    put(log, b"1")
    close_idle(data)
    assert data.retain("orders", 0, NOW + 1001, [])
    data.retain("orders", 0, NOW + 1001, [])
    assert data.start_offset("orders", 0) == 1


@pytest.mark.parametrize(
    "config",
    [
        pytest.param(LogConfig(retention_ms=1000), id="by time"),
        pytest.param(LogConfig(retention_ms=-1, retention_bytes=100, segment_bytes=200), id="by size"),
        pytest.param(LogConfig(retention_ms=-1), id="never"),
        pytest.param(LogConfig(retention_ms=1000, cleanup_policy=("compact",)), id="compacted only"),
    ],
)
def test_retention_finds_in_a_closed_log_what_it_finds_in_an_open_one(data, config, monkeypatch) -> None:
    for partition in (0, 1):
        for number in range(4):
            put(orders(data, partition, config), b"x" * 60, timestamp=NOW + number)
    monkeypatch.setattr("pykbroker.storage.data_directory.due_on_disk", None)  # its files need not be looked at
    for timestamp in (NOW + 5, NOW + 1_000, NOW + 1_001, NOW + 2_000):
        data.rest(flushed(data, 1))
        for partition in (0, 1):
            data.retain("orders", partition, timestamp, [])
        opened = orders(data, 0).log_start_offset, orders(data, 1).log_start_offset
        assert opened[0] == opened[1]


def test_a_closed_log_is_not_opened_before_retention_has_something_to_do_in_it(data, monkeypatch) -> None:
    put(orders(data, config=LogConfig(retention_ms=1000)), b"1")
    close_idle(data)
    monkeypatch.setattr("pykbroker.storage.data_directory.due_on_disk", None)
    assert not data.retain("orders", 0, NOW + 1000, [])
    assert data.open_log("orders", 0) is None
    assert data.retain("orders", 0, NOW + 1001, [])
    assert orders(data).log_start_offset == 1


def flushed(data: DataDirectory, partition: int) -> PartitionLog:
    log = orders(data, partition)
    log.flush()
    return log
