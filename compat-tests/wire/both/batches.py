"""Record batches byte by byte, good and bad: every field of the header can be said."""

from __future__ import annotations

from typing import Any

from crc32c import crc32c
from pykbroker_protocol.records.batch import BATCH_HEADER, CRC_START, LENGTH_END
from pykbroker_protocol.records.record import RECORD

TIMESTAMP = 1_750_000_000_000  # of the first record, unless a scenario says otherwise


def record(offset_delta: int = 0, **fields: Any) -> bytes:
    """One record; `offset_delta` is also its age in milliseconds."""
    given = {
        "attributes": 0,
        "timestamp_delta": offset_delta,
        "offset_delta": offset_delta,
        "key": b"key",
        "value": b"value %d" % offset_delta,
        "headers": [],
    }
    return bytes(RECORD.build(given | fields))


def batch(count: int = 1, *, records: bytes | None = None, crc: int | None = None, **header: int) -> bytes:
    """`count` uncompressed records, or the given bytes in their place; `header` overrides what would be right."""
    body = b"".join(record(delta) for delta in range(count)) if records is None else records
    fields = {
        "base_offset": 0,
        "batch_length": BATCH_HEADER.sizeof() - LENGTH_END + len(body),
        "partition_leader_epoch": -1,
        "magic": 2,
        "crc": 0,
        "attributes": 0,
        "last_offset_delta": max(count - 1, 0),
        "base_timestamp": TIMESTAMP,
        "max_timestamp": header.get("base_timestamp", TIMESTAMP) + max(count - 1, 0),
        "producer_id": -1,
        "producer_epoch": -1,
        "base_sequence": -1,
        "records_count": count,
    } | header
    covered = BATCH_HEADER.build(fields)[CRC_START:] + body
    fields["crc"] = crc32c(covered) if crc is None else crc
    return bytes(BATCH_HEADER.build(fields)[:CRC_START] + covered)


def described(batches: bytes) -> list[str]:
    """What stands in the headers of the batches in a row, one line each, and how the row ends."""
    lines: list[str] = []
    position = 0
    while len(batches) - position >= BATCH_HEADER.sizeof():
        header = BATCH_HEADER.parse(batches[position:])
        end = position + LENGTH_END + header.batch_length
        right = crc32c(batches[position + CRC_START : end]) == header.crc
        sums = "cut short" if end > len(batches) else "CRC right" if right else "CRC wrong"
        lines.append(
            f"{header.base_offset} +{header.last_offset_delta}, {header.records_count} records, {sums},"
            f" {header.batch_length} bytes, magic {header.magic}, attributes {header.attributes},"
            f" epoch {header.partition_leader_epoch}, times {header.base_timestamp} to {header.max_timestamp},"
            f" producer {header.producer_id}/{header.producer_epoch}/{header.base_sequence}"
        )
        position = end
    if position < len(batches):
        lines.append(f"{len(batches) - position} bytes left over")
    return lines
