"""What of a client's batch is written anew: timestamps that the topic or the records contradict, and the codec."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from logs import NOW, batch, open_log, put, values
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.topic import LogConfig
from pykbroker.storage import survey
from pykbroker.storage.batch import HEADER, Header, crc_holds, read_header, with_crc
from pykbroker.storage.compression import GZIP, LZ4, NAMES, NONE, ZSTD
from pykbroker.storage.partition_log import PartitionLog
from pykbroker.storage.records import Record, build_batch, encode_records, records_of

compiled = pytest.mark.skipif(not survey.COMPILED, reason="not built: no C compiler was there at the installation")

CODECS = range(len(NAMES))


def in_codec(codec: int, **settings: object) -> LogConfig:
    return LogConfig(compression_type="uncompressed" if codec == NONE else NAMES[codec], **settings)


def stored(log: PartitionLog) -> tuple[Header, bytes]:
    ((header, content),) = log.batches()
    assert crc_holds(content, header)
    return header, content


@pytest.mark.parametrize("given", CODECS)
@pytest.mark.parametrize("wanted", CODECS)
def test_a_batch_has_the_topics_codec_and_the_same_records(tmp_path: Path, given: int, wanted: int) -> None:
    log = open_log(tmp_path / "orders-0", in_codec(wanted))
    put(log, b"a" * 500, None, b"c", codec=given, producer_id=7, producer_epoch=1, base_sequence=4)
    header, content = stored(log)
    assert header.compression == wanted
    assert (header.producer_id, header.producer_epoch, header.base_sequence, header.max_timestamp) == (7, 1, 4, NOW + 2)
    assert list(records_of(content)) == list(records_of(batch(b"a" * 500, None, b"c")))


@pytest.mark.parametrize("codec", [NONE, ZSTD])
def test_a_topic_that_keeps_its_producers_codec_keeps_their_bytes(tmp_path: Path, codec: int) -> None:
    log, sent = open_log(tmp_path / "orders-0"), batch(b"a", b"b", codec=codec)
    log.append(sent, leader_epoch=0, timestamp_ms=NOW)
    assert stored(log)[1] == sent[:12] + b"\0\0\0\0" + sent[16:]


@pytest.mark.parametrize(("codec", "level"), [(GZIP, 1), (GZIP, 9), (LZ4, 3), (LZ4, 17), (ZSTD, -50), (ZSTD, 19)])
def test_levels_are_the_codecs_own(tmp_path: Path, codec: int, level: int) -> None:
    config = in_codec(codec, **{f"compression_{NAMES[codec]}_level": level})
    text = b"".join(b"%d bottles of beer on the wall, " % number for number in range(2_000))
    log, plain = open_log(tmp_path / "orders-0", config), open_log(tmp_path / "plain-0", in_codec(codec))
    put(log, text)
    put(plain, text)
    assert values(log) == [text]
    assert stored(log)[1] != stored(plain)[1]


def test_the_records_of_an_append_time_topic_have_the_append_time_in_its_codec_too(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", in_codec(GZIP, message_timestamp_type="LogAppendTime"))
    assert put(log, b"a", b"b", timestamp=5).log_append_time_ms == NOW
    header, content = stored(log)
    assert (header.has_append_time, header.max_timestamp, header.base_timestamp) == (True, NOW, 5)
    assert [record.timestamp for record in records_of(content)] == [NOW, NOW]


@compiled
@pytest.mark.parametrize("codec", CODECS)
def test_the_largest_timestamp_is_that_of_the_records_whatever_the_header_says(tmp_path: Path, codec: int) -> None:
    sent = batch(b"a", b"b", codec=codec)
    lying = with_crc(read_header(sent)._replace(max_timestamp=NOW + 99), sent[61:])
    log = open_log(tmp_path / "orders-0")
    log.append(HEADER.pack(*lying) + sent[61:], leader_epoch=0, timestamp_ms=NOW)
    assert stored(log)[0].max_timestamp == NOW + 1


@compiled
def test_compressed_records_that_are_numbered_otherwise_are_numbered_anew(tmp_path: Path) -> None:
    plain = encode_records([Record(b"k", b"a", NOW)], NOW) + encode_records([Record(b"k", b"b", NOW + 1)], NOW)
    body = gzip.compress(plain)
    head = read_header(batch(b"a", b"b", codec=GZIP))._replace(batch_length=49 + len(body))
    log = open_log(tmp_path / "orders-0")
    log.append(HEADER.pack(*with_crc(head, body)) + body, leader_epoch=0, timestamp_ms=NOW)
    assert [(record.offset, record.value) for record in records_of(stored(log)[1])] == [(0, b"a"), (1, b"b")]


def test_a_batch_that_its_topics_codec_makes_too_large_is_refused(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0", in_codec(NONE, max_message_bytes=1_000))
    with pytest.raises(Refused, match="exceeds the maximum configured size of 1000") as refused:
        put(log, bytes(5_000), codec=ZSTD)
    assert refused.value.code is ErrorCode.MESSAGE_TOO_LARGE
    assert log.log_end_offset == 0


@compiled
@pytest.mark.parametrize("codec", range(1, len(NAMES)))
def test_bytes_that_do_not_decompress_are_refused(tmp_path: Path, codec: int) -> None:
    head = read_header(batch(b"v"))._replace(attributes=codec)
    body = batch(b"v")[61:]
    with pytest.raises(Refused) as refused:
        open_log(tmp_path / "orders-0").append(
            HEADER.pack(*with_crc(head, body)) + body, leader_epoch=0, timestamp_ms=NOW
        )
    assert refused.value.code is ErrorCode.UNKNOWN_SERVER_ERROR


def test_an_append_time_that_is_a_clients_is_taken_off(tmp_path: Path) -> None:
    log = open_log(tmp_path / "orders-0")
    log.append(build_batch([Record(b"k", b"v", NOW)], append_time=True), leader_epoch=0, timestamp_ms=NOW)
    header, _ = stored(log)
    assert (header.has_append_time, header.max_timestamp) == (False, NOW)
