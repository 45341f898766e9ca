"""What of a client's batch is written anew: its timestamps where the topic says so, and its compression.

Nearly every batch is stored as it came.  The header is written anew when the topic stamps append times, or when the
largest timestamp in it is not that of its records; the records when the topic has a codec of its own, or when
compressed records are numbered otherwise than 0, 1, 2, …
Source: Kafka's LogValidator and MemoryRecordsBuilder.
"""

from __future__ import annotations

from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import HEADER_SIZE, LENGTH_END, LOG_APPEND_TIME, MAGIC_AT, TRANSACTIONAL

from pykbroker.config.topic import LogConfig

from . import compression
from .batch import HEADER, Header, with_crc
from .records import encode_records, records_of
from .validation import Checked, stored_codec


class Stored(NamedTuple):
    """A batch as it will stand in the log; `rest` is what follows the fields that are not under its CRC."""

    header: Header
    rest: list[bytes | memoryview]


def as_stored(
    batch: memoryview, header: Header, checked: Checked, config: LogConfig, name: str, timestamp_ms: int
) -> Stored:
    """
    Raises:
        Refused: MESSAGE_TOO_LARGE if it is too large once it has the topic's codec.
    """
    if config.stamps_append_time:
        attributes, max_timestamp = header.attributes | LOG_APPEND_TIME, timestamp_ms
    else:
        attributes, max_timestamp = header.attributes & ~LOG_APPEND_TIME, checked.max_timestamp
    codec = stored_codec(header, config)
    if codec != header.compression or (codec and not checked.in_order):
        return _recompressed(batch, header, checked, config, name, max_timestamp)
    if attributes == header.attributes and max_timestamp == header.max_timestamp:
        return Stored(header, [batch[MAGIC_AT:]])
    body = batch[HEADER_SIZE:]
    head = with_crc(header._replace(attributes=attributes, max_timestamp=max_timestamp), body)
    return Stored(head, [HEADER.pack(*head)[MAGIC_AT:], body])


def _recompressed(
    batch: memoryview, header: Header, checked: Checked, config: LogConfig, name: str, max_timestamp: int
) -> Stored:
    survey, plain = checked.survey, checked.plain
    assert survey is not None, "validation surveys what is going to be recompressed"
    if not survey.in_order or header.has_append_time or survey.first_timestamp != header.base_timestamp:
        plain = encode_records(list(records_of(batch, header)), survey.first_timestamp)
    codec = stored_codec(header, config)
    body = compression.compress(codec, plain, _level(codec, config))
    size = HEADER_SIZE + len(body)
    if size > config.max_message_bytes:
        raise Refused(
            ErrorCode.MESSAGE_TOO_LARGE,
            f"Message batch size is {size} bytes in append to partition {name} which exceeds the maximum configured "
            f"size of {config.max_message_bytes}.",
        )
    append_time = LOG_APPEND_TIME if config.stamps_append_time else 0
    head = header._replace(
        batch_length=size - LENGTH_END,
        attributes=codec | (header.attributes & TRANSACTIONAL) | append_time,
        base_timestamp=survey.first_timestamp,
        max_timestamp=max_timestamp,
    )
    head = with_crc(head, body)
    return Stored(head, [HEADER.pack(*head)[MAGIC_AT:], body])


def _level(codec: int, config: LogConfig) -> int | None:
    levels = {
        compression.GZIP: config.compression_gzip_level,
        compression.LZ4: config.compression_lz4_level,
        compression.ZSTD: config.compression_zstd_level,
    }
    return levels.get(codec)
