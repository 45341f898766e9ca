"""The usual batch: what is told apart in one look is what the checks, step by step, have no word against."""

from __future__ import annotations

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
from pykbroker.storage import usual
from pykbroker.storage.batch import read_header, with_crc
from pykbroker.storage.records import Record, build_batch

pytestmark = pytest.mark.skipif(usual.look is None, reason="not built: no C compiler was there at the installation")
BOUNDS = usual.bounds(LogConfig())
EDGE = LogConfig(segment_bytes=1_000, index_interval_bytes=100, message_timestamp_before_max_ms=5_000)

assert BOUNDS is not None


def again(data: bytes, **fields: int) -> bytes:
    """The batch with other fields in its header, and the CRC that belongs to them."""
    header = read_header(data)._replace(**fields)
    return batches.HEADER.pack(*with_crc(header, data[61:])) + data[61:]


def test_a_look_tells_what_an_append_has_to_know():
    found = usual.seen(memoryview(batch(b"a", b"b", producer_id=7, producer_epoch=1, base_sequence=5)), BOUNDS, NOW)
    assert found == (1, NOW + 1, 7, 1, 5)


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
def test_what_is_not_usual_is_left_to_the_checks(data: bytes):
    assert usual.seen(memoryview(data), BOUNDS, NOW) is None


@pytest.mark.parametrize(
    "config",
    [
        LogConfig(compression_type="lz4"),
        LogConfig(message_timestamp_type="LogAppendTime"),
        LogConfig(cleanup_policy=("compact",)),
        LogConfig(segment_jitter_ms=1),
    ],
)
def test_a_topic_that_asks_for_more_has_no_usual_batches(config: LogConfig):
    assert usual.bounds(config) is None


def test_a_batch_larger_than_the_topic_allows_is_not_usual():
    small = usual.bounds(LogConfig(max_message_bytes=len(batch()) - 1))
    assert usual.seen(memoryview(batch()), small, NOW) is None


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    log = open_log(tmp_path / "orders-0")
    put(log, b"first")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(log.segments[-1].file), "append", full)
    with pytest.raises(Refused) as refused:
        usual.append(log, memoryview(batch()), 0, NOW)
    assert (refused.value.code, log.log_end_offset) == (ErrorCode.KAFKA_STORAGE_ERROR, 1)


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
        taken = usual.append(short, frame, leader_epoch, NOW)
        outcome = (taken[0], sum(taken) - 1, -1) if taken else tried(short, frame, leader_epoch)
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
