"""What hostile and broken clients send: requests that are almost right, and bytes that are not.

Everything comes out of one `random.Random`, so that a seed, or hypothesis, says it all.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from copy import copy
from typing import Any, NamedTuple

from batches import hostile_records
from declared import random_message
from pykbroker_protocol.messages import Api
from pykbroker_protocol.records.headers import REQUEST_HEADER, RequestHeader
from pykbroker_protocol.structs import Struct
from pykbroker_protocol.types import Array, Nullable, Records_

from pykbroker import codec
from pykbroker.handlers.routes import ROUTES
from pykbroker.server.framing import SHARED_BYTES

SERVED = [
    (route.api, version) for route in ROUTES.values() for version in range(route.versions[0], route.versions[1] + 1)
]
TOPICS = ["fuzz", "fuzz-compact", "fuzz-stamped"]  # they exist, with TOPIC_PARTITIONS each
TOPIC_PARTITIONS = 2

_Dice = random.Random
_LONG = "n" * 32_767
_NUMBERS = [-(2**63), -(2**31), -32_768, -100, -3, -2, -1, 0, 1, 2, 3, 100, 32_767, 2**31 - 1, 2**63 - 1]


def _numbers(*choices: int) -> Callable[[_Dice], int]:
    return lambda dice: dice.choice(choices)


def _texts(*choices: str) -> Callable[[_Dice], str]:
    return lambda dice: dice.choice(choices)


_TOPIC = _texts(*TOPICS, *TOPICS, "nowhere", "", "..", "a/b", "__consumer_offsets", "__cluster_metadata", "é" * 9_000)
_GROUP = _texts("group-1", "group-2", "group-3", "", "g" * 300, _LONG)
_PARTITION = _numbers(0, 0, 0, 1, -1, 2, 2**31 - 1)
_EPOCH = _numbers(-1, -1, 0, 0, 1, 5, -2, 2**31 - 1)
_SOON_MS = _numbers(0, 1, 20, -1, -(2**31))

# What a field of this name holds when the request shall get past the first check.
_PLAUSIBLE: dict[str, Callable[[_Dice], Any]] = {
    "acks": _numbers(-1, -1, 0, 1, 2),
    "timeout_ms": _numbers(1_000, 1_000, 0, -1, 2**31 - 1),
    "name": _TOPIC,
    "topic": _TOPIC,
    "topic_names": _texts("fuzz-made", "nowhere", "", "x" * 250),
    "index": _PARTITION,
    "partition": _PARTITION,
    "partition_index": _PARTITION,
    "partition_indexes": _PARTITION,
    "current_leader_epoch": _EPOCH,
    "last_fetched_epoch": _EPOCH,
    "replica_id": _numbers(-1, -1, -1, 0, -2),
    "max_wait_ms": _SOON_MS,
    "min_bytes": _numbers(0, 1, 2**31 - 1, -1),
    "max_bytes": _numbers(2**31 - 1, 1, 0, -1),
    "partition_max_bytes": _numbers(2**20, 1, 0, -1, 2**31 - 1),
    "isolation_level": _numbers(0, 0, 1, 2, -1),
    "session_id": _numbers(0, 0, 1, -1),
    "session_epoch": _numbers(-1, 0, 0, 1, 2),
    "fetch_offset": _numbers(0, 0, 1, 5, -1, 2**63 - 1),
    "timestamp": _numbers(-6, -5, -4, -3, -2, -1, 0, 1_000, 2**62, -(2**63)),
    "group_id": _GROUP,
    "groups": _GROUP,
    "groups_names": _texts("group-9", "", _LONG),
    "member_id": _texts("", "", "nobody", _LONG),
    "generation_id": _EPOCH,
    "generation_id_or_member_epoch": _EPOCH,
    "session_timeout_ms": _numbers(6_000, 6_000, 45_000, 0, -1, 2**31 - 1),
    "rebalance_timeout_ms": _numbers(1, 100, 60_000, -1, -(2**31), 2**31 - 1),
    "protocol_type": _texts("consumer", "consumer", "", "x"),
    "protocol_name": _texts("range", ""),
    "retention_time_ms": _numbers(-1, 0, 2**63 - 1, -(2**63), -2),
    "committed_offset": _numbers(0, 1, -1, -2, 2**63 - 1),
    "committed_metadata": _texts("", "m" * 4_096, "m" * 4_097, "\N{PILE OF POO}" * 2_100),
    "key_type": _numbers(0, 0, 1, 2, 3, -1),
    "num_partitions": _numbers(1, 2, -1, 0, -2, 10_001, 2**31 - 1),
    "replication_factor": _numbers(1, -1, 0, 3, -2),
    "validate_only": lambda dice: dice.random() < 0.9,
    "producer_id": _numbers(-1, 0, 1, 2**63 - 1),
    "producer_epoch": _numbers(-1, 0, 32_767),
    "records": hostile_records,
}


class Request(NamedTuple):
    """A whole frame, and the request that it is meant to be."""

    api: Api
    version: int
    correlation_id: int
    frame: bytes


def request(dice: _Dice, correlation_id: int, served: tuple[Api, int] | None = None) -> Request:
    """A frame that a broker can read, of an API that is served, with values from sensible to absurd."""
    api, version = served or dice.choice(SERVED)
    message = api.request
    value = random_message(message, version, dice)
    _make_plausible(value, message.struct, version, dice)
    header = RequestHeader(
        request_api_key=api.key,
        request_api_version=version,
        correlation_id=correlation_id,
        client_id=dice.choice([None, "", "fuzz", _LONG]),
    )
    body = codec.encode(REQUEST_HEADER, api.request_header_version(version), header)
    body += codec.encode(message, version, value)
    return Request(api, version, correlation_id, framed(body))


def with_correlation_id(frame: bytes, correlation_id: int) -> bytes:
    """`frame`, so that its answer is not taken for another's."""
    return frame[:8] + struct.pack(">i", correlation_id) + frame[12:]


