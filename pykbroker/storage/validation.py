"""Whether a client's batch may be appended, in the order in which Kafka finds fault.

Only the header is read, unless a rule needs the records: keys on compacted topics, timestamps where the header says
that one is wrong.
Source: Kafka's UnifiedLog.analyzeAndValidateRecords and LogValidator.
"""

from __future__ import annotations

from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import NO_PRODUCER_ID, NO_TIMESTAMP

from pykbroker.config.topic import LogConfig

from . import compression
from .batch import Header, crc_holds
from .records import MOST_RECORDS, Record, records_of

_LONG_MAX = 2**63 - 1
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


def check(batch: memoryview, header: Header, config: LogConfig, name: str, timestamp_ms: int) -> None:
    """Return if `batch` is fit for the log, but for its producer's sequence.

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
    if _needs_records(header, config, timestamp_ms):
        _check_records(batch, header, config, name, timestamp_ms)
    if len(batch) > config.segment_bytes:
        raise Refused(
            ErrorCode.RECORD_LIST_TOO_LARGE,
            f"Message batch size is {len(batch)} bytes in append to partition {name}, which exceeds the maximum "
            f"configured segment size of {config.segment_bytes}.",
        )


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
    if config.compacted:
        return True
    if config.stamps_append_time:
        return header.has_append_time
    return (
        header.max_timestamp > timestamp_ms + config.message_timestamp_after_max_ms
        or (header.has_append_time and header.max_timestamp == NO_TIMESTAMP)
        or config.message_timestamp_before_max_ms != _LONG_MAX
    )


def _check_records(batch: memoryview, header: Header, config: LogConfig, name: str, timestamp_ms: int) -> None:
    if header.records_count > MOST_RECORDS:
        raise _invalid(
            f"A batch of {header.records_count} records in {name}, which has to read them; send smaller ones"
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
