"""What a client's batch must be to get into the log, and what it is told if it is not."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from crc32c import crc32c
from logs import NOW, batch, open_log, put
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage.batch import HEADER, read_header, with_crc
from pykbroker.storage.records import MOST_RECORDS, Record, build_batch, encode_records
from pykbroker.storage.validation import RecordsRefused

HOUR = 3_600_000


def with_field(layout: str, position: int, value: int, *, sealed: bool = True) -> bytes:
    """A batch of two records whose header says `value`; `sealed` with the CRC that belongs to it."""
    changed = bytearray(batch(b"a", b"b"))
    struct.pack_into(layout, changed, position, value)
    if sealed:
        struct.pack_into(">I", changed, 17, crc32c(memoryview(changed)[21:]))
    return bytes(changed)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(b"", ErrorCode.INVALID_RECORD, id="nothing"),
        pytest.param(batch(b"v")[:-1], ErrorCode.INVALID_RECORD, id="cut short"),
        pytest.param(batch(b"v") * 2, ErrorCode.INVALID_RECORD, id="two batches"),
        pytest.param(with_field(">q", 0, 1), ErrorCode.INVALID_RECORD, id="base offset not zero"),
        pytest.param(with_field(">i", 8, 13), ErrorCode.CORRUPT_MESSAGE, id="length below any batch's"),
        pytest.param(with_field(">i", 8, -1), ErrorCode.CORRUPT_MESSAGE, id="negative length"),
        pytest.param(with_field(">i", 8, 30), ErrorCode.CORRUPT_MESSAGE, id="length below the header's"),
        pytest.param(with_field(">i", 8, 2**31 - 1), ErrorCode.INVALID_RECORD, id="length beyond the request"),
        pytest.param(with_field(">b", 16, 1), ErrorCode.INVALID_RECORD, id="magic 1"),
        pytest.param(with_field(">b", 16, 3), ErrorCode.CORRUPT_MESSAGE, id="magic 3"),
        pytest.param(with_field(">b", 16, -1), ErrorCode.CORRUPT_MESSAGE, id="magic -1"),
        pytest.param(with_field(">h", 21, 0, sealed=False)[:-1] + b"x", ErrorCode.CORRUPT_MESSAGE, id="wrong CRC"),
        pytest.param(with_field(">h", 21, 7), ErrorCode.CORRUPT_MESSAGE, id="unknown codec"),
        pytest.param(with_field(">h", 21, 0x20), ErrorCode.INVALID_RECORD, id="control batch"),
        pytest.param(with_field(">i", 23, -1), ErrorCode.INVALID_RECORD, id="negative last offset delta"),
        pytest.param(with_field(">i", 23, 2), ErrorCode.INVALID_RECORD, id="offsets and count differ"),
        pytest.param(with_field(">i", 57, 0), ErrorCode.INVALID_RECORD, id="no records"),
        pytest.param(with_field(">i", 57, -1), ErrorCode.INVALID_RECORD, id="negative count"),
        pytest.param(with_field(">q", 43, 5), ErrorCode.INVALID_RECORD, id="producer id without sequence"),
    ],
)
def test_a_batch_that_is_not_what_it_says_is_refused(tmp_path: Path, sent: bytes, code: ErrorCode) -> None:
    log = open_log(tmp_path / "orders-0")
    with pytest.raises(Refused) as refused:
        log.append(sent, leader_epoch=0, timestamp_ms=NOW)
    assert refused.value.code is code
    assert (log.log_end_offset, log.size_bytes) == (0, 0)


def test_bytes_behind_the_batch_that_are_no_batch_are_left_out(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    log.append(batch(b"v") + b"\0" * 11, leader_epoch=0, timestamp_ms=NOW)
    assert log.size_bytes == len(batch(b"v"))


@pytest.mark.parametrize(
    ("config", "code"),
    [
        (LogConfig(max_message_bytes=200), ErrorCode.MESSAGE_TOO_LARGE),
        (LogConfig(segment_bytes=200), ErrorCode.RECORD_LIST_TOO_LARGE),
    ],
)
def test_a_batch_may_be_as_large_as_the_topic_says_and_no_larger(
    tmp_path: Path, config: LogConfig, code: ErrorCode
) -> None:
    log = open_log(tmp_path / "orders-0", config)
    head = len(batch(b"v" * 100)) - 100
    put(log, b"v" * (200 - head))
    with pytest.raises(Refused) as refused:
        put(log, b"v" * (201 - head))
    assert refused.value.code is code


@pytest.mark.parametrize("timestamp", [-1, 0, NOW, NOW + HOUR])
def test_timestamps_up_to_an_hour_ahead_are_taken(tmp_path: Path, timestamp: int) -> None:
    assert put(open_log(tmp_path / "orders-0"), timestamp=timestamp).log_append_time_ms == -1


def test_records_too_far_ahead_are_named(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    records = [Record(None, b"v", NOW + ahead) for ahead in (0, HOUR + 1, HOUR, HOUR + 2)]
    with pytest.raises(RecordsRefused) as refused:
        log.append(build_batch(records), leader_epoch=0, timestamp_ms=NOW)
    assert refused.value.code is ErrorCode.INVALID_TIMESTAMP
    assert [error.batch_index for error in refused.value.record_errors] == [1, 3]


def test_records_too_old_are_named_wherever_they_stand(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(message_timestamp_before_max_ms=1000))
    records = [Record(None, b"v", NOW), Record(None, b"v", NOW - 1001), Record(None, b"v", NOW - 1000)]
    with pytest.raises(RecordsRefused) as refused:
        log.append(build_batch(records), leader_epoch=0, timestamp_ms=NOW)
    assert [error.batch_index for error in refused.value.record_errors] == [1]


def test_append_time_topics_do_not_care_for_the_producers_timestamps(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(message_timestamp_type="LogAppendTime"))
    assert put(log, timestamp=NOW + 100 * HOUR).log_append_time_ms == NOW


def test_only_the_broker_says_log_append_time(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(message_timestamp_type="LogAppendTime"))
    with pytest.raises(RecordsRefused) as refused:
        put(log, append_time=True)
    assert refused.value.code is ErrorCode.INVALID_TIMESTAMP


def test_a_compacted_topic_wants_keys_and_names_who_has_none(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(cleanup_policy=("compact", "delete")))
    put(log, None)
    with pytest.raises(RecordsRefused) as refused:
        log.append(build_batch([Record(b"k", b"v"), Record(None, b"v")]), leader_epoch=0, timestamp_ms=NOW)
    assert refused.value.code is ErrorCode.INVALID_RECORD
    assert [error.batch_index for error in refused.value.record_errors] == [1]


def many_keyless(count: int) -> bytes:
    """A batch of `count` records without key; their offset deltas, which only matter to compressed ones, are all 0."""
    keyless = encode_records([Record(None, b"", NOW)], NOW)
    head = read_header(build_batch([Record(None, b"", NOW)]))
    head = head._replace(
        batch_length=49 + len(keyless) * count, last_offset_delta=count - 1, records_count=count, base_timestamp=NOW
    )
    return HEADER.pack(*with_crc(head, keyless * count)) + keyless * count


def test_a_batch_with_too_many_records_to_name_those_at_fault_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="send smaller ones") as refused:
        open_log(tmp_path / "orders-0", LogConfig(cleanup_policy=("compact",), max_message_bytes=10**7)).append(
            many_keyless(MOST_RECORDS + 1), leader_epoch=0, timestamp_ms=NOW
        )
    assert refused.value.code is ErrorCode.INVALID_RECORD


def test_an_answer_names_the_first_thousand_records_at_fault_and_counts_all(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", LogConfig(cleanup_policy=("compact",)))
    with pytest.raises(RecordsRefused, match="due to 1500 record errors in total") as refused:
        log.append(build_batch([Record(None, b"v", NOW)] * 1_500), leader_epoch=0, timestamp_ms=NOW)
    assert [error.batch_index for error in refused.value.record_errors] == list(range(1_000))
