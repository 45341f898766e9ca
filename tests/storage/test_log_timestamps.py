"""Offsets by time, exact to the record."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from crc32c import crc32c
from logs import NOW, SMALL, crashed, open_log
from pykbroker_protocol.records.batch import CRC_START, HEADER_SIZE, NO_TIMESTAMP

from pykbroker.config.topic import LogConfig
from pykbroker.storage import search, validation
from pykbroker.storage.batch import HEADER, read_header
from pykbroker.storage.compression import NAMES
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import MOST_RECORDS, Record, build_batch, records_of

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


def lying(batch: bytes, **header: int) -> bytes:
    """`batch` with other header fields, and its CRC right."""
    fields = read_header(batch)._replace(**header)
    packed = HEADER.pack(*fields._replace(crc=0))
    crc = crc32c(batch[HEADER_SIZE:], crc32c(packed[CRC_START:]))
    return HEADER.pack(*fields._replace(crc=crc)) + batch[HEADER_SIZE:]


@pytest.fixture
def unsurveyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches get into the log as where there was no compiler: nobody looks at their records."""
    monkeypatch.setattr(validation, "COMPILED", False)


@pytest.mark.usefixtures("unsurveyed")
def test_batches_that_promise_a_time_they_do_not_have_cost_one_decoding_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, decoded = open_log(tmp_path / "orders-0"), []
    for _ in range(20):
        batch = lying(build_batch([Record(None, b"v", 1_000)]), max_timestamp=NOW)
        log.append(batch, leader_epoch=0, timestamp_ms=NOW)
    original = search.records_of
    monkeypatch.setattr(search, "records_of", lambda *batch: decoded.append(batch) or original(*batch))
    assert log.offset_for_timestamp(NOW - 1)[:2] == (NOW, 0)
    assert log.offset_of_max_timestamp()[:2] == (NOW, 0)
    assert len(decoded) == 2


@pytest.mark.usefixtures("unsurveyed")
def test_a_batch_that_is_too_much_to_decode_is_found_by_its_header(tmp_path: Path) -> None:
    log, count = open_log(tmp_path / "orders-0"), MOST_RECORDS + 1
    batch = lying(build_batch([Record(None, b"v", NOW)]), records_count=count, last_offset_delta=count - 1)
    log.append(batch, leader_epoch=0, timestamp_ms=NOW)
    assert log.offset_for_timestamp(NOW)[:2] == (NOW, 0)


@pytest.mark.usefixtures("unsurveyed")
def test_a_batch_of_garbage_is_found_by_its_header(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    batch = build_batch([Record(None, b"v", NOW)])
    log.append(lying(batch[:-1] + b"\x7f", max_timestamp=NOW + 1), leader_epoch=0, timestamp_ms=NOW)
    assert log.offset_for_timestamp(NOW + 1)[:2] == (NOW + 1, 0)
    assert log.offset_of_max_timestamp()[:2] == (NOW + 1, 0)


@pytest.mark.usefixtures("unsurveyed")
def test_times_go_around_the_end_of_64_bits_as_javas_do(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    batch = build_batch([Record(None, b"v", NOW), Record(None, b"v", NOW + 5)])
    log.append(lying(batch, base_timestamp=2**63 - 2, max_timestamp=NOW), leader_epoch=0, timestamp_ms=NOW)
    assert log.offset_for_timestamp(NOW)[:2] == (2**63 - 2, 0)
    records = records_of(*next((batch, header) for header, batch in log.batches()))
    assert [record.timestamp for record in records] == [2**63 - 2, 3 - 2**63]


def test_records_without_timestamps_are_not_found(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    assert log.offset_of_max_timestamp() is None
    log.append(build_batch([Record(None, b"v", NO_TIMESTAMP)]), leader_epoch=0, timestamp_ms=NOW)
    assert log.offset_of_max_timestamp() is None
    assert log.offset_for_timestamp(0) is None
