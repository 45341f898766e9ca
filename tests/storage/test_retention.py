"""Retention: which segments go at which time, what stays on disk of it, and partitions that nobody opened."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from logs import NOW, batch, crashed, delete_expired, fill, offsets, open_log, put
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage import names
from pykbroker.storage.checkpoints import read_offsets
from pykbroker.storage.data_directory import DataDirectory
from pykbroker.storage.deletion import Doomed
from pykbroker.storage.dormant import AT_ONCE, due_on_disk
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.removals import remove
from pykbroker.storage.retention import NEVER, expired

ORDERS = b"o" * 16
DAY_MS = 24 * 3600 * 1000


class Kept(NamedTuple):
    base_offset: int
    size: int
    timestamp: int

    def largest_timestamp(self) -> int:
        return self.timestamp


THREE = [Kept(0, 100, 1_000), Kept(10, 50, 3_000), Kept(20, 30, 2_000)]  # 30 is the end


def count(
    segments: list[Kept], timestamp: int = 10_000, high_watermark: int = 30, start: int = 0, **config: object
) -> int:
    made = LogConfig(**{"retention_ms": -1, **config})
    end = {"log_start_offset": start, "log_end_offset": 30, "high_watermark": high_watermark}
    return expired(segments, made, timestamp=timestamp, **end)


@pytest.mark.parametrize(
    ("timestamp", "gone"), [(1_500, 0), (1_501, 1), (3_500, 1), (3_501, 3)], ids=["at", "past", "both later", "all"]
)
def test_a_segment_goes_when_its_newest_record_is_past_retention_ms_and_those_before_it_went(
    timestamp: int, gone: int
) -> None:
    assert count(THREE, timestamp, retention_ms=500) == gone


@pytest.mark.parametrize(
    ("retention_bytes", "gone"), [(181, 0), (180, 0), (81, 0), (80, 1), (31, 1), (30, 2), (1, 2), (0, 3), (-1, 0)]
)
def test_a_segment_goes_if_retention_bytes_are_left_without_it(retention_bytes: int, gone: int) -> None:
    assert count(THREE, retention_bytes=retention_bytes) == gone


def test_time_goes_on_where_size_ended() -> None:
    old_behind_new = [Kept(0, 100, 9_000), Kept(10, 50, 1_000), Kept(20, 30, 9_000)]
    assert count(old_behind_new, retention_ms=2_000) == 0
    assert count(old_behind_new, retention_ms=2_000, retention_bytes=80) == 2


def test_segments_before_the_start_go_whatever_the_policy() -> None:
    assert [count(THREE, start=start, cleanup_policy=("compact",)) for start in (9, 10, 19, 20, 30)] == [0, 1, 1, 2, 2]


@pytest.mark.parametrize(("high_watermark", "gone"), [(0, 0), (9, 0), (10, 1), (29, 2), (30, 3)])
def test_nothing_above_the_high_watermark_goes(high_watermark: int, gone: int) -> None:
    assert count(THREE, high_watermark=high_watermark, retention_ms=0) == gone


def test_an_empty_active_segment_stays() -> None:
    assert count([Kept(30, 0, 0)], retention_ms=0, retention_bytes=0) == 0
    assert count([*THREE, Kept(30, 0, 0)], retention_ms=0, retention_bytes=0) == 3


def test_a_topic_that_is_only_compacted_keeps_its_segments() -> None:
    assert count(THREE, retention_ms=0, retention_bytes=0, cleanup_policy=("compact",)) == 0
    assert count(THREE, retention_ms=0, cleanup_policy=("compact", "delete")) == 3
    assert count(THREE, retention_ms=0, cleanup_policy=()) == 0


# On real files


def small(**config: object) -> LogConfig:
    return LogConfig(**{"segment_bytes": 2048, "index_interval_bytes": 200, **config})


@pytest.fixture
def log(tmp_path: Path) -> PartitionLog:
    """40 batches of three records, ten seconds apart, in several segments."""
    log = open_log(tmp_path / "log", small(retention_ms=100_000))
    fill(log, 40)
    assert len(log.segments) >= 3
    return log


def names_in(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_what_is_past_its_time_is_out_of_reach_and_its_files_are_set_aside(log: PartitionLog, tmp_path: Path) -> None:
    second = log.segments[1]
    aside = delete_expired(log, second.max_timestamp + 100_000)
    assert (log.log_start_offset, log.segments[0]) == (second.base_offset, second)
    assert names_in(tmp_path / "log")[:3] == [f"{0:020d}.{kind}.deleted" for kind in ("index", "log", "timeindex")]
    assert sorted(path.name for path in aside) == names_in(tmp_path / "log")[:3]
    with pytest.raises(Refused) as refused:
        log.read(0, 1000)
    assert refused.value.code is ErrorCode.OFFSET_OUT_OF_RANGE


def test_snapshots_of_producers_go_with_their_segments(log: PartitionLog, tmp_path: Path) -> None:
    bases = [segment.base_offset for segment in log.segments]
    delete_expired(log, log.segments[1].max_timestamp + 100_001)
    assert not (tmp_path / "log" / f"{bases[1]:020d}.snapshot").exists()
    assert (tmp_path / "log" / f"{bases[2]:020d}.snapshot").exists()


def test_a_log_that_is_all_past_its_time_goes_on_where_it_ended(log: PartitionLog, tmp_path: Path) -> None:
    delete_expired(log, NOW + DAY_MS)
    assert [segment.base_offset for segment in log.segments] == [120]
    assert (log.log_start_offset, log.log_end_offset, log.size_bytes) == (120, 120, 0)
    assert delete_expired(log, NOW + 2 * DAY_MS) == []
    again = crashed(log, log.config)
    assert (again.log_start_offset, again.log_end_offset) == (120, 120)
    assert put(again, b"next").base_offset == 120


def test_a_producer_goes_on_after_all_its_records_went(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", small(retention_ms=100))
    put(log, b"a", b"b", producer_id=7, producer_epoch=0, base_sequence=0)
    delete_expired(log, NOW + DAY_MS)
    for each in (log, crashed(log, log.config)):
        assert each.append(
            batch(b"a", b"b", producer_id=7, producer_epoch=0, base_sequence=0), leader_epoch=0, timestamp_ms=NOW
        ).duplicate


def test_segments_before_the_start_that_kafka_left_go_and_the_start_within_the_next_stays(log: PartitionLog) -> None:
    second = log.segments[1].base_offset
    again = crashed(log, small(retention_ms=-1), log_start_offset=second + 1)
    assert (again.log_start_offset, again.segments[0].base_offset) == (second + 1, second)


def test_records_without_a_time_go_by_when_they_were_written(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log", small(retention_ms=100))
    put(log, b"a", timestamp=-1)
    os.utime(log.segments[0].path, ns=(0, NOW * 1_000_000))
    assert delete_expired(log, NOW + 100) == []
    assert delete_expired(log, NOW + 101) != []


def test_a_record_from_the_future_keeps_its_segment_and_those_behind(log: PartitionLog) -> None:
    log.segments[0].max_timestamp = NOW + 10 * DAY_MS
    assert delete_expired(log, NOW + DAY_MS) == []
    assert offsets(log)[0] == 0


# Partitions of a data directory


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[LogConfig], DataDirectory]]:
    """Opens the same directory as a new broker would, with `orders` of that config."""
    directories: list[DataDirectory] = []

    def open_directory(config: LogConfig) -> DataDirectory:
        directories.append(DataDirectory.open(tmp_path / "data", new_uuid=lambda: b"i" * 16))
        directories[-1].create_partition("orders", 0, ORDERS, config)
        return directories[-1]

    yield open_directory
    for directory in directories:
        directory.abandon()


Opened = Callable[[LogConfig], DataDirectory]
WEEK = small(retention_ms=7 * DAY_MS, file_delete_delay_ms=5_000)


def retained(directory: DataDirectory, timestamp: int) -> bool:
    doomed: list[Doomed] = []
    took_time = directory.retain("orders", 0, timestamp, doomed)
    directory.condemn(doomed)
    return took_time


def left_open(directory: DataDirectory) -> int:
    return len(list(directory.open_logs()))


def written(opened: Opened, *, clean: bool = True) -> int:
    """A broker wrote some and ended; its last timestamp."""
    directory = opened(WEEK)
    fill(directory.partition("orders", 0), 40)
    last = directory.partition("orders", 0).segments[-1].max_timestamp
    directory.close() if clean else directory.abandon()
    return last


def test_files_are_removed_when_their_topics_delay_is_over(opened: Opened, tmp_path: Path) -> None:
    directory = opened(WEEK)
    fill(directory.partition("orders", 0), 40)
    assert retained(directory, NOW + 8 * DAY_MS)
    assert directory.removals.take_due(1_000) == directory.removals.take_due(5_999) == []
    assert list(tmp_path.rglob("*.deleted"))
    remove(directory.removals.take_due(6_000))
    assert (list(tmp_path.rglob("*.deleted")), len(directory.removals)) == ([], 0)


def test_what_took_a_files_place_is_on_disk_before_it_is_gone(
    log: PartitionLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[list[str]] = []
    monkeypatch.setattr("pykbroker.storage.removals.sync_directory", lambda path: synced.append(names_in(path)))
    aside = delete_expired(log, NOW + DAY_MS)
    remove(aside)
    assert len(synced) == 1
    assert {f"{120:020d}.log", *(path.name for path in aside)} <= set(synced[0])
    assert not any(path.exists() for path in aside)


def test_a_start_that_retention_moved_is_known_after_a_kill_and_after_a_shutdown(
    opened: Opened, tmp_path: Path
) -> None:
    directory = opened(WEEK)
    log = directory.partition("orders", 0)
    fill(log, 40)
    retained(directory, log.segments[0].max_timestamp + 7 * DAY_MS + 1)
    start = log.log_start_offset
    assert start > 0
    directory.abandon()
    directory = opened(WEEK)
    assert directory.partition("orders", 0).log_start_offset == start
    directory.close()
    assert read_offsets(tmp_path / "data" / names.LOG_START_OFFSETS) == {("orders", 0): start}
    assert opened(WEEK).partition("orders", 0).log_start_offset == start


@pytest.mark.parametrize("clean", [True, False], ids=["shut down", "killed"])
def test_a_partition_that_nobody_opened_is_opened_when_something_in_it_is_due(opened: Opened, clean: bool) -> None:
    last = written(opened, clean=clean)
    directory = opened(WEEK)
    assert retained(directory, NOW)  # it is looked at
    assert not retained(directory, NOW + 6 * DAY_MS)
    assert left_open(directory) == 0
    assert retained(directory, last + 7 * DAY_MS + 1)
    log = directory.partition("orders", 0)
    assert (log.log_start_offset, log.log_end_offset) == (120, 120)


def test_a_partition_that_nobody_opened_is_not_looked_at_again_before_that(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(opened)
    directory = opened(WEEK)
    retained(directory, NOW)
    monkeypatch.setattr("os.scandir", None)
    assert not any(retained(directory, NOW + hour * 3_600_000) for hour in range(24))


def test_a_new_config_makes_it_looked_at_again(opened: Opened) -> None:
    written(opened)
    directory = opened(WEEK)
    retained(directory, NOW + DAY_MS)
    directory.configure("orders", small(retention_ms=1000))
    assert [retained(directory, NOW + DAY_MS) for _ in range(3)] == [True, True, False]
    assert directory.partition("orders", 0).log_start_offset == 120


def test_a_partition_without_files_gets_none(opened: Opened, tmp_path: Path) -> None:
    directory = opened(WEEK)
    for day in range(20):
        retained(directory, NOW + day * DAY_MS)
    assert not (tmp_path / "data" / "orders-0").exists()


def test_files_tell_when_a_partition_is_due(opened: Opened, tmp_path: Path) -> None:
    written(opened)
    files, log = tmp_path / "data" / "orders-0", opened(WEEK).partition("orders", 0)
    first, size = log.segments[0], log.size_bytes
    assert due_on_disk(files, WEEK) == first.max_timestamp + 7 * DAY_MS + 1
    left = size - first.size
    by_size = [due_on_disk(files, small(retention_ms=-1, retention_bytes=most)) for most in (left, left + 1)]
    assert by_size == [AT_ONCE, NEVER]
    (files / f"{0:020d}.log.deleted").touch()
    assert due_on_disk(files, WEEK) == AT_ONCE
