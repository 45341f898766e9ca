"""Kafka's wire vocabulary as construct classes: the values that fields hold.

Each is an ordinary construct, so a declaration interprets itself: `struct.parse(data, version=9, flexible=True)`.
Classic or compact encoding is not a field's business: there is one `String`, and a message is flexible from some
version on.

Source: https://kafka.apache.org/protocol#protocol_types and KIP-482 (flexible versions).
"""

from __future__ import annotations

import io
from typing import Any

import construct as c

from .errors import Malformed

Int8, Int16, Int32, Int64 = c.Int8sb, c.Int16sb, c.Int32sb, c.Int64sb
Uint16, Uint32, Float64 = c.Int16ub, c.Int32ub, c.Float64b
Bool = c.Flag  # any byte but zero is true
Uuid = c.Bytes(16)  # 16 bytes as they are; all zero means none

NO_UUID = bytes(16)
MAX_VARINT_BYTES = 5
MAX_STRING_BYTES = 0x7FFF


def remaining(stream: io.BytesIO) -> int:
    """Bytes that are left in `stream`."""
    return len(stream.getbuffer()) - stream.tell()


class Uvarint_(c.Construct):  # type: ignore[misc]
    """Unsigned LEB128 of at most five bytes and 31 bits, as Kafka reads sizes and tags."""

    def _parse(self, stream: io.BytesIO, context: Any, path: str) -> int:
        value = 0
        for position in range(MAX_VARINT_BYTES):
            byte: int = c.stream_read(stream, 1, path)[0]
            value |= (byte & 0x7F) << 7 * position
            if byte < 0x80:
                if value > 0x7FFFFFFF:
                    break
                return value
        raise Malformed("a varint is longer than 31 bits")

    def _build(self, value: int, stream: io.BytesIO, context: Any, path: str) -> int:
        rest = value
        while rest > 0x7F:
            stream.write(bytes([rest & 0x7F | 0x80]))
            rest >>= 7
        stream.write(bytes([rest]))
        return value


Uvarint = Uvarint_()


class Sized(c.Construct):  # type: ignore[misc]
    """A value behind its length.  Versions change only how the length is written.

    Classic versions write `prefix` with -1 for null; flexible ones a Uvarint of length + 1 with 0 for null.
    """

    prefix: Any = Int32
    compact = True  # in flexible versions

    def read_length(self, stream: io.BytesIO, context: Any, path: str) -> int:
        if self.compact and context._params.flexible:
            length = Uvarint._parse(stream, context, path) - 1
        else:
            length = self.prefix._parse(stream, context, path)
        if length > remaining(stream):
            raise Malformed(f"{path} runs past the end")
        return max(length, -1)

    def write_length(self, length: int, stream: io.BytesIO, context: Any, path: str) -> None:
        if self.compact and context._params.flexible:
            Uvarint._build(length + 1, stream, context, path)
        else:
            self.prefix._build(length, stream, context, path)

    def _parse(self, stream: io.BytesIO, context: Any, path: str) -> Any:
        length = self.read_length(stream, context, path)
        if length < 0:
            raise Malformed(f"{path} is null")
        return self.read_body(length, stream, context, path)

    def _build(self, value: Any, stream: io.BytesIO, context: Any, path: str) -> Any:
        self.write_body(value, stream, context, path)
        return value

    def read_body(self, length: int, stream: io.BytesIO, context: Any, path: str) -> Any:
        raise NotImplementedError

    def write_body(self, value: Any, stream: io.BytesIO, context: Any, path: str) -> None:
        raise NotImplementedError


class Bytes_(Sized):
    """Opaque bytes, at most 2 GiB."""

    def read_body(self, length: int, stream: io.BytesIO, context: Any, path: str) -> Any:
        return c.stream_read(stream, length, path)

    def write_body(self, value: Any, stream: io.BytesIO, context: Any, path: str) -> None:
        self.write_length(len(value), stream, context, path)
        stream.write(value)


class Records_(Bytes_):
    """Record batches.  Apart from Bytes because they are never copied: a slice of the frame, or of a file."""


class String_(Bytes_):
    """UTF-8, at most 32,767 bytes in either encoding; what is no UTF-8 is read as U+FFFD, as Java reads it.

    U+FFFD is longer than the byte in its place.  Text that could not be written again is not read either: no answer
    could name it, and no record hold it.
    """

    prefix = Int16

    def read_body(self, length: int, stream: io.BytesIO, context: Any, path: str) -> str:
        if length > MAX_STRING_BYTES:
            raise Malformed(f"{path} is a string of {length} bytes")
        return checked(str(c.stream_read(stream, length, path), "utf-8", "replace"), path)

    def write_body(self, value: str, stream: io.BytesIO, context: Any, path: str) -> None:
        super().write_body(value.encode(), stream, context, path)


def checked(text: str, path: str) -> str:
    """`text`, which can be written again.

    Raises:
        Malformed: it cannot.
    """
    if len(text) > MAX_STRING_BYTES // 4 and len(text.encode()) > MAX_STRING_BYTES:
        raise Malformed(f"{path} is no UTF-8, and too long with U+FFFD for what is none")
    return text


class ClassicString_(String_):
    """A string that stays classic in flexible versions: `client_id`, read before the version is known (KIP-511)."""

    compact = False


Bytes, Records, String, ClassicString = Bytes_(), Records_(), String_(), ClassicString_()


class Array(Sized):
    """A count, then that many items.  A count larger than the bytes that are left is a lie."""

    def __init__(self, item: Any) -> None:
        super().__init__()
        self.item = item

    def read_body(self, length: int, stream: io.BytesIO, context: Any, path: str) -> list[Any]:
        return [self.item._parse(stream, context, path) for _ in range(length)]

    def write_body(self, value: Any, stream: io.BytesIO, context: Any, path: str) -> None:
        self.write_length(len(value), stream, context, path)
        for item in value:
            self.item._build(item, stream, context, path)


class Nullable(c.Subconstruct):  # type: ignore[misc]
    """The value may be None, from version `since` on.

    A nullable struct stands behind one byte: -1 for null, 1 for present (KIP-893).
    """

    presence: Any = Int8
    absent = -1  # this or less

    def __init__(self, subcon: Any, since: int = 0) -> None:
        super().__init__(subcon)
        self.since = since

    def _parse(self, stream: io.BytesIO, context: Any, path: str) -> Any:
        if context._params.version < self.since:
            return self.subcon._parse(stream, context, path)
        if isinstance(self.subcon, Sized):
            length = self.subcon.read_length(stream, context, path)
            return None if length < 0 else self.subcon.read_body(length, stream, context, path)
        absent = self.presence._parse(stream, context, path) <= self.absent
        return None if absent else self.subcon._parse(stream, context, path)

    def _build(self, value: Any, stream: io.BytesIO, context: Any, path: str) -> Any:
        if context._params.version >= self.since:
            if value is None and isinstance(self.subcon, Sized):
                self.subcon.write_length(-1, stream, context, path)
                return value
            if not isinstance(self.subcon, Sized):
                self.presence._build(self.absent if value is None else 1, stream, context, path)
                if value is None:
                    return value
        self.subcon._build(value, stream, context, path)
        return value


class NullableInTag(Nullable):
    """A nullable struct in a tagged field: its presence is a Uvarint there, and null is 0.

    Source: what MessageDataGenerator writes and reads for such a field; Kafka 4.3 has one, `classic_member_metadata`.
    """

    presence = Uvarint
    absent = 0
