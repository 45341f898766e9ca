"""Catalog records as KRaft writes them: a frame version, the record's type, its version, then the message.

Source: org.apache.kafka.server.common.serialization.AbstractApiMessageSerde (KIP-631).
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from pykbroker_protocol.errors import Malformed
from pykbroker_protocol.messages import Message
from pykbroker_protocol.records import cluster_metadata

from pykbroker import codec
from pykbroker.codec.reading import read_uvarint
from pykbroker.codec.writing import write_uvarint

_FRAME_VERSION = 1
_BY_TYPE = {m.record_type: m for m in vars(cluster_metadata).values() if isinstance(m, Message)}
_BY_CLASS = {message.type: message for message in _BY_TYPE.values()}


class Versioned(NamedTuple):
    """A catalog record, the version that it is written in, and its frame where that is known already."""

    value: Any
    version: int = 0
    frame: bytes | None = None


def to_frame(record: Versioned) -> bytes:
    """The bytes of a record's value in `__cluster_metadata`; its key is null."""
    if record.frame is not None:
        return record.frame
    message = _BY_CLASS[type(record.value)]
    return b"".join(codec.write(message, record.version, record.value, bytearray(_head(message, record.version))))


@cache
def _head(message: Message, version: int) -> bytes:
    out = bytearray()
    for number in (_FRAME_VERSION, message.record_type or 0, version):
        write_uvarint(out, number)
    return bytes(out)


def from_frame(frame: bytes) -> Versioned:
    """The record in `frame`.

    Raises:
        Malformed: it is none that Kafka 4.3 knows.
    """
    view = memoryview(frame)
    try:
        frame_version, position = read_uvarint(view, 0)
        record_type, position = read_uvarint(view, position)
        version, position = read_uvarint(view, position)
    except IndexError as cut:
        raise Malformed(f"a catalog record of {len(frame)} bytes is cut short") from cut
    message = _BY_TYPE.get(record_type)
    if frame_version != _FRAME_VERSION or message is None or version > message.versions[1]:
        raise Malformed(f"no catalog record of Kafka 4.3: frame {frame_version}, type {record_type}, version {version}")
    value, _ = codec.read(message, version, view, position)
    return Versioned(value, version)
