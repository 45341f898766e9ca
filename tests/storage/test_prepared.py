"""A batch that was built once and is filled in: the log holds what it would if it were built each time."""

import pytest
from logs import NOW, SMALL, open_log

from pykbroker.config.topic import LogConfig
from pykbroker.storage import usual
from pykbroker.storage.prepared import SLOT, PreparedBatch
from pykbroker.storage.records import Record

pytestmark = pytest.mark.skipif(not usual.COMPILED, reason="not built: no C compiler was there at the installation")
MARK = SLOT.to_bytes(8, "big", signed=True)


def records(*numbers):
    return [Record(b"key %d" % at, b"value " + number + b" end", NOW) for at, number in enumerate(numbers)]


def filled(*numbers):
    return records(*(number.to_bytes(8, "big", signed=True) for number in numbers))


def on_disk(log):
    return [bytes(batch) for _, batch in log.batches()]


def test_the_bytes_are_those_of_a_batch_that_is_built_each_time(tmp_path):
    built, prepared = open_log(tmp_path / "a"), open_log(tmp_path / "b")
    for log in (built, prepared):
        log.append_records(filled(0), leader_epoch=3, timestamp_ms=NOW)
    batch = PreparedBatch(records(MARK, MARK))
    for numbers in ([1, -1], [2**63 - 1, -(2**63)]):
        built.append_records(filled(*numbers), leader_epoch=3, timestamp_ms=NOW)
        assert batch.append(prepared, numbers, leader_epoch=3, timestamp_ms=NOW)
    assert on_disk(prepared) == on_disk(built)
    assert prepared.log_end_offset == built.log_end_offset == 5


@pytest.mark.parametrize(
    ("config", "change"),
    [
        pytest.param(LogConfig(), {"leader_epoch": 4}, id="another epoch begins"),
        pytest.param(LogConfig(), {"timestamp_ms": NOW + 604_800_001}, id="the segment's time is up"),
        pytest.param(LogConfig(segment_jitter_ms=1), {}, id="rolls are spread"),
        pytest.param(LogConfig(segment_bytes=150), {}, id="the segment is full"),
        pytest.param(LogConfig(segment_index_bytes=36, index_interval_bytes=1), {}, id="its indexes are nearly full"),
    ],
)
def test_what_takes_more_than_a_write_is_left_to_others(tmp_path, config, change):
    log = open_log(tmp_path / "a", config)
    log.append_records(filled(0), leader_epoch=3, timestamp_ms=NOW)
    before = on_disk(log), log.log_end_offset
    asked = {"leader_epoch": 3, "timestamp_ms": NOW, **change}
    assert not PreparedBatch(records(MARK)).append(log, [1], **asked)
    assert (on_disk(log), log.log_end_offset) == before


def test_what_has_to_be_on_disk_first_is_left_to_others(tmp_path):
    log = open_log(tmp_path / "a", LogConfig(flush_messages=2))
    log.append_records(filled(0), leader_epoch=3, timestamp_ms=NOW)
    assert not PreparedBatch(records(MARK)).append(log, [1], leader_epoch=3, timestamp_ms=NOW)
    log.configure(LogConfig(flush_messages=3))
    assert PreparedBatch(records(MARK)).append(log, [1], leader_epoch=3, timestamp_ms=NOW)


def test_a_number_for_each_slot_is_asked_for(tmp_path):
    log = open_log(tmp_path / "a")
    log.append_records(filled(0), leader_epoch=3, timestamp_ms=NOW)
    with pytest.raises(ValueError, match="each slot"):
        PreparedBatch(records(MARK)).append(log, [1, 2], leader_epoch=3, timestamp_ms=NOW)
    assert log.log_end_offset == 1


def test_an_empty_or_a_broken_log_is_left_to_others(tmp_path):
    log, batch = open_log(tmp_path / "a", SMALL), PreparedBatch(records(MARK))
    assert not batch.append(log, [1], leader_epoch=log.leader_epoch, timestamp_ms=NOW)
    log.append_records(filled(0), leader_epoch=0, timestamp_ms=NOW)
    assert batch.append(log, [1], leader_epoch=0, timestamp_ms=NOW)
    log.broken = "the disk is gone"
    assert not batch.append(log, [1], leader_epoch=0, timestamp_ms=NOW)


def test_a_log_that_rolls_and_one_whose_config_changes_take_the_next_batches_too(tmp_path):
    log, batch = open_log(tmp_path / "a", LogConfig(segment_bytes=600)), PreparedBatch(records(MARK))
    for number in range(30):
        if number == 15:
            log.configure(LogConfig(segment_bytes=300))
        if not batch.append(log, [number], leader_epoch=0, timestamp_ms=NOW):
            log.append_records(filled(number), leader_epoch=0, timestamp_ms=NOW)
    assert max(segment.size for segment in log.segments) <= 600
    assert max(segment.size for segment in log.segments[-3:]) <= 300
    numbers = [int.from_bytes(data[-13:-5], "big") for data in on_disk(log)]  # before " end" and the count of headers
    assert numbers == list(range(30))
