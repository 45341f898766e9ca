"""Record batches as bytes: what stands in a header, whether a batch is whole, and the fields that the broker owns."""

from __future__ import annotations

import struct
from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import (
    BATCH_HEADER,
    COMPRESSION_MASK,
    CONTROL,
    CRC_START,
    HEADER_SIZE,
    LENGTH_END,
    LOG_APPEND_TIME,
    MAGIC,
    MAGIC_AT,
    TRANSACTIONAL,
)

from .checksum import crc32c

HEADER = struct.Struct(">" + "".join(field.subcon.fmtstr[1:] for field in BATCH_HEADER.subcons))
OWNED = struct.Struct(">qii")  # base_offset, batch_length, partition_leader_epoch: before what the CRC covers
_MIN_LENGTH = 14  # of any batch or message that Kafka ever had
_SEQUENCES = 2**31


class Header(NamedTuple):
    """The 61 bytes before a batch's records."""

    base_offset: int
    batch_length: int
    partition_leader_epoch: int
    magic: int
    crc: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    records_count: int

    @property
    def size(self) -> int:
        return self.batch_length + LENGTH_END

    @property
    def last_offset(self) -> int:
        return self.base_offset + self.last_offset_delta

    @property
    def last_sequence(self) -> int:
        return last_sequence(self.base_sequence, self.last_offset_delta)

    @property
    def compression(self) -> int:
        return self.attributes & COMPRESSION_MASK

    @property
    def is_control(self) -> bool:
        return self.attributes & CONTROL != 0

    @property
    def is_transactional(self) -> bool:
        return self.attributes & TRANSACTIONAL != 0

    @property
    def has_append_time(self) -> bool:
        return self.attributes & LOG_APPEND_TIME != 0


def last_sequence(base_sequence: int, last_offset_delta: int) -> int:
    """Sequences wrap from 2147483647 to 0; -1 stays -1."""
    return base_sequence if base_sequence < 0 else (base_sequence + last_offset_delta) % _SEQUENCES


class Unreadable(Refused):
    """Bytes that cannot be taken for a batch; Kafka sends `why` along."""


def read_header(batch: bytes | memoryview, position: int = 0) -> Header:
    return Header._make(HEADER.unpack_from(batch, position))


def only_batch(records: bytes | memoryview) -> tuple[memoryview, Header]:
    """The one batch in a Produce request's records for a partition, without trailing bytes that are no batch.

    The CRC is not checked yet: Kafka checks what is cheap first, and clients see which error comes first.

    Raises:
        Refused: INVALID_RECORD if there is none, more than one, or one of another magic; CORRUPT_MESSAGE if a
            length lies.
    """
    view = memoryview(records)
    size = _batch_size(view)
    if size is None:
        raise Refused(ErrorCode.INVALID_RECORD, "Produce requests must have at least one record batch per partition")
    magic = view[MAGIC_AT]
    if magic != MAGIC:
        if magic > MAGIC:
            raise Unreadable(
                ErrorCode.CORRUPT_MESSAGE,
                f"Invalid magic found in record: {int.from_bytes(view[MAGIC_AT : MAGIC_AT + 1], signed=True)}",
            )
        raise Refused(
            ErrorCode.INVALID_RECORD,
            f"Produce requests may only contain record batches with magic version 2, not {magic}",
        )
    if size != len(view):
        if _batch_size(view[size:]) is not None:
            raise Refused(ErrorCode.INVALID_RECORD, "Produce requests must have exactly one record batch per partition")
        view = view[:size]
    if size < HEADER_SIZE:
        raise Refused(ErrorCode.CORRUPT_MESSAGE, f"A record batch of {size} bytes is shorter than its header")
    return view, read_header(view)


def _batch_size(view: memoryview) -> int | None:
    """Size of the batch at the start of `view`, or None if it does not hold all of one."""
    if len(view) < LENGTH_END:
        return None
    length = int.from_bytes(view[8:12], "big", signed=True)
    if length < _MIN_LENGTH:
        raise Unreadable(
            ErrorCode.CORRUPT_MESSAGE, f"Record size {length} is less than the minimum record overhead ({_MIN_LENGTH})"
        )
    if length + LENGTH_END > len(view):
        return None
    return length + LENGTH_END


def crc_holds(batch: bytes | memoryview, header: Header) -> bool:
    return bool(crc32c(memoryview(batch)[CRC_START:]) == header.crc)


def owned_fields(header: Header, base_offset: int, leader_epoch: int) -> bytes:
    """The first 16 bytes with the broker's offset and epoch; not under the CRC, so it stays valid."""
    return OWNED.pack(base_offset, header.batch_length, leader_epoch)


def with_crc(header: Header, body: bytes | memoryview) -> Header:
    """The header with the CRC that belongs to it and to `body`."""
    return header._replace(crc=crc32c(body, crc32c(HEADER.pack(*header)[CRC_START:])))
