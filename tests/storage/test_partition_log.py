"""Appends, reads, rolls, and what of them survives."""

from __future__ import annotations

from pathlib import Path

import pytest
from logs import NOW, SMALL, batch, crashed, fill, offsets, open_log, put, values
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage.batch import read_header
from pykbroker.storage.records import Record


def test_batches_get_consecutive_offsets_and_are_read_back_as_they_were(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    assert put(log, b"a", b"b")[:2] == (0, 1)
    assert put(log, None, b"", b"c")[:2] == (2, 4)
    assert values(log) == [b"a", b"b", None, b"", b"c"]
    assert log.log_end_offset == log.high_watermark == log.last_stable_offset == 5


def test_only_the_brokers_two_fields_of_a_batch_change(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log, b"before")
    sent = batch(b"a", b"b")
    log.append(memoryview(sent), leader_epoch=7, timestamp_ms=NOW)
    written = log.read(1, 10_000).read()
    assert written[16:] == sent[16:]
    assert read_header(written)[:3] == (1, len(sent) - 12, 7)


def test_every_offset_of_many_segments_is_found_in_its_batch(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    fill(log, 100)
    assert len(log.segments) > 5
    for offset in range(log.log_end_offset):
        header = read_header(log.read(offset, 1, at_least_one=True).read())
        assert header.base_offset <= offset <= header.last_offset


def test_a_read_is_cut_at_its_size_and_the_first_batch_is_whole_on_demand(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    size = len(batch(b"v"))
    put(log)
    put(log)
    assert log.read(0, size + 10).length == size + 10
    assert log.read(0, 10) is None
    assert log.read(0, 10, at_least_one=True).length == size
    assert log.read(1, 10_000).length == size
    assert log.read(0, 0) is None


def test_a_read_ends_before_the_offset_that_bounds_it(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    fill(log, 40)
    for bound in range(0, log.log_end_offset, 3):
        offset = 0
        while (found := log.read(offset, 10_000, up_to=bound)) is not None:
            content, position = found.read(), 0
            while position < len(content):
                header = read_header(content, position)
                position, offset = position + header.size, header.last_offset + 1
        assert offset == bound


@pytest.mark.parametrize("offset", [-1, 2])
def test_offsets_outside_the_log_are_refused(tmp_path: Path, offset: int) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log)
    with pytest.raises(Refused) as refused:
        log.read(offset, 100)
    assert refused.value.code is ErrorCode.OFFSET_OUT_OF_RANGE
    assert log.read(1, 100) is None


def test_a_reader_at_the_end_goes_on_behind_a_roll(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log, b"a")
    assert log.read(0, 1000).length == log.size_bytes
    log.roll()
    assert log.read(1, 1000) is None
    put(log, b"b")
    assert read_header(log.read(1, 1000).read()).base_offset == 1


def test_a_slice_outlives_the_segments_descriptor(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log, b"kept")
    found = log.read(0, 1000)
    log.abandon()
    assert b"kept" in found.read()


def test_watchers_are_paid_for_each_append(tmp_path: Path) -> None:
    class Purse(list[int]):
        __hash__ = object.__hash__  # type: ignore[assignment]
        pay = list.append

    log, purse = open_log(tmp_path / "orders-0"), Purse()
    log.watchers.add(purse)
    put(log, b"a")
    log.watchers.clear()
    put(log, b"a")
    assert purse == [len(batch(b"a"))]


def test_a_segment_rolls_when_a_batch_does_not_fit(tmp_path: Path) -> None:
    size = len(batch(b"v"))
    log = open_log(tmp_path / "orders-0", LogConfig(segment_bytes=2 * size))
    for _ in range(5):
        put(log)
    assert [segment.base_offset for segment in log.segments] == [0, 2, 4]


def test_a_segment_rolls_when_its_first_batch_is_older_than_segment_ms(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(segment_ms=1000))
    for timestamp in (NOW, NOW + 1000, NOW + 1001, NOW + 1002):
        put(log, timestamp=timestamp, now=NOW + 1002)
    assert [segment.base_offset for segment in log.segments] == [0, 2]


def test_a_segment_without_timestamps_rolls_by_the_brokers_clock(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(segment_ms=1000))
    for now in (NOW, NOW + 1000, NOW + 1001):
        put(log, timestamp=-1, now=now)
    assert [segment.base_offset for segment in log.segments] == [0, 2]


def test_a_segment_rolls_when_an_index_is_full(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(index_interval_bytes=0, segment_index_bytes=48))
    fill(log, 10)
    assert all(len(segment.time_index) <= 4 for segment in log.segments)
    assert len(log.segments) > 1


def test_a_segment_rolls_before_an_offset_no_longer_fits_its_indexes(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log)
    log.log_end_offset = 2**31 - 1  # as if so many records stood there
    put(log, b"last that fits")
    put(log, b"first of the next")
    assert [segment.base_offset for segment in log.segments] == [0, 2**31]


def test_the_topics_append_time_is_stamped_and_reported(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(message_timestamp_type="LogAppendTime"))
    assert put(log, b"a", b"b", timestamp=5, now=NOW).log_append_time_ms == NOW
    found = log.offset_for_timestamp(NOW)
    assert (found.timestamp, found.offset) == (NOW, 0)
    assert values(crashed(log)) == [b"a", b"b"]  # the CRC was stamped along


def test_the_brokers_own_records_are_appended_as_one_batch(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    records = [Record(b"k", b"v", NOW), Record(b"k", None, NOW, [("h", b"x")])]
    assert log.append_records(records, leader_epoch=3, timestamp_ms=NOW)[:2] == (0, 1)
    [(header, _)] = log.batches()
    assert (header.partition_leader_epoch, header.records_count, log.leader_epoch) == (3, 2, 3)


def test_a_clean_shutdown_leaves_nothing_to_scan(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    fill(log, 50)
    expected = values(log)
    log.close()
    again = open_log(tmp_path / "orders-0", SMALL, clean=True, recovery_point=log.recovery_point)
    assert (values(again), again.recovery_point) == (expected, 150)
    put(again, b"next")
    assert offsets(again) == list(range(151))
