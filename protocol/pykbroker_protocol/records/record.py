"""One record inside a batch: every number is a zigzag varint, every delta is against the batch's header.

Source: https://kafka.apache.org/documentation/#record
"""

from __future__ import annotations

import io
from typing import Any

import construct as c

from ..errors import Malformed


class Varint_(c.Construct):  # type: ignore[misc]
    """A zigzag-encoded LEB128 number of at most `bits` bits."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = bits

    def _parse(self, stream: io.BytesIO, context: Any, path: str) -> int:
        value = shift = 0
        while shift < self.bits:
            byte = c.stream_read(stream, 1, path)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                value &= (1 << self.bits) - 1
                return value >> 1 ^ -(value & 1)
            shift += 7
        raise Malformed(f"{path}: a varint is longer than {self.bits} bits")

    def _build(self, value: int, stream: io.BytesIO, context: Any, path: str) -> int:
        rest = (value << 1 ^ value >> self.bits - 1) & (1 << self.bits) - 1
        while rest > 0x7F:
            stream.write(bytes([rest & 0x7F | 0x80]))
            rest >>= 7
        stream.write(bytes([rest]))
        return value


Varint = Varint_(32)
Varlong = Varint_(64)


class Nullable_(c.Construct):  # type: ignore[misc]
    """Bytes behind a Varint of their length; -1 is null."""

    def _parse(self, stream: io.BytesIO, context: Any, path: str) -> bytes | None:
        length = Varint._parse(stream, context, path)
        return None if length < 0 else bytes(c.stream_read(stream, length, path))

    def _build(self, value: bytes | None, stream: io.BytesIO, context: Any, path: str) -> bytes | None:
        Varint._build(-1 if value is None else len(value), stream, context, path)
        stream.write(value or b"")
        return value


VarBytes = Nullable_()

RECORD_HEADER = c.Struct("key" / VarBytes, "value" / VarBytes)  # a header's key is never null

RECORD_BODY = c.Struct(
    "attributes" / c.Int8sb,  # none is used so far
    "timestamp_delta" / Varlong,  # against base_timestamp
    "offset_delta" / Varint,  # against base_offset
    "key" / VarBytes,
    "value" / VarBytes,
    "headers" / c.PrefixedArray(Varint, RECORD_HEADER),
)

RECORD = c.Prefixed(Varint, RECORD_BODY)  # the length counts what comes after it
