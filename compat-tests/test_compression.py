"""Every codec of every client is stored as it came, and every client reads it."""

import pytest
from clients import read
from conftest import CLIENTS

pytestmark = pytest.mark.capability("compression: gzip, snappy, lz4, zstd")


@pytest.mark.quick
@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_client_reads_what_was_compressed(use, codec):
    topic, producer = use.topic(), use.producer(compression_type=codec, linger_ms=20)
    values = [(b"%d " % number) * 200 for number in range(100)]
    for value in values:
        producer.send(topic, value)
    producer.flush()
    for reader in CLIENTS:
        assert [record.value for record in read(use.other(reader).reader(topic), 100)] == values


def test_one_partition_holds_batches_of_every_codec_at_once(use):
    topic, codecs = use.topic(), ["gzip", "snappy", "lz4", "zstd", None]
    for codec in codecs:
        settings = {"compression_type": codec} if codec else {}
        use.producer(**settings).send(topic, b"x" * 1000, key=str(codec).encode())()
    records = read(use.reader(topic), 5)
    assert [record.key for record in records] == [str(codec).encode() for codec in codecs]
    assert all(record.value == b"x" * 1000 for record in records)
