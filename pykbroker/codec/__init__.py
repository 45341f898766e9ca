"""Messages to bytes and back, by functions that are compiled from the declarations at first use and kept.

Bytes that are not the message they should be raise Malformed, whatever is wrong with them.

What a message costs while it is read is bounded by its size and MOST_ITEMS: a frame of 100 MB could hold fifty million
items, which would be gigabytes of objects and minutes in which nobody else is served.  So a message holds at most as
many bytes as were received, four times as many where they are text (what Python may need for a character), and a few
hundred bytes for each of MOST_ITEMS.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

from pykbroker_protocol.errors import Malformed
from pykbroker_protocol.messages import Message

from .reading import Reader, compile_reader, read_tags, read_uvarint
from .writing import Cuts, Encoded, Unwritable, Writer, compile_items_writer, compile_writer, write_uvarint

__all__ = [
    "MOST_ITEMS",
    "Cuts",
    "Encoded",
    "Unwritable",
    "decode",
    "encode",
    "encode_items",
    "read",
    "read_uvarint",
    "reader",
    "skip_tags",
    "write",
    "write_uvarint",
    "writer",
]

MOST_ITEMS = 250_000
"""Of all arrays of a message and its tagged fields together.  A Fetch of 100,000 partitions, each of a topic of its
own, has 200,000."""


@cache
def reader(message: Message, version: int) -> Reader:
    """The compiled `read(buffer, position, end, room) -> (value, position, room)`; prefer `read`."""
    return compile_reader(message.struct, version, message.is_flexible(version))


@cache
def writer(message: Message, version: int) -> Writer:
    """The compiled `write(value, out, cuts)`; prefer `write`."""
    return compile_writer(message.struct, version, message.is_flexible(version))


def read(message: Message, version: int, buffer: memoryview, position: int = 0) -> tuple[Any, int]:
    """One `message` from `buffer`, and the position behind it.  Its records stay slices of `buffer`.

    Raises:
        Malformed: the bytes are no such message.
    """
    try:
        value, position, _ = reader(message, version)(buffer, position, len(buffer), MOST_ITEMS)
    except (IndexError, struct.error) as cut:
        raise Malformed(f"{message.name} v{version} ends too early") from cut
    except Malformed as fault:
        raise Malformed(f"{message.name} v{version}: {fault}") from None
    return value, position


def skip_tags(buffer: memoryview, position: int) -> int:
    """The position behind tagged fields of which none is known.

    Raises:
        Malformed: they are more than a message may hold, or run past the end.
        IndexError: they end too early.
    """
    if not buffer[position]:  # there are none, nearly always
        return position + 1
    return read_tags(buffer, position, len(buffer), MOST_ITEMS, None, {})[0]


def write(message: Message, version: int, value: Any, out: bytearray) -> list[Any]:
    """Write `value` behind what `out` holds; the whole as chunks: bytes-like, and whatever stood for records.

    Raises:
        Unwritable: a text is too long.
    """
    cuts: Cuts = []
    writer(message, version)(value, out, cuts)
    if not cuts:
        return [out]
    view, start, chunks = memoryview(out), 0, []
    for position, records in cuts:
        if position > start:
            chunks.append(view[start:position])
        chunks.append(records)
        start = position
    if start < len(out):
        chunks.append(view[start:])
    return chunks


def encode(message: Message, version: int, value: Any) -> bytes:
    """The bytes of `value`; its records, if any, must be bytes."""
    return b"".join(write(message, version, value, bytearray()))


@cache
def _items_writer(message: Message, path: tuple[str, ...], version: int) -> Writer:
    return compile_items_writer(message.struct, path, version, message.is_flexible(version))


def encode_items(message: Message, path: tuple[str, ...], version: int, items: Sequence[Any]) -> Encoded:
    """Items without records of the array that `path` names in `message`; they can stand there in place of the items.

    Raises:
        Unwritable: a text is too long.
    """
    out = bytearray()
    _items_writer(message, path, version)(items, out, [])
    return Encoded(len(items), bytes(out))


def decode(message: Message, version: int, data: bytes | memoryview) -> Any:
    """The value that `data` holds.

    Raises:
        Malformed: it holds no such message, or more than that.
    """
    buffer = memoryview(data)
    value, position = read(message, version, buffer)
    if position != len(buffer):
        raise Malformed(f"{message.name} v{version}: {len(buffer) - position} bytes are left over")
    return value
