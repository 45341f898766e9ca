"""Whether a client's batch may be appended, in the order in which Kafka finds fault.

The records are surveyed, not built; only to say which of them are at fault is one after the other read.
Source: Kafka's UnifiedLog.analyzeAndValidateRecords and LogValidator.
"""

from __future__ import annotations

from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import HEADER_SIZE, NO_PRODUCER_ID, NO_TIMESTAMP

from pykbroker.config.topic import LogConfig

from . import compression
from .batch import Header, crc_holds
from .records import MOST_RECORDS, Record, records_of
from .survey import COMPILED, NO_RECORD, UNTIMED, Survey, survey

_LONG_MAX = 2**63 - 1
_CODECS = {"uncompressed": compression.NONE, **{name: codec for codec, name in enumerate(compression.NAMES)}}
_SHOWN = 3
_NAMED = 1_000  # records of one batch that an answer names; the text says how many they are in all


class RecordError(NamedTuple):
    """What is wrong with the record of that number in its batch."""

    batch_index: int
    message: str


class RecordsRefused(Refused):
    """Single records are at fault; Kafka names them in the answer, and only then sends `why` along."""

    def __init__(self, code: ErrorCode, why: str, record_errors: list[RecordError]) -> None:
        super().__init__(code, why)
        self.record_errors = record_errors


class Checked(NamedTuple):
    """What a batch that is fit for the log turned out to hold."""

    max_timestamp: int
    in_order: bool = True
    plain: bytes | memoryview = b""  # its records, uncompressed, if they were surveyed
    survey: Survey | None = None


def check(batch: memoryview, header: Header, config: LogConfig, name: str, timestamp_ms: int) -> Checked:
    """What `batch` holds, if it is fit for the log but for its producer's sequence.

    Raises:
        Refused: INVALID_RECORD, MESSAGE_TOO_LARGE, CORRUPT_MESSAGE, RECORD_LIST_TOO_LARGE; RecordsRefused with
            INVALID_TIMESTAMP or INVALID_RECORD.
    """
    if header.base_offset != 0:
        raise _invalid(
            f"The baseOffset of the record batch in the append to {name} should be 0, but it is {header.base_offset}"
        )
    if len(batch) > config.max_message_bytes:
        raise Refused(
            ErrorCode.MESSAGE_TOO_LARGE,
            f"The record batch size in the append to {name} is {len(batch)} bytes which exceeds the maximum configured "
            f"value of {config.max_message_bytes}.",
        )
    if not crc_holds(batch, header):
        raise Refused(
            ErrorCode.CORRUPT_MESSAGE, f"Record is corrupt (stored crc = {header.crc}) in topic partition {name}."
        )
    if header.compression >= len(compression.NAMES):
        raise Refused(ErrorCode.CORRUPT_MESSAGE, f"Unknown compression type id: {header.compression}")
    _check_counts(header, name)
    if header.is_control:
        raise _invalid(f"Clients are not allowed to write control records in topic partition {name}")
    if header.producer_id != NO_PRODUCER_ID and header.base_sequence < 0:
        raise _invalid(
            f"Invalid sequence number {header.base_sequence} in record batch with producerId {header.producer_id} in "
            f"topic partition {name}"
        )
    checked = Checked(header.max_timestamp)
    if COMPILED or _needs_records(header, config, timestamp_ms):
        checked = _surveyed(batch, header)
        if _breaks_a_rule(checked, header, config, timestamp_ms):
            _refuse_records(batch, header, config, name, timestamp_ms)
    if len(batch) > config.segment_bytes:
        raise Refused(
            ErrorCode.RECORD_LIST_TOO_LARGE,
            f"Message batch size is {len(batch)} bytes in append to partition {name}, which exceeds the maximum "
            f"configured segment size of {config.segment_bytes}.",
        )
    return checked


def stored_codec(header: Header, config: LogConfig) -> int:
    """The codec that a batch has in the log."""
    wanted = config.compression_type
    return header.compression if wanted == "producer" else _CODECS[wanted]


def _invalid(why: str) -> Refused:
    return Refused(ErrorCode.INVALID_RECORD, why)


