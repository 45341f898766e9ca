"""Record batches that a producer would never build: lies in every field, and compression that explodes."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import cramjam
from crc32c import crc32c
from pykbroker_protocol.records.batch import CRC_START, HEADER_SIZE

from pykbroker.storage.batch import HEADER, Header, read_header
from pykbroker.storage.compression import GZIP, LZ4, SNAPPY, ZSTD, compress
from pykbroker.storage.records import Record, build_batch

_Dice = random.Random
_INTS = [-(2**31), -1, 0, 1, 2, 13, 14, 48, 49, 50, 1_000, 2**31 - 1]
_LONGS = [-(2**63), -2, -1, 0, 1, 1_000, 2**40, 2**62, 2**63 - 1]
_RANGES = {  # field of the header -> values that fit it
    "base_offset": _LONGS,
    "batch_length": _INTS,
    "partition_leader_epoch": _INTS,
    "magic": [-1, 0, 1, 2, 3, 127],
    "attributes": [*range(8), 0x08, 0x10, 0x18, 0x20, 0x30, -1, 2**15 - 1],
    "last_offset_delta": _INTS,
    "base_timestamp": _LONGS,
    "max_timestamp": _LONGS,
    "producer_id": [-1, 0, 1, 2**63 - 1, -(2**63)],
    "producer_epoch": [-1, 0, 1, 32_767, -32_768],
    "base_sequence": [-1, 0, 1, 2, 2**31 - 1, -(2**31)],
    "records_count": _INTS,
}


def good_batch(dice: _Dice) -> bytes:
    """One that may be appended."""
    records = [
        Record(
            dice.choice([None, b"", b"key"]),
            dice.choice([None, b"", b"v" * dice.randrange(200)]),
            dice.choice([1_000, 2_000, -1]),
            dice.choice([(), [("h", b"x"), ("", None)]]),
        )
        for _ in range(dice.randrange(1, 5))
    ]
    return build_batch(records, codec=dice.randrange(5))


def with_header(batch: bytes, **fields: int) -> bytes:
    """`batch` with other header fields, and its CRC right."""
    header = read_header(batch)._replace(**fields)
    return sealed(header, batch[HEADER_SIZE:])


def sealed(header: Header, body: bytes) -> bytes:
    packed = bytearray(HEADER.pack(*header))
    struct.pack_into(">I", packed, 17, crc32c(body, crc32c(bytes(packed[CRC_START:]))))
    return bytes(packed) + body


def with_body(batch: bytes, body: bytes, **fields: int) -> bytes:
    """`batch` with other bytes for its records; length and CRC are right."""
    header = read_header(batch)._replace(batch_length=HEADER_SIZE - 12 + len(body), **fields)
    return sealed(header, body)


def bomb(codec: int, megabytes: int, **fields: int) -> bytes:
    """A small batch whose records are `megabytes` of zeros."""
    zeros = bytes(megabytes << 20)
    body = bytes(cramjam.snappy.compress_raw(zeros)) if codec == SNAPPY else compress(codec, zeros)
    return with_body(build_batch([Record(b"k", b"v", 1_000)]), body, attributes=codec, **fields)


_BOMBS = [bomb(codec, 4) for codec in (GZIP, SNAPPY, LZ4, ZSTD)]


def _lying_header(dice: _Dice) -> bytes:
    batch = good_batch(dice)
    names = dice.sample(sorted(_RANGES), dice.randrange(1, 4))
    return with_header(batch, **{name: dice.choice(_RANGES[name]) for name in names})


def _flipped(dice: _Dice) -> bytes:
    batch = bytearray(good_batch(dice))
    batch[dice.randrange(len(batch))] ^= 1 << dice.randrange(8)
    return bytes(batch)


def _other_body(dice: _Dice) -> bytes:
    """The CRC holds, but what it covers is garbage."""
    batch = good_batch(dice)
    body = bytearray(batch[HEADER_SIZE:])
    for _ in range(dice.randrange(1, 4)):
        if body:
            body[dice.randrange(len(body))] = dice.randrange(256)
    return with_body(batch, bytes(body), attributes=dice.randrange(8), max_timestamp=dice.choice([1_000, 2**62]))


def _cut(dice: _Dice) -> bytes:
    batch = good_batch(dice)
    return batch[: dice.randrange(len(batch))]


_KINDS: list[Callable[[_Dice], bytes]] = [
    good_batch,
    good_batch,
    _lying_header,
    _lying_header,
    _flipped,
    _other_body,
    _cut,
    lambda dice: good_batch(dice) + good_batch(dice),
    lambda dice: good_batch(dice) + dice.randbytes(dice.randrange(1, 70)),
    lambda dice: dice.choice(_BOMBS),
    lambda dice: dice.randbytes(dice.randrange(100)),
]


def hostile_records(dice: _Dice) -> bytes:
    """The records of one partition in a Produce request: good, or wrong in one of many ways."""
    return dice.choice(_KINDS)(dice)
