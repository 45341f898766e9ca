"""Records in and out of batches, in every codec, as others write them, and with lies in them."""

from __future__ import annotations

import gzip
import random

import lz4.frame
import pytest
import snappy
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecordsBuilder
from logs import NOW, batch
from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.batch import BATCH_HEADER
from pykbroker_protocol.records.record import RECORD

from pykbroker.storage.batch import read_header
from pykbroker.storage.compression import GZIP, LZ4, NAMES, SNAPPY, ZSTD, compress, decompress
from pykbroker.storage.records import MOST_RECORDS, Record, build_batch, records_of

CODECS = range(len(NAMES))
PLAIN = b"".join(b"some %d words " % number for number in range(20_000))

headers = st.lists(st.tuples(st.text(max_size=5), st.none() | st.binary(max_size=5)), max_size=3)
record = st.builds(
    Record,
    st.none() | st.binary(max_size=300),
    st.none() | st.binary(max_size=300),
    st.integers(0, 2**45),
    headers,
)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("plain", [b"", b"x", PLAIN, bytes(3_000_000)])
def test_what_is_compressed_is_decompressed(codec: int, plain: bytes) -> None:
    assert bytes(decompress(codec, compress(codec, plain))) == plain


def xerial(plain: bytes, block: int) -> bytes:
    """Snappy as Kafka's Java client frames it."""
    blocks = [snappy.compress(plain[start : start + block]) for start in range(0, len(plain), block)]
    head = b"\x82SNAPPY\0" + (1).to_bytes(4, "big") * 2
    return head + b"".join(len(block).to_bytes(4, "big") + block for block in blocks)


@pytest.mark.parametrize(
    ("codec", "compressed"),
    [
        (GZIP, gzip.compress(PLAIN)),
        (SNAPPY, snappy.compress(PLAIN)),
        (SNAPPY, xerial(PLAIN, 1000)),
        (LZ4, lz4.frame.compress(PLAIN, content_checksum=True)),
        (LZ4, lz4.frame.compress(PLAIN, block_linked=False, store_size=False)),
        (ZSTD, zstandard.compress(PLAIN)),
        (ZSTD, zstandard.ZstdCompressor(write_content_size=False).compress(PLAIN)),
    ],
)
def test_what_others_compress_is_decompressed(codec: int, compressed: bytes) -> None:
    assert bytes(decompress(codec, compressed)) == PLAIN


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
def test_a_batch_that_would_grow_beyond_the_limit_is_refused(codec: int) -> None:
    assert len(decompress(codec, compress(codec, bytes(1_000_000)), limit=1_000_000)) == 1_000_000
    with pytest.raises(Refused) as refused:
        decompress(codec, compress(codec, bytes(1_000_001)), limit=1_000_000)
    assert refused.value.code is ErrorCode.CORRUPT_MESSAGE


@pytest.mark.parametrize("codec", [GZIP, SNAPPY, LZ4, ZSTD])
def test_damaged_streams_are_refused_and_nothing_else(codec: int) -> None:
    dice, good = random.Random(codec), compress(codec, PLAIN[:5000])
    streams = [good[:cut] for cut in range(0, len(good), 7)] + [b"", dice.randbytes(100)]
    for _ in range(300):
        damaged = bytearray(good)
        damaged[dice.randrange(len(good))] ^= 1 << dice.randrange(8)
        streams.append(bytes(damaged))
    refused = 0
    for stream in streams:
        try:
            decompress(codec, stream, limit=100_000)
        except Refused as refusal:
            refused += refusal.code is ErrorCode.CORRUPT_MESSAGE
    assert refused > len(streams) // 4  # a flip in a literal is for the batch's CRC to find


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=40, deadline=None)
@given(records=st.lists(record, min_size=1, max_size=8))
def test_a_built_batch_holds_its_records(codec: int, records: list[Record]) -> None:
    content = build_batch(records, base_offset=40, codec=codec)
    found = list(records_of(content))
    assert [tuple(each[:3]) for each in found] == [tuple(each[:3]) for each in records]
    assert [list(each.headers) for each in found] == [list(each.headers) for each in records]
    assert [each.offset for each in found] == list(range(40, 40 + len(records)))


@settings(max_examples=60, deadline=None)
@given(records=st.lists(record, min_size=1, max_size=5))
def test_a_built_batch_is_what_the_declaration_says(records: list[Record]) -> None:
    content = build_batch(records, base_offset=7, leader_epoch=3, producer_id=5, producer_epoch=1, base_sequence=9)
    header = BATCH_HEADER.parse(content)
    assert {name: header[name] for name in read_header(content)._fields} == read_header(content)._asdict()
    parsed = RECORD[header.records_count].parse(content[61:])
    assert [each.key for each in parsed] == [each.key for each in records]
    assert [each.timestamp_delta + header.base_timestamp for each in parsed] == [each.timestamp for each in records]
    assert b"".join(RECORD.build(each) for each in parsed) == content[61:]


@pytest.mark.parametrize("codec", CODECS)
def test_another_implementation_reads_what_was_built(codec: int) -> None:
    records = [Record(b"k%d" % n, b"v" * n, NOW + n, [("h", b"%d" % n)]) for n in range(100)]
    content = build_batch(records, codec=codec, producer_id=5, producer_epoch=1, base_sequence=9)
    foreign = DefaultRecordBatch(content)
    assert foreign.validate_crc()
    assert [(r.key, r.value, r.timestamp, r.headers) for r in foreign] == [
        (r.key, r.value, r.timestamp, list(r.headers)) for r in records
    ]


@pytest.mark.parametrize("codec", CODECS)
def test_what_another_implementation_built_is_read(codec: int) -> None:
    builder = MemoryRecordsBuilder(magic=2, compression_type=codec, batch_size=1 << 20)
    for number in range(100):
        builder.append(timestamp=NOW + number, key=b"k", value=b"v" * number, headers=[("h", None)])
    builder.close()
    found = list(records_of(builder.buffer()))
    assert [(r.offset, r.timestamp, r.value, r.headers) for r in found] == [
        (n, NOW + n, b"v" * n, [("h", None)]) for n in range(100)
    ]


@pytest.mark.parametrize("count", [0x7F, 0x02, 0x01], ids=["too many", "one that is not there", "negative"])
def test_a_count_of_headers_that_lies_is_refused(count: int) -> None:
    content = bytearray(batch(b"v"))
    content[-1] = count  # the last byte of a record without headers is their count
    with pytest.raises(Refused) as refused:
        list(records_of(content))
    assert refused.value.code is ErrorCode.INVALID_RECORD


def test_headers_of_all_records_together_are_bounded() -> None:
    many = [("", None)] * (MOST_RECORDS // 2)
    content = build_batch([Record(None, None, NOW, many)] * 2)
    assert len(list(records_of(content))) == 2
    with pytest.raises(Refused, match="headers where a batch may have 0 more"):
        list(records_of(build_batch([Record(None, None, NOW, many)] * 2 + [Record(None, None, NOW, [("", None)])])))


@settings(max_examples=400, deadline=None)
@given(position=st.integers(0, 10**6), value=st.integers(0, 255))
def test_lies_inside_a_batch_are_refused_and_nothing_else(position: int, value: int) -> None:
    content = bytearray(batch(b"value", None, b"x" * 100))
    content[57 + position % (len(content) - 57)] = value  # the count and the records, without asking for the CRC
    code = None
    try:
        list(records_of(content))
    except Refused as refused:
        code = refused.code
    assert code in (None, ErrorCode.INVALID_RECORD, ErrorCode.CORRUPT_MESSAGE)
