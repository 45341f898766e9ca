"""Damage and absence: told with file and position, never papered over, and nothing known good is given up."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from compacting import COMPACTED, put_all, written
from logs import NOW, SMALL, crashed, fill, open_log, put, sizes, values
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage import files
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.recovery import StorageError
from pykbroker.storage.segment import BrokenBatch


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x55
    path.write_bytes(content)


@pytest.fixture
def log(tmp_path: Path) -> PartitionLog:
    """Ten batches in one segment, 0 to 9."""
    log = open_log(tmp_path / "orders-0", LogConfig(index_interval_bytes=1_000_000))
    for number in range(10):
        put(log, b"%d" % number, timestamp=NOW + number)
    return log


def place_of(log: PartitionLog, number: int) -> int:
    return sum(sizes(Path(log.segments[0].path))[:number])


@pytest.mark.parametrize(
    "looked_up",
    [
        lambda log: log.read(5, 1000),
        lambda log: list(log.batches()),
        lambda log: log.offset_for_timestamp(NOW + 5),
        lambda log: log.offset_of_max_timestamp(),
    ],
    ids=["read", "batches", "timestamp", "largest timestamp"],
)
def test_damage_that_any_look_up_meets_is_told_with_file_and_position_once(log, caplog, looked_up) -> None:
    place, path = place_of(log, 3), Path(log.segments[0].path)
    flip(path, place + 8)  # the length of the batch
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            looked_up(log)
        assert refused.value.code is ErrorCode.CORRUPT_MESSAGE
    assert caplog.text.count(f"{path} at byte {place}") == 1


def test_damage_below_the_recovery_point_is_not_cut_away(log) -> None:
    log.flush()
    place, path = place_of(log, 3), Path(log.segments[0].path)
    flip(path, place + 65)
    put(log, b"behind it")
    Path(log.segments[0].path.replace(".log", ".index")).unlink()  # or nothing there would be looked at
    before = path.read_bytes()
    with pytest.raises(
        StorageError, match=f"{path} is damaged at byte {place}, at offset 3.*truncate -s {place} {path}"
    ):
        crashed(log)
    assert path.read_bytes() == before


def test_what_the_operator_gives_up_is_gone_and_said_to_be(log, caplog) -> None:
    log.flush()
    os.truncate(log.segments[0].path, place_of(log, 3))
    log.segments[0].offset_index.clear()
    assert crashed(log).log_end_offset == 3
    assert "records lost: partition=orders-0 end_offset=3 on_disk_before=10" in caplog.text


def test_what_is_cut_behind_the_recovery_point_is_said_with_file_position_and_bytes(log, caplog) -> None:
    place, path = place_of(log, 7), Path(log.segments[0].path)
    size = path.stat().st_size
    flip(path, place + 65)
    assert crashed(log).log_end_offset == 7
    assert f"log cut: partition=orders-0 file={path} position={place} bytes={size - place} end_offset=7" in caplog.text


def test_a_compaction_writes_no_batch_anew_whose_crc_is_not_right(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    put_all(log, (b"a", b"1"), (b"b", b"1"))
    put_all(log, (b"a", b"2"))
    log.roll()
    put_all(log, (b"c", b"3"))
    path = Path(log.segments[0].path)
    flip(path, sizes(path)[0] - 2)  # in the last record's value
    with pytest.raises(BrokenBatch, match="CRC"):
        written(log)


def test_a_file_that_is_gone_is_not_made_anew(log) -> None:
    path = Path(log.segments[0].path)
    log.segments[0].release()
    path.unlink()
    for ask in (lambda: log.read(0, 1000), lambda: put(log, b"next")):
        with pytest.raises(Refused) as refused:
            ask()
        assert refused.value.code is ErrorCode.KAFKA_STORAGE_ERROR
    assert not path.exists()


def test_a_file_that_is_shorter_than_it_was_takes_no_writes(log) -> None:
    log.segments[0].release()
    os.truncate(log.segments[0].path, place_of(log, 3))
    with pytest.raises(Refused) as refused:
        put(log, b"next")
    assert refused.value.code is ErrorCode.KAFKA_STORAGE_ERROR


def test_an_index_that_ends_early_is_the_partitions_trouble(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    fill(log, 40)
    os.truncate(log.segments[0].path.replace(".log", ".index"), 8)
    with pytest.raises(Refused) as refused:
        log.read(30, 1000)
    assert refused.value.code is ErrorCode.KAFKA_STORAGE_ERROR


def test_a_batch_that_is_in_the_log_is_answered_though_its_index_could_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(index_interval_bytes=0))
    real = files.write_pieces

    def full_for_indexes(descriptor: int, pieces: list[bytes | memoryview]) -> int:
        if sum(map(len, pieces)) >= 8192:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, pieces)

    with monkeypatch.context() as full:
        full.setattr(files, "write_pieces", full_for_indexes)
        for number in range(1100):
            put(log, b"%d" % number, timestamp=NOW + number)
    log.flush()
    assert [log.read(offset, 1, at_least_one=True).read()[7] for offset in (0, 200, 255)] == [0, 200, 255]
    assert values(crashed(log))[1099] == b"1099"


def test_a_leader_epoch_that_could_not_be_written_is_written_with_the_next_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(tmp_path / "orders-0")

    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as failing:
        failing.setattr(files.os, "replace", fail)
        with pytest.raises(Refused):
            put(log, b"a", leader_epoch=3)
    put(log, b"a", leader_epoch=3)
    assert (tmp_path / "orders-0" / "leader-epoch-checkpoint").read_text().splitlines()[2:] == ["3 0"]
