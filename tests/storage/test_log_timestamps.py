"""Offsets by time, exact to the record."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from logs import NOW, SMALL, crashed, open_log
from pykbroker_protocol.records.batch import NO_TIMESTAMP

from pykbroker.config.topic import LogConfig
from pykbroker.storage.compression import NAMES
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record, build_batch

Times = list[int]


def write(log: PartitionLog, codec: int, dice: random.Random, disorder: int) -> Times:
    """A timestamp for each offset: rising, but for some disorder."""
    times: Times = []
    for number in range(120):
        part = [NOW + number * 10 + dice.randint(-disorder, disorder) for _ in range(dice.randint(1, 6))]
        records = [Record(None, b"v" * 30, timestamp) for timestamp in part]
        log.append(build_batch(records, codec=codec), leader_epoch=number // 50, timestamp_ms=NOW)
        times += part
    return times


def check(log: PartitionLog, times: Times) -> None:
    for timestamp in range(NOW - 200, NOW + 1400, 3):
        expected = next(((time, offset) for offset, time in enumerate(times) if time >= timestamp), None)
        found = log.offset_for_timestamp(timestamp)
        assert (found and found[:2]) == expected
    found = log.offset_of_max_timestamp()
    assert found[:2] == (max(times), times.index(max(times)))


@pytest.mark.parametrize("codec", range(len(NAMES)), ids=NAMES)
@pytest.mark.parametrize("disorder", [0, 150])
def test_a_time_is_found_in_every_codec(tmp_path: Path, codec: int, disorder: int) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    times = write(log, codec, random.Random(disorder), disorder)
    check(log, times)
    log.close()
    check(open_log(tmp_path / "orders-0", SMALL, clean=True, recovery_point=log.log_end_offset), times)


@pytest.mark.parametrize("config", [SMALL, LogConfig(), LogConfig(index_interval_bytes=0)])
def test_a_time_is_found_after_a_kill(tmp_path: Path, config: LogConfig) -> None:
    log = open_log(tmp_path / "orders-0", config)
    times = write(log, 0, random.Random(3), 150)
    check(crashed(log, config), times)


def test_the_leader_epoch_is_that_of_the_batch(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    times = write(log, 0, random.Random(3), 0)
    assert log.offset_for_timestamp(times[0]).leader_epoch == 0
    assert log.offset_of_max_timestamp().leader_epoch == 2


def test_records_without_timestamps_are_not_found(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    assert log.offset_of_max_timestamp() is None
    log.append(build_batch([Record(None, b"v", NO_TIMESTAMP)]), leader_epoch=0, timestamp_ms=NOW)
    assert log.offset_of_max_timestamp() is None
    assert log.offset_for_timestamp(0) is None