def _check_counts(header: Header, name: str) -> None:
    span = f"[{header.base_offset}, {header.last_offset}]"
    if header.last_offset_delta < 0:
        raise _invalid(f"Batch has an invalid offset range: {span} in topic partition {name}")
    if header.records_count <= 0:
        raise _invalid(f"Invalid reported count for record batch: {header.records_count} in topic partition {name}")
    if header.records_count != header.last_offset_delta + 1:
        raise _invalid(
            f"Inconsistent batch offset range {span} and count of records {header.records_count} in topic partition "
            f"{name}"
        )


def _needs_records(header: Header, config: LogConfig, timestamp_ms: int) -> bool:
    """Whether a rule of the topic cannot do without them."""
    if config.compacted or stored_codec(header, config) != header.compression:
        return True
    if config.stamps_append_time:
        return header.has_append_time
    return (
        header.max_timestamp > timestamp_ms + config.message_timestamp_after_max_ms
        or (header.has_append_time and header.max_timestamp == NO_TIMESTAMP)
        or config.message_timestamp_before_max_ms != _LONG_MAX
    )


def _surveyed(batch: memoryview, header: Header) -> Checked:
    if not COMPILED and header.records_count > MOST_RECORDS:
        raise _invalid(f"A batch of {header.records_count} records, which have to be looked at; send smaller ones")
    try:
        plain = compression.decompress(header.compression, batch[HEADER_SIZE:])
    except Refused as fault:  # Kafka's code, which clients do not try again
        raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR, fault.why) from fault
    try:
        found = survey(plain, header.records_count, header.base_timestamp)
    except ValueError as fault:
        raise _invalid(f"Found invalid record structure: {fault}") from None
    if header.has_append_time:  # each record has the batch's time
        time = header.max_timestamp
        found = found._replace(smallest_timestamp=time, largest_timestamp=time, first_timestamp=time)
    return Checked(found.largest_timestamp, found.in_order, plain, found)


def _breaks_a_rule(checked: Checked, header: Header, config: LogConfig, timestamp_ms: int) -> bool:
    found = checked.survey
    assert found is not None
    if config.compacted and found.keyless != NO_RECORD:
        return True
    if config.stamps_append_time or found.smallest_timestamp in (UNTIMED, NO_TIMESTAMP):
        return header.has_append_time
    return (
        found.largest_timestamp > timestamp_ms + config.message_timestamp_after_max_ms
        or found.smallest_timestamp < timestamp_ms - config.message_timestamp_before_max_ms
    )


def _refuse_records(batch: memoryview, header: Header, config: LogConfig, name: str, timestamp_ms: int) -> None:
    if header.records_count > MOST_RECORDS:
        raise _invalid(
            f"A batch of {header.records_count} records in {name}, which has to name those at fault; send smaller ones"
        )
    errors: list[RecordError] = []
    found, times_at_fault = 0, False
    for index, record in enumerate(records_of(batch, header)):
        if config.compacted and record.key is None:
            why = f"Compacted topic cannot accept message without key in topic partition {name}"
        elif why := _timestamp_fault(record, header, config, timestamp_ms):
            times_at_fault = True
        else:
            continue
        found += 1
        if found <= _NAMED:
            errors.append(RecordError(index, why))
    if not found:
        return
    if times_at_fault:
        code, why = ErrorCode.INVALID_TIMESTAMP, "One or more records have been rejected due to invalid timestamp"
    else:
        code = ErrorCode.INVALID_RECORD
        shown = ", ".join(f"RecordError(batchIndex={e.batch_index}, message='{e.message}')" for e in errors[:_SHOWN])
        why = (
            f"One or more records have been rejected due to {found} record errors in total, and only showing "
            f"the first three errors at most: [{shown}]"
        )
    raise RecordsRefused(code, why, errors)


def _timestamp_fault(record: Record, header: Header, config: LogConfig, timestamp_ms: int) -> str:
    if config.stamps_append_time or record.timestamp == NO_TIMESTAMP:
        if header.has_append_time:
            return (
                f"Invalid timestamp type in message {record.offset}. Producer should not set timestamp type to "
                "LogAppendTime."
            )
        return ""
    earliest = timestamp_ms - config.message_timestamp_before_max_ms
    latest = timestamp_ms + config.message_timestamp_after_max_ms
    if earliest <= record.timestamp <= latest:
        return ""
    return (
        f"Timestamp {record.timestamp} of message with offset {record.offset} is out of range. The timestamp should be "
        f"within [{earliest}, {latest}]"
    )
