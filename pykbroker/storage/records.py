"""Records inside a batch: decoded where a rule needs them, built where the broker itself writes.

The straight-line twin of `pykbroker_protocol.records.record`, which the tests hold it against.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import (
    CONTROL,
    CRC_START,
    HEADER_SIZE,
    LENGTH_END,
    LOG_APPEND_TIME,
    MAGIC,
    NO_LEADER_EPOCH,
    NO_PRODUCER_EPOCH,
    NO_PRODUCER_ID,
    NO_SEQUENCE,
    NO_TIMESTAMP,
    TRANSACTIONAL,
)

from . import compression
from .batch import HEADER, Header, read_header
from .checksum import crc32c

MOST_RECORDS = 250_000
"""Of a client's batch that has to be read record by record, while nobody else is served: a second's work.  A batch of
1 MiB that is not compressed holds no more than 150,000.  It has at most as many headers."""

Headers = Sequence[tuple[str, bytes | None]]


class Record(NamedTuple):
    """`offset` says nothing in a record that is still to be written."""

    key: bytes | None
    value: bytes | None
    timestamp: int = NO_TIMESTAMP
    headers: Headers = ()
    offset: int = -1


def records_of(batch: bytes | memoryview, header: Header | None = None) -> Iterator[Record]:
    """The records of one whole batch, in order.

    Raises:
        Refused: CORRUPT_MESSAGE if they do not decompress; INVALID_RECORD if lengths or counts lie.
    """
    header = header or read_header(batch)
    body = memoryview(batch)[HEADER_SIZE : header.size]
    plain = memoryview(compression.decompress(header.compression, body))
    position, headers_left = 0, MOST_RECORDS
    try:
        for _ in range(header.records_count):
            length, position = _varint(plain, position)
            end = position + length
            if length < 0 or end > len(plain):
                raise _invalid(f"a record of {length} bytes, {len(plain) - position} are left")
            record = _record(plain, position, end, header, headers_left)
            headers_left -= len(record.headers)
            yield record
            position = end
    except IndexError:
        raise _invalid("a record is cut short") from None
    if position != len(plain):
        raise _invalid(f"{len(plain) - position} bytes follow the last of {header.records_count} records")


def _record(plain: memoryview, position: int, end: int, header: Header, headers_left: int) -> Record:
    timestamp_delta, position = _varint(plain, position + 1, 70)
    offset_delta, position = _varint(plain, position)
    key, position = _bytes(plain, position, end)
    value, position = _bytes(plain, position, end)
    count, position = _varint(plain, position)
    if not 0 <= count <= end - position:
        raise _invalid(f"{count} headers in {end - position} bytes")
    if count > headers_left:
        raise _invalid(f"{count} headers where a batch may have {headers_left} more")
    headers = []
    for _ in range(count):
        name, position = _bytes(plain, position, end)
        if name is None:
            raise _invalid("a header without a key")
        header_value, position = _bytes(plain, position, end)
        headers.append((name.decode(errors="replace"), header_value))
    if position != end:
        raise _invalid(f"a record that ends {end - position} bytes early")
    if header.has_append_time:
        timestamp = header.max_timestamp
    else:  # as Java adds: around the end of 64 bits
        timestamp = (header.base_timestamp + timestamp_delta + 2**63) % 2**64 - 2**63
    return Record(key, value, timestamp, headers, header.base_offset + offset_delta)


def _varint(plain: memoryview, position: int, bits: int = 35) -> tuple[int, int]:
    value = shift = 0
    while shift < bits:
        byte = plain[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value >> 1 ^ -(value & 1), position
        shift += 7
    raise _invalid("a number is too long")


def _bytes(plain: memoryview, position: int, end: int) -> tuple[bytes | None, int]:
    length, position = _varint(plain, position)
    if length < 0:
        return None, position
    if length > end - position:
        raise _invalid(f"{length} bytes in a record with {end - position} left")
    return bytes(plain[position : position + length]), position + length


def _invalid(why: str) -> Refused:
    return Refused(ErrorCode.INVALID_RECORD, f"Found invalid record structure: {why}")


def build_batch(
    records: Sequence[Record],
    *,
    base_offset: int = 0,
    leader_epoch: int = NO_LEADER_EPOCH,
    codec: int = compression.NONE,
    producer_id: int = NO_PRODUCER_ID,
    producer_epoch: int = NO_PRODUCER_EPOCH,
    base_sequence: int = NO_SEQUENCE,
    transactional: bool = False,
    control: bool = False,
    append_time: bool = False,
) -> bytes:
    """One batch with `records` at consecutive offsets from `base_offset`, with its CRC."""
    base_timestamp = records[0].timestamp
    body = compression.compress(codec, encode_records(records, base_timestamp))
    attributes = codec | (transactional and TRANSACTIONAL) | (control and CONTROL) | (append_time and LOG_APPEND_TIME)
    size = HEADER_SIZE - LENGTH_END + len(body)
    last = len(records) - 1
    max_timestamp = base_timestamp if not last else max(record.timestamp for record in records)
    producer = producer_id, producer_epoch, base_sequence
    head = HEADER.pack(
        base_offset, size, leader_epoch, MAGIC, 0, attributes, last, base_timestamp, max_timestamp, *producer, last + 1
    )
    crc = crc32c(body, crc32c(head[CRC_START:]))
    return b"".join((head[: CRC_START - 4], crc.to_bytes(4, "big"), head[CRC_START:], body))


def encode_records(records: Iterable[Record], base_timestamp: int, *, base_offset: int | None = None) -> bytes:
    """What follows the header of an uncompressed batch; without `base_offset` records are numbered as they come."""
    body = bytearray()
    for number, (key, value, timestamp, headers, offset) in enumerate(records):
        fields = [
            b"\0",
            _varint_of(timestamp - base_timestamp),
            _varint_of(number if base_offset is None else offset - base_offset),
            *_sized(key),
            *_sized(value),
            _varint_of(len(headers)),
        ]
        for name, text in headers:
            fields += *_sized(name.encode()), *_sized(text)
        body += _varint_of(sum(map(len, fields)))
        body += b"".join(fields)
    return bytes(body)


def _sized(content: bytes | None) -> tuple[bytes, ...]:
    return (_varint_of(-1),) if content is None else (_varint_of(len(content)), content)


@lru_cache(4096)
def _varint_of(value: int) -> bytes:
    rest, out = value << 1 if value >= 0 else ~(value << 1), bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)
