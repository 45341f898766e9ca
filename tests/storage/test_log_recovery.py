"""What is found after a kill: a tail that is cut or damaged anywhere, segments behind it, indexes and producers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from logs import NOW, PLAIN, SMALL, batch, copies, crashed, fill, offsets, open_log, put, sizes, values

from pykbroker.config.topic import LogConfig
from pykbroker.storage.batch import read_header

DENSE = LogConfig(index_interval_bytes=200)
LEADER_EPOCH_BYTES = range(12, 16)  # of a batch: no CRC covers them, as in Kafka


def written(tmp_path: Path) -> tuple[Path, list[int]]:
    """A log of one segment with three batches in its tail, and their sizes."""
    log = open_log(tmp_path / "orders-0")
    for number in range(3):
        put(log, b"value %d" % number, b"second", producer_id=9, producer_epoch=0, base_sequence=2 * number)
    log.abandon()
    path = Path(log.segments[0].path)
    return path, sizes(path)


def test_a_tail_cut_at_any_byte_keeps_the_batches_that_are_whole(tmp_path: Path) -> None:
    path, batches = written(tmp_path)
    content = path.read_bytes()
    ends = [sum(batches[:count]) for count in range(len(batches) + 1)]
    for cut, copy in zip(range(len(content)), copies(path.parent, tmp_path), strict=False):
        (copy / path.name).write_bytes(content[:cut])
        log = open_log(copy, clean=False)
        whole = max(end for end in ends if end <= cut)
        assert (log.log_end_offset, (copy / path.name).stat().st_size) == (2 * ends.index(whole), whole)
        assert put(log, b"next").base_offset == 2 * ends.index(whole)
        log.abandon()


def test_a_tail_with_any_byte_flipped_is_cut_before_the_batch_that_has_it(tmp_path: Path) -> None:
    path, batches = written(tmp_path)
    content = path.read_bytes()
    starts = [sum(batches[:count]) for count in range(len(batches))]
    for flipped, copy in zip(range(len(content)), copies(path.parent, tmp_path), strict=False):
        damaged = bytearray(content)
        damaged[flipped] ^= 0x55
        (copy / path.name).write_bytes(damaged)
        log = open_log(copy, clean=False)
        hit = max(start for start in starts if start <= flipped)
        good = len(starts) if flipped - hit in LEADER_EPOCH_BYTES else starts.index(hit)
        assert log.log_end_offset == 2 * good, flipped
        assert len(values(log)) == 2 * good
        log.abandon()


def test_garbage_behind_the_last_batch_goes(tmp_path: Path) -> None:
    path, _ = written(tmp_path)
    for garbage in (b"\0" * 100, b"\xff" * 100, b"\0" * 8 + b"\0\0\0\x10" + b"\2" * 40, path.read_bytes()):
        with path.open("ab") as file:
            file.write(garbage)
        log = open_log(path.parent, clean=False)
        assert log.log_end_offset == 6
        log.abandon()


def test_segments_behind_the_first_bad_batch_are_deleted(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    fill(log, 60)
    third, bases = Path(log.segments[2].path), [segment.base_offset for segment in log.segments]
    damaged = bytearray(third.read_bytes())
    damaged[sizes(third)[0] + 70] ^= 1  # in its second batch
    third.write_bytes(damaged)
    log = crashed(log, SMALL)
    assert [segment.base_offset for segment in log.segments] == bases[:3]
    assert offsets(log) == list(range(bases[2] + 3))
    names = {int(name.name.split(".")[0]) for name in (tmp_path / "orders-0").glob("0*")}
    assert names == set(bases[:3])


def test_a_missing_segment_ends_the_log_before_it(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    fill(log, 60)
    Path(log.segments[2].path).unlink()
    end = log.segments[2].base_offset
    assert offsets(crashed(log, SMALL)) == list(range(end))


def test_what_lies_below_the_recovery_point_is_not_scanned(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    fill(log, 60)
    log.flush()
    flushed = log.recovery_point
    fill(log, 2)
    path = Path(log.segments[0].path)
    damaged = bytearray(path.read_bytes())
    damaged[70] ^= 1
    path.write_bytes(damaged)  # known good: damage is found when it is read
    log = crashed(log, SMALL)
    assert (flushed, log.log_end_offset) == (180, 186)


def test_recovery_reads_only_what_is_behind_the_recovery_point(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    fill(log, 200)
    log.flush()
    flushed = log.size_bytes
    fill(log, 100)
    log.prepare_flush()  # the indexes know of batches that may be torn
    log = crashed(log)
    assert (log.scanned_bytes, log.log_end_offset) == (log.size_bytes - flushed, 900)
    assert log.recovery_point == 600  # a scan is no fsync


def test_times_of_batches_that_were_cut_are_forgotten(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", DENSE)
    for number in range(10):
        put(log, b"a" * 150, timestamp=NOW + number)
        if number == 3:
            log.flush()
    log.prepare_flush()
    with Path(log.segments[-1].path).open("r+b") as file:
        file.truncate(log.segments[-1].size - len(batch(b"a" * 150)) - 1)
    log = crashed(log, DENSE)
    assert log.offset_of_max_timestamp()[:2] == (NOW + 7, 7)
    assert log.offset_for_timestamp(NOW + 8) is None


@pytest.mark.parametrize("flushed", [0, 1, 7, 30, 59])
def test_indexes_are_rebuilt_as_they_were_written(tmp_path: Path, flushed: int) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    for number in range(60):
        put(log, b"a" * 50, timestamp=NOW + number * 10, producer_id=9, producer_epoch=0, base_sequence=number)
        if number == flushed:
            log.flush()
    log.prepare_flush()  # entries behind the recovery point may be in the files too
    expected = [(list(segment.offset_index), list(segment.time_index)) for segment in log.segments]
    log = crashed(log, SMALL)
    assert [(list(segment.offset_index), list(segment.time_index)) for segment in log.segments] == expected
    put(log, b"on it goes", timestamp=NOW + 600, now=NOW + 600, producer_id=9, producer_epoch=0, base_sequence=60)
    assert offsets(log) == list(range(61))


@pytest.mark.parametrize("clean", [True, False])
@pytest.mark.parametrize("suffix", [".index", ".timeindex"])
@pytest.mark.parametrize("content", [None, b"", b"\xff" * 24, b"abc"])
def test_a_lost_or_damaged_index_is_built_again(
    tmp_path: Path, suffix: str, content: bytes | None, clean: bool
) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    fill(log, 60)
    log.close()
    for segment in (log.segments[1], log.segments[-1]):
        path = Path(segment.path).with_suffix(suffix)
        path.unlink()
        if content is not None:
            path.write_bytes(content)
    log = open_log(tmp_path / "orders-0", SMALL, clean=clean, recovery_point=180)
    assert offsets(log) == list(range(180))
    for offset in range(180):
        found = log.offset_for_timestamp(NOW + offset // 3 * 10_000 + offset % 3)
        batch = log.read(offset, 61, at_least_one=True).read()
        assert (found.offset, read_header(batch).base_offset) == (offset, offset // 3 * 3)


def test_an_index_that_was_preallocated_ends_where_its_zeros_begin(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", PLAIN)
    fill(log, 500)
    log.close()
    expected = list(log.segments[0].offset_index)
    for suffix, size in ((".index", 10_485_760), (".timeindex", 10_485_756)):
        with Path(log.segments[0].path).with_suffix(suffix).open("r+b") as file:
            file.truncate(size)
    log = open_log(tmp_path / "orders-0", clean=True, recovery_point=1500)
    assert (list(log.segments[0].offset_index), log.log_end_offset) == (expected, 1500)
    assert Path(log.segments[0].path).with_suffix(".index").stat().st_size == 8 * len(expected)


def test_files_without_a_log_and_leftovers_of_a_crash_go(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log)
    strangers = ["00000000000000000007.index", "00000000000000000007.timeindex", "00000000000000000000.log.deleted"]
    for name in [*strangers, "leader-epoch-checkpoint.tmp", "00000000000000000003.log.cleaned"]:
        (tmp_path / "orders-0" / name).write_bytes(b"x")
    assert values(crashed(log)) == [b"v"]
    assert {path.suffix for path in (tmp_path / "orders-0").iterdir()} == {".log", ".index", ".timeindex", ""}


def test_offsets_may_have_gaps_where_a_topic_is_compacted(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log, b"a")
    log.log_end_offset += 5  # as if compaction had emptied the batches between
    put(log, b"b")
    assert offsets(crashed(log, LogConfig(cleanup_policy=("compact",)))) == [0, 6]


def test_a_batch_larger_than_what_is_read_at_once_is_checked_whole(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(max_message_bytes=10_000_000))
    for _ in range(3):
        put(log, b"x" * 3_000_000)
    assert crashed(log).log_end_offset == 3
    path = Path(log.segments[0].path)
    damaged = bytearray(path.read_bytes())
    damaged[-5] ^= 1
    path.write_bytes(damaged)
    assert crashed(log).log_end_offset == 2


def test_leader_epochs_are_those_of_the_batches(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    for leader_epoch in (0, 0, 2, 5):
        put(log, leader_epoch=leader_epoch)
    (tmp_path / "orders-0" / "leader-epoch-checkpoint").unlink()
    log = crashed(log)
    assert [log.end_offset_for_epoch(epoch) for epoch in range(7)] == [
        (0, 2), (0, 2), (2, 3), (2, 3), (2, 3), (5, 4), (-1, -1),
    ]  # fmt: skip


def test_an_epoch_of_batches_that_were_cut_is_forgotten(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    put(log, leader_epoch=0)
    put(log, leader_epoch=1)
    with Path(log.segments[0].path).open("r+b") as file:
        file.truncate(log.segments[0].size - 1)
    assert crashed(log).leader_epoch == 0


def test_a_copy_that_was_taken_while_running_recovers(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", SMALL)
    for number in range(40):
        put(log, b"%d" % number * 30)
        if number % 10 == 5:
            shutil.copytree(tmp_path / "orders-0", tmp_path / f"copy-{number}")
            assert len(values(open_log(tmp_path / f"copy-{number}", SMALL, clean=False))) == number + 1
