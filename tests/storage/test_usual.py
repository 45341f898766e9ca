"""The usual batch: what is told apart in one look is what the checks, step by step, have no word against."""

from __future__ import annotations

import errno
import os
import resource
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import NOW, batch, open_log, put
from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import CRC_START

from pykbroker.config.topic import LogConfig
from pykbroker.storage import batch as batches
from pykbroker.storage import files, usual
from pykbroker.storage.batch import read_header, with_crc
from pykbroker.storage.records import Record, build_batch

pytestmark = pytest.mark.skipif(not usual.COMPILED, reason="not built: no C compiler was there at the installation")
EDGE = LogConfig(segment_bytes=1_000, index_interval_bytes=100, message_timestamp_before_max_ms=5_000)


def again(data: bytes, **fields: int) -> bytes:
    """The batch with other fields in its header, and the CRC that belongs to them."""
    header = read_header(data)._replace(**fields)
    return batches.HEADER.pack(*with_crc(header, data[61:])) + data[61:]


@pytest.fixture
def log(tmp_path: Path):
    log = open_log(tmp_path / "orders-0")
    put(log, b"first")
    yield log
    log.abandon()


def taken(log, data: bytes, leader_epoch: int = 0) -> tuple[int, int] | None:
    return usual.append(log, memoryview(data), leader_epoch, NOW)


def test_a_usual_batch_is_at_the_end_of_the_log_at_once(log):
    assert taken(log, batch(b"a", b"b")) == (1, 2)
    assert (log.log_end_offset, log.high_watermark) == (3, 3)


def test_whose_turn_it_is_not_is_left_to_the_checks(log):
    who = {"producer_id": 7, "producer_epoch": 1}
    assert taken(log, batch(b"a", **who, base_sequence=0)) is None
    log.append(batch(b"a", **who, base_sequence=0), leader_epoch=0, timestamp_ms=NOW)
    assert taken(log, batch(b"b", **who, base_sequence=1)) == (2, 1)
    for other in ({"base_sequence": 1}, {"base_sequence": 3}, {"producer_epoch": 2, "base_sequence": 2}):
        assert taken(log, batch(b"c", **{**who, **other})) is None
    assert log.log_end_offset == 3


def test_sequences_go_on_at_zero_after_the_largest(log):
    who = {"producer_id": 7, "producer_epoch": 1}
    log.append(batch(b"a", **who, base_sequence=0), leader_epoch=0, timestamp_ms=NOW)
    log.producers.get(7).batches = (log.producers.get(7).batches[0]._replace(last_sequence=2**31 - 3),)
    assert taken(log, batch(b"a", b"b", b"c", **who, base_sequence=2**31 - 2)) == (2, 3)
    assert log.producers.get(7).last_sequence == 0


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(batch()[:60], id="less than a header"),
        pytest.param(batch()[:-1], id="cut short"),
        pytest.param(batch() + b"\0", id="a byte too many"),
        pytest.param(batch() + batch(), id="two"),
        pytest.param(batch()[:-1] + b"\xff", id="a wrong CRC"),
        pytest.param(again(batch(), magic=1), id="another magic"),
        pytest.param(again(batch(), base_offset=1), id="an offset of its own"),
        pytest.param(again(batch(), attributes=8), id="stamped by somebody"),
        pytest.param(again(batch(), attributes=16), id="transactional"),
        pytest.param(again(batch(), attributes=32), id="control"),
        pytest.param(again(batch(), attributes=4), id="compressed, it says"),
        pytest.param(again(batch(), last_offset_delta=1), id="another count than offsets"),
        pytest.param(again(batch(), records_count=2, last_offset_delta=1), id="fewer records than it says"),
        pytest.param(again(batch(), records_count=0, last_offset_delta=-1), id="no records"),
        pytest.param(again(batch(), max_timestamp=NOW + 1), id="another largest time than its records'"),
        pytest.param(again(batch(), producer_id=3), id="a producer without a sequence"),
        pytest.param(batch(timestamp=NOW + 3_600_001), id="from the future"),
        pytest.param(batch(timestamp=-1), id="without a time"),
    ],
)
def test_what_is_not_usual_is_left_to_the_checks(log, data: bytes):
    assert taken(log, data) is None
    assert log.log_end_offset == 1


@pytest.mark.parametrize(
    "config",
    [
        LogConfig(compression_type="lz4"),
        LogConfig(message_timestamp_type="LogAppendTime"),
        LogConfig(cleanup_policy=("compact",)),
        LogConfig(segment_jitter_ms=1),
    ],
)
def test_a_topic_that_asks_for_more_has_no_usual_batches(log, config: LogConfig):
    log.configure(config)
    assert taken(log, batch()) is None


def test_a_batch_larger_than_the_topic_allows_is_not_usual(log):
    log.configure(LogConfig(max_message_bytes=len(batch()) - 1))
    assert taken(log, batch()) is None
    log.configure(LogConfig(max_message_bytes=len(batch())))
    assert taken(log, batch()) == (1, 1)


def test_a_log_that_takes_no_more_writes_takes_no_usual_batch(log):
    log.broken = "its disk failed"
    assert taken(log, batch()) is None


def test_another_leaders_epoch_is_left_to_the_checks(log):
    assert taken(log, batch(), leader_epoch=1) is None


