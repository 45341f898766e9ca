"""Records that the broker itself writes, decoded for people: groups, offsets, the catalog, and control records."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache
from typing import Any

from pykbroker_protocol.errors import Malformed
from pykbroker_protocol.messages import Message
from pykbroker_protocol.records import (
    consumer_groups,
    control,
    group_offsets,
    share_groups,
    share_state,
    streams_groups,
    transaction_state,
)

from pykbroker import codec
from pykbroker.storage.names import uuid_text
from pykbroker.storage.records import Record
from pykbroker.topics.frames import from_frame

CATALOG = "__cluster_metadata"
_KEYED = {  # topic -> where the messages of its keys and values are
    "__consumer_offsets": (group_offsets, consumer_groups, share_groups, streams_groups),
    "__transaction_state": (transaction_state,),
    "__share_group_state": (share_state,),
}
OWN = (CATALOG, *_KEYED)  # topics that brokers write themselves
_INT16, _UUID_BYTES = struct.Struct(">h"), 16
# type of a control record -> the message of its value; source: ControlRecordType.
_CONTROL: dict[int, tuple[str, Message]] = {
    0: ("ABORT", control.END_TXN_MARKER),
    1: ("COMMIT", control.END_TXN_MARKER),
    2: ("LEADER_CHANGE", control.LEADER_CHANGE_MESSAGE),
    3: ("SNAPSHOT_HEADER", control.SNAPSHOT_HEADER_RECORD),
    4: ("SNAPSHOT_FOOTER", control.SNAPSHOT_FOOTER_RECORD),
    5: ("KRAFT_VERSION", control.KRAFT_VERSION_RECORD),
    6: ("KRAFT_VOTERS", control.VOTERS_RECORD),
}


Meaning = dict[str, Any]
"""What a record means, in words: the name of a message -> its fields."""


def decoded(topic: str, record: Record, *, is_control: bool) -> Meaning | None:
    """What the record means, or None if it is one of a client's.

    Raises:
        Malformed: it is none that Kafka 4.3 writes there.
    """
    if is_control:
        return _control(record)
    if topic == CATALOG:
        value, version, _ = from_frame(record.value or b"")
        return {f"{type(value).__name__} v{version}": _plain(value)}
    if topic in _KEYED:
        return _keyed(topic, record)
    return None


def _control(record: Record) -> Meaning:
    version, kind = struct.unpack(">hh", (record.key or b"")[:4].ljust(4, b"\xff"))
    if kind not in _CONTROL:
        raise Malformed(f"a control record of version {version} and type {kind}")
    name, message = _CONTROL[kind]
    value = memoryview(record.value or b"")
    # Markers carry their version in front; what KRaft writes has it as its first field.
    if message is control.END_TXN_MARKER:
        return {name: _plain(_versioned(message, value))}
    own = _INT16.unpack_from(value)[0] if len(value) >= 2 else -1
    if not message.versions[0] <= own <= message.versions[1]:
        raise Malformed(f"version {own} of {name}")
    return {name: _plain(codec.read(message, own, value)[0])}


def _keyed(topic: str, record: Record) -> Meaning:
    key = memoryview(record.key or b"")
    kind = _INT16.unpack_from(key)[0] if len(key) >= 2 else -1
    if kind not in _messages(topic):
        raise Malformed(f"a key of type {kind} in {topic}")
    key_message, value_message = _messages(topic)[kind]
    about = {key_message.name: _plain(codec.decode(key_message, 0, key[2:]))}
    if record.value is None:
        return {**about, value_message.name: "deleted"}
    return {**about, value_message.name: _plain(_versioned(value_message, memoryview(record.value)))}


def _versioned(message: Message, value: memoryview) -> Any:
    version = _INT16.unpack_from(value)[0] if len(value) >= 2 else -1
    if not message.versions[0] <= version <= message.versions[1]:
        raise Malformed(f"version {version} of {message.name}")
    return codec.decode(message, version, value[2:])


@cache
def _messages(topic: str) -> dict[int, tuple[Message, Message]]:
    """record type -> (key, value)."""
    keys: dict[int, Message] = {}
    values: dict[int, Message] = {}
    for module in _KEYED[topic]:
        for message in vars(module).values():
            if isinstance(message, Message) and message.record_type is not None:
                (keys if message.name.endswith("Key") else values)[message.record_type] = message
    return {kind: (key, values[kind]) for kind, key in keys.items() if kind in values}


def _plain(value: Any) -> Any:
    """A message as what JSON has.  Sixteen bytes are an id; other bytes are told by their length or as text."""
    if isinstance(value, bytes | bytearray | memoryview):
        content = bytes(value)
        if len(content) == _UUID_BYTES:
            return uuid_text(content)
        text = content.decode("ascii", "replace")
        return text if text.isprintable() and "\ufffd" not in text else f"{len(content)} bytes"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    if hasattr(type(value), "__slots__") and not isinstance(value, str | int | float | None):
        return {name: _plain(getattr(value, name)) for name in type(value).__slots__}
    return value
