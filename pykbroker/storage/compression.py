"""The codecs of record batches, bounded: no batch may ask for more memory than it is given.

Snappy comes in two framings: Kafka's clients write xerial's (a header, then blocks behind their length), others may
write one raw block.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

from pykbroker_protocol.errors import ErrorCode, Refused

NONE, GZIP, SNAPPY, LZ4, ZSTD = range(5)
NAMES = ("none", "gzip", "snappy", "lz4", "zstd")

MAX_DECOMPRESSED_BYTES = 64 * 1024 * 1024
_FIRST_GUESS = 256 * 1024

_XERIAL_MAGIC = b"\x82SNAPPY\x00"
_XERIAL_HEADER = _XERIAL_MAGIC + struct.pack(">ii", 1, 1)  # version, compatible version
_XERIAL_BLOCK_BYTES = 32 * 1024
_LENGTH = struct.Struct(">i")
_LZ4_FAST = 9
_ZSTD_LEVEL = 3


def decompress(codec: int, compressed: bytes | memoryview, limit: int = MAX_DECOMPRESSED_BYTES) -> bytes | memoryview:
    """
    Raises:
        Refused: CORRUPT_MESSAGE if it is no such stream or holds more than `limit` bytes.
    """
    if codec == NONE:
        return compressed
    if codec >= len(NAMES):
        raise Refused(ErrorCode.CORRUPT_MESSAGE, f"Unknown compression type id: {codec}")
    try:
        return _DECOMPRESSORS[codec](compressed, limit)
    except (_cramjam().DecompressionError, zlib.error, ValueError, struct.error) as fault:
        raise Refused(ErrorCode.CORRUPT_MESSAGE, f"A {NAMES[codec]} batch cannot be decompressed: {fault}") from fault


def compress(codec: int, records: bytes | memoryview, level: int | None = None) -> bytes:
    """`level` as the codec counts; None for Kafka's own default."""
    return _COMPRESSORS[codec](records, level)


def _cramjam() -> Any:
    """Imported for the first batch that is compressed: it takes 1 ms, and a start does without."""
    import cramjam

    return cramjam


def _too_large(limit: int) -> ValueError:
    return ValueError(f"it holds more than {limit} bytes")


def _gunzip(compressed: bytes | memoryview, limit: int) -> bytes:
    stream = zlib.decompressobj(wbits=31)
    records = stream.decompress(compressed, limit + 1)
    if len(records) > limit:
        raise _too_large(limit)
    if not stream.eof:
        raise ValueError("it ends early")
    return records


def _gzip(records: bytes | memoryview, level: int | None) -> bytes:
    stream = zlib.compressobj(zlib.Z_DEFAULT_COMPRESSION if level is None else level, wbits=31)
    return stream.compress(records) + stream.flush()


def _unsnappy(compressed: bytes | memoryview, limit: int) -> bytes:
    if bytes(compressed[: len(_XERIAL_MAGIC)]) != _XERIAL_MAGIC:
        return _unsnappy_block(compressed, limit)
    blocks, position, size = [], len(_XERIAL_HEADER), 0
    while position < len(compressed):
        (length,) = _LENGTH.unpack_from(compressed, position)
        position += _LENGTH.size
        if not 0 <= length <= len(compressed) - position:
            raise ValueError(f"a block of {length} bytes, {len(compressed) - position} are left")
        blocks.append(_unsnappy_block(compressed[position : position + length], limit - size))
        position, size = position + length, size + len(blocks[-1])
    return b"".join(blocks)


def _unsnappy_block(block: bytes | memoryview, limit: int) -> bytes:
    snappy = _cramjam().snappy
    if snappy.decompress_raw_len(block) > limit:  # a snappy block says how long it will be
        raise _too_large(limit)
    return bytes(snappy.decompress_raw(block))


def _snappy(records: bytes | memoryview, _: int | None) -> bytes:
    snappy, view, pieces = _cramjam().snappy, memoryview(records), [_XERIAL_HEADER]
    for start in range(0, len(view), _XERIAL_BLOCK_BYTES):
        block = bytes(snappy.compress_raw(view[start : start + _XERIAL_BLOCK_BYTES]))
        pieces += _LENGTH.pack(len(block)), block
    return b"".join(pieces)


def _lz4(records: bytes | memoryview, level: int | None) -> bytes:
    fast = level is None or level == _LZ4_FAST  # as in Kafka: 9 is its default, and stands for the fast compressor
    # Kafka reads independent blocks only
    stream = _cramjam().lz4.Compressor(level=0 if fast else level, block_linked=False)
    stream.compress(bytes(records))
    return bytes(stream.finish())


def _zstd(records: bytes | memoryview, level: int | None) -> bytes:
    return bytes(_cramjam().zstd.compress(records, level=_ZSTD_LEVEL if level is None else level))


def _growing(codec: str) -> Callable[[bytes | memoryview, int], memoryview]:
    """Decompression into a buffer that doubles while the stream does not fit, up to the limit."""

    def bounded(compressed: bytes | memoryview, limit: int) -> memoryview:
        cramjam = _cramjam()
        decompress_into = getattr(cramjam, codec).decompress_into
        size = min(max(_FIRST_GUESS, 4 * len(compressed)), limit)
        while True:
            records = bytearray(size)
            try:
                return memoryview(records)[: decompress_into(compressed, records)]
            except cramjam.DecompressionError as fault:
                if "whole buffer" not in str(fault):  # what Rust's writer says when a buffer is full
                    raise
                if size >= limit:
                    raise _too_large(limit) from fault
            size = min(4 * size, limit)

    return bounded


_DECOMPRESSORS: dict[int, Callable[[bytes | memoryview, int], bytes | memoryview]] = {
    GZIP: _gunzip,
    SNAPPY: _unsnappy,
    LZ4: _growing("lz4"),
    ZSTD: _growing("zstd"),
}

_COMPRESSORS: dict[int, Callable[[bytes | memoryview, int | None], bytes]] = {
    NONE: lambda records, _: bytes(records),
    GZIP: _gzip,
    SNAPPY: _snappy,
    LZ4: _lz4,
    ZSTD: _zstd,
}