def test_what_waits_for_bytes_hears_of_a_usual_batch(log):
    told = []

    class Waiting:
        def pay(self, nbytes: int) -> None:
            told.append((nbytes, log.high_watermark))

        def settle(self) -> None: ...

    log.watchers.add(Waiting())
    assert taken(log, batch()) == (1, 1)
    assert told == [(len(batch()), 2)]


def test_what_has_to_be_on_disk_first_is_held_back(log):
    log.configure(LogConfig(flush_messages=1))
    assert taken(log, batch()) == (1, 1)
    assert (log.log_end_offset, log.high_watermark) == (2, 1)


@pytest.mark.parametrize("taken_bytes", [0, 1, 16, 17, 40])
def test_a_write_that_a_full_disk_cuts_short_leaves_nothing_behind(log, monkeypatch: pytest.MonkeyPatch, taken_bytes):
    path, written = log.segments[-1].path, os.writev
    before = Path(path).read_bytes()

    def full(descriptor: int, pieces: list) -> int:
        if not taken_bytes:
            raise OSError(errno.ENOSPC, "No space left on device")
        return written(descriptor, [b"".join(pieces)[:taken_bytes]])

    monkeypatch.setattr(files, "write_pieces", full)
    assert taken(log, batch()) is None
    assert (Path(path).read_bytes(), log.log_end_offset, log.broken) == (before, 1, "")
    monkeypatch.undo()
    assert taken(log, batch()) == (1, 1)


@pytest.mark.parametrize("left_bytes", [0, 1, 16, 17, 40])
def test_a_file_that_the_system_lets_grow_no_further_is_as_it_was(log, left_bytes):
    path = Path(log.segments[-1].path)
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + left_bytes, limits[1]))
    try:
        assert taken(log, batch()) is None
        with pytest.raises(Refused):
            put(log, b"the long way finds the words")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (path.read_bytes(), log.log_end_offset, log.broken) == (before, 1, "")
    assert taken(log, batch()) == (1, 1)


def test_a_write_that_cannot_be_taken_back_ends_the_log(log, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files, "write_pieces", broken)
    monkeypatch.setattr(os, "ftruncate", broken)
    with pytest.raises(Refused) as refused:
        taken(log, batch())
    assert (refused.value.code, log.log_end_offset) == (ErrorCode.KAFKA_STORAGE_ERROR, 1)
    assert "takes no more writes" in log.broken


def test_no_power_is_no_full_disk(log, monkeypatch: pytest.MonkeyPatch):
    class PowerCut(BaseException):
        pass

    def cut(*_: object) -> None:
        raise PowerCut

    monkeypatch.setattr(files, "write_pieces", cut)
    with pytest.raises(PowerCut):
        taken(log, batch())


def test_fields_of_other_kinds_are_left_to_the_checks(log):
    log.log_end_offset = "1"
    assert taken(log, batch()) is None
    log.log_end_offset = 1
    log.segments[-1]._file = None
    assert taken(log, batch()) is None


times = st.sampled_from([NOW, NOW + 1, NOW - 4_000, NOW - 6_000, NOW + 4_000_000, -1])
records = st.lists(st.builds(Record, st.none() | st.just(b"k"), st.binary(max_size=80), times), min_size=1, max_size=3)
sequenced = st.fixed_dictionaries(
    {"producer_id": st.integers(1, 2), "producer_epoch": st.integers(0, 1), "base_sequence": st.integers(0, 4)}
)
produced = st.builds(lambda kept, who: build_batch(kept, **who), records, st.just({}) | sequenced)
changes = st.none() | st.tuples(st.integers(0, 120), st.integers(1, 255), st.booleans())


def changed(data: bytes, change: tuple[int, int, bool] | None) -> bytes:
    """One byte is another, with a CRC that fits or not."""
    if change is None:
        return data
    at, by, fits = change
    new = bytearray(data)
    new[at % len(new)] ^= by
    if fits:
        struct.pack_into(">I", new, 17, batches.crc32c(memoryview(new)[CRC_START:]))
    return bytes(new)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(produced, changes, st.integers(0, 1)), max_size=12))
def test_a_log_that_takes_the_usual_way_first_is_the_same_log(tmp_path_factory: pytest.TempPathFactory, appends: list):
    short, long = (open_log(tmp_path_factory.mktemp("log") / name, EDGE) for name in ("short", "long"))
    for data, change, leader_epoch in appends:
        frame = memoryview(changed(data, change))
        put_in = taken(short, frame, leader_epoch)
        outcome = (put_in[0], sum(put_in) - 1, -1) if put_in else tried(short, frame, leader_epoch)
        assert outcome == tried(long, frame, leader_epoch)
    assert contents(short) == contents(long)


def tried(log, frame: memoryview, leader_epoch: int):
    try:
        appended = log.append(frame, leader_epoch=leader_epoch, timestamp_ms=NOW)
    except Refused as refused:
        return refused.code
    return appended.base_offset, appended.last_offset, appended.log_append_time_ms


def contents(log):
    log.segments[-1].seal()
    producers = {
        producer_id: (each.producer_epoch, each.batches, each.last_timestamp)
        for producer_id, each in log.producers.entries().items()
    }
    files = {path.name: path.read_bytes() for path in log.segments[0].directory.iterdir()}
    log.abandon()
    return producers, files
