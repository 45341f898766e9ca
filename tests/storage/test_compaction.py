"""What a compaction leaves of a log: the latest record of each key, where it was."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from compacting import COMPACTED, DAY, compact, latest, names, put_all, records, written
from logs import NOW, batch, crashed, delete_before, open_log
from pykbroker_protocol.errors import Refused
from pykbroker_protocol.records.batch import DELETE_HORIZON

from pykbroker.config.topic import LogConfig
from pykbroker.storage.compacting import Compaction, Stopped
from pykbroker.storage.compaction import Piece, work
from pykbroker.storage.compression import NAMES
from pykbroker.storage.files import Descriptors
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record, build_batch
from pykbroker.storage.swapping import swap


def three_segments(directory: Path, config: LogConfig = COMPACTED) -> PartitionLog:
    """a and b in the first, a in the second, c in the active one."""
    log = open_log(directory, config)
    put_all(log, (b"a", b"1"), (b"b", b"1"))
    log.roll()
    put_all(log, (b"a", b"2"))
    log.roll()
    put_all(log, (b"c", b"1"))
    return log


def test_the_latest_record_of_each_key_stays_at_its_offset(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0")
    assert compact(log) == 3
    assert records(log) == [(1, b"b", b"1"), (2, b"a", b"2"), (3, b"c", b"1")]
    assert (log.log_start_offset, log.log_end_offset) == (0, 4)


def test_small_neighbours_become_one_segment(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0")
    compact(log)
    assert names(tmp_path / "orders-0") == ["00000000000000000000.log", "00000000000000000003.log"]


def test_segments_grow_no_larger_than_the_topic_says(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0", LogConfig(**{**COMPACTED.__dict__, "segment_bytes": 100}))
    assert len(log.segments) == 3
    compact(log)
    assert len(log.segments) == 3


def test_a_reader_within_a_gap_gets_what_comes_next(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0")
    compact(log)
    found = log.read(0, 10_000)
    assert found is not None
    assert found.file.read_at(found.position, found.length)[:8] == (0).to_bytes(8)  # the batch keeps its first offset


def test_a_reader_who_waited_at_the_end_gets_what_the_compaction_left(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    assert log.read(0, 10_000) is None
    for value in (b"1" * 1000, b"2"):
        put_all(log, (b"a", value))
        log.roll()
    compact(log)
    found = log.read(0, 10_000)
    assert found is not None
    assert found.length == len(found.read()) == (tmp_path / "orders-0" / names(tmp_path / "orders-0")[0]).stat().st_size


def test_a_slice_that_is_on_its_way_stays_whole(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0")
    slice_ = log.read(0, 10_000)
    assert slice_ is not None
    before = slice_.file.read_at(slice_.position, slice_.length)
    compact(log)
    assert slice_.file.read_at(slice_.position, slice_.length) == before


def test_what_was_compacted_is_there_after_a_kill(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0")
    compact(log)
    before = records(log)
    assert records(crashed(log, COMPACTED)) == before


def test_a_log_that_is_no_longer_compacted_keeps_its_gaps_after_a_kill(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    for value in (b"1", b"2", b"3"):
        put_all(log, (b"a", value))
    log.roll()
    put_all(log, (b"b", b"1"))
    compact(log)
    before = records(log)
    assert before == [(2, b"a", b"3"), (3, b"b", b"1")]
    assert records(crashed(log, LogConfig(), has_gaps=True)) == before


@pytest.mark.parametrize("codec", range(len(NAMES)), ids=NAMES)
def test_a_batch_keeps_its_codec(tmp_path: Path, codec: int) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    sent = build_batch([Record(b"a", b"1", NOW), Record(b"b", b"1" * 99, NOW), Record(b"a", b"2", NOW)], codec=codec)
    log.append(sent, leader_epoch=0, timestamp_ms=NOW)
    log.roll()
    compact(log)
    ((header, _),) = log.batches()
    assert header.compression == codec
    assert records(log) == [(1, b"b", b"1" * 99), (2, b"a", b"2")]


def test_a_tombstone_stays_for_as_long_as_the_topic_says_and_then_goes(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    put_all(log, (b"a", b"1"))
    put_all(log, (b"a", None))
    log.roll()
    put_all(log, (b"z", b"1"))
    log.roll()
    compact(log)
    assert records(log)[0] == (1, b"a", None)
    header, _ = next(log.batches())
    assert header.attributes & DELETE_HORIZON
    assert header.base_timestamp == NOW + DAY
    compact(log, now=NOW + DAY - 1)
    assert len(records(log)) == 2
    compact(log, now=NOW + DAY)
    assert records(log) == [(2, b"z", b"1")]


def test_a_record_keeps_its_time_beside_a_tombstone(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    put_all(log, (b"a", None), (b"b", b"1"), now=NOW - 5)
    log.roll()
    compact(log)
    found = log.offset_for_timestamp(NOW - 5)
    assert found is not None
    assert found[:2] == (NOW - 5, 0)


def test_a_producer_goes_on_where_it_was_when_all_of_its_records_are_gone(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    log.append(batch(b"1", producer_id=7, producer_epoch=0, base_sequence=0), leader_epoch=0, timestamp_ms=NOW)
    put_all(log, (b"k", b"2"))
    log.roll()
    compact(log)
    header, _ = next(log.batches())
    assert (header.producer_id, header.records_count, header.last_offset) == (7, 0, 0)
    for path in (tmp_path / "orders-0").glob("*.snapshot"):
        path.unlink()
    log = crashed(log, COMPACTED)
    log.append(batch(b"3", producer_id=7, producer_epoch=0, base_sequence=1), leader_epoch=0, timestamp_ms=NOW)
    with pytest.raises(Refused, match="OUT_OF_ORDER"):
        log.append(batch(b"4", producer_id=7, producer_epoch=0, base_sequence=9), leader_epoch=0, timestamp_ms=NOW)


def test_the_last_batch_of_what_is_compacted_stays_empty_and_goes_when_there_is_more_behind_it(tmp_path: Path) -> None:
    config = LogConfig(**{**COMPACTED.__dict__, "delete_retention_ms": 0})
    log = open_log(tmp_path / "orders-0", config)
    put_all(log, (b"a", b"1"))
    put_all(log, (b"a", None))
    log.roll()
    clean = compact(log)
    log = crashed(log, config)  # the active segment is empty
    compact(log)
    (empty,) = [header for header, _ in log.batches()]
    assert (empty.records_count, empty.last_offset, empty.base_timestamp) == (0, 1, -1)
    put_all(log, (b"b", b"1"))
    log.roll()
    compact(log, clean)
    assert [header.last_offset for header, _ in log.batches()] == [2]


def test_a_compacted_segment_was_written_when_its_last_one_was(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0")
    os.utime(log.segments[1].path, ns=(10**18, 10**18))
    compact(log)
    assert os.stat(log.segments[0].path).st_mtime_ns == 10**18


def test_segments_span_no_more_offsets_than_their_indexes_can_count(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0")
    todo = work(log, 0, NOW)
    assert todo is not None
    far = [Piece(0, 10), Piece(5, 10), Piece(2**31, 10), Piece(2**31 + 5, 10)]
    run = Compaction(todo._replace(pieces=far, end_offset=2**32), most_bytes=10**9)
    assert [[piece.base_offset for piece in group] for group in run._grouped(far)] == [[0, 5], [2**31, 2**31 + 5]]


def test_what_the_map_has_no_room_for_is_left_for_the_next_run(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    for number in range(3):
        put_all(log, *[(b"%d" % key, b"%d" % number) for key in range(number * 50, number * 50 + 50)])
        log.roll()
    clean = compact(log, most_bytes=5_000)
    assert clean == 50
    clean = compact(log, first_dirty=clean, most_bytes=5_000)
    assert clean == 100
    assert len(latest(log)) == 150


def test_the_active_segment_is_left_alone(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", COMPACTED)
    put_all(log, (b"a", b"1"))
    put_all(log, (b"a", b"2"))
    assert work(log, 0, NOW) is None


@pytest.mark.parametrize(
    ("settings", "first_dirty", "cleans"),
    [
        pytest.param({"min_cleanable_dirty_ratio": 0.5}, 0, True, id="all of it is dirty"),
        pytest.param({"min_cleanable_dirty_ratio": 0.5}, 2, False, id="too little is dirty"),
        pytest.param({"min_cleanable_dirty_ratio": 0.2}, 2, True, id="enough is dirty"),
        pytest.param({"min_cleanable_dirty_ratio": 0.5, "max_compaction_lag_ms": 9}, 2, True, id="it waited too long"),
        pytest.param({"min_compaction_lag_ms": 11}, 0, False, id="all of it is too young"),
        pytest.param({"min_compaction_lag_ms": 10}, 0, True, id="it is old enough"),
        pytest.param({}, 3, False, id="nothing is dirty"),
    ],
)
def test_when_a_log_is_compacted(tmp_path: Path, settings: dict[str, object], first_dirty: int, cleans: bool) -> None:
    log = three_segments(tmp_path / "orders-0", LogConfig(**{**COMPACTED.__dict__, **settings}))
    assert (work(log, first_dirty, NOW + 10) is not None) == cleans


def test_a_log_that_changed_meanwhile_stays_as_it_is(tmp_path: Path) -> None:
    log = three_segments(tmp_path / "orders-0")
    result = written(log)
    assert result is not None
    delete_before(log, 2)
    assert swap(log, result, Descriptors(10)) is None
    assert records(log) == [(2, b"a", b"2"), (3, b"c", b"1")]
    assert not list((tmp_path / "orders-0").glob("*.cleaned"))


def test_a_run_that_nobody_waits_for_ends(tmp_path: Path) -> None:
    todo = work(three_segments(tmp_path / "orders-0"), 0, NOW)
    assert todo is not None
    run = Compaction(todo, most_bytes=10**9)
    run.stopped = True
    with pytest.raises(Stopped):
        run.run()