def framed(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


def _make_plausible(value: Any, struct_: Struct, version: int, dice: _Dice) -> None:
    for field in struct_.fields:
        held = getattr(value, field.name)
        if held is None or not field.in_version(version):
            continue
        subcon = field.subcon
        if isinstance(subcon, Nullable):
            subcon = subcon.subcon
        if isinstance(subcon, Struct):
            own = copy(held)  # it may be a default, which other messages have too
            _make_plausible(own, subcon, version, dice)
            setattr(value, field.name, own)
        elif isinstance(subcon, Array) and isinstance(subcon.item, Struct):
            for item in held:
                _make_plausible(item, subcon.item, version, dice)
        elif (choose := _PLAUSIBLE.get(field.name)) and (isinstance(subcon, Records_) or dice.random() < 0.85):
            chosen = [choose(dice) for _ in held] if isinstance(subcon, Array) else choose(dice)
            setattr(value, field.name, chosen)


def mutated(frame: bytes, dice: _Dice) -> bytes:
    """`frame` with its size right or wrong, and one to four things wrong inside."""
    body = bytearray(frame[4:])
    for _ in range(dice.randrange(1, 5)):
        position = dice.randrange(len(body) + 1)
        match dice.randrange(6):
            case 0 if position < len(body):
                body[position] ^= 1 << dice.randrange(8)
            case 1:
                del body[position:]
            case 2:
                body[position:position] = dice.randbytes(dice.randrange(1, 9))
            case 3:
                del body[position : position + dice.randrange(1, 9)]
            case 4:
                body[position : position + 4] = struct.pack(">i", dice.choice(_NUMBERS[1:-1]))
            case _:
                body[position : position + 5] = b"\xff\xff\xff\xff\x07"  # the largest varint
    size = len(body) if dice.random() < 0.9 else dice.choice([len(body) - 1, len(body) + 1, 0, -1, 2**31 - 1, 10**8])
    return struct.pack(">i", size) + body


class Sent(NamedTuple):
    """What one connection sends; `requests` are those in it that were not tampered with, by correlation id."""

    stream: bytes
    requests: dict[int, Request]


def conversation(dice: _Dice) -> Sent:
    """One connection's bytes: requests in a row, whole or tampered with, or nothing of the kind."""
    if dice.random() < 0.05:
        noise = dice.choice([b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"\0\0\0\0", b"\0\0\0\2ab", b"\0\0"])
        return Sent(noise + dice.randbytes(dice.randrange(20)), {})
    stream, requests = bytearray(), {}
    for correlation_id in range(dice.randrange(1, 6)):
        made = request(dice, correlation_id)
        # Behind a request that waits so many bytes are kept, and then a hang-up is noticed when the wait is over only.
        if stream and len(stream) + len(made.frame) > SHARED_BYTES // 2:
            break
        if dice.random() < 0.5:
            stream += mutated(with_correlation_id(made.frame, 0x55555555), dice)
            break  # what follows may be read as anything
        stream += made.frame
        requests[correlation_id] = made
    if dice.random() < 0.2:
        del stream[dice.randrange(len(stream)) :]
        requests = {}
    return Sent(bytes(stream), requests)
