"""`pykbroker produce`: what was sent is what kafka-python's consumer, a stranger, reads."""

import pytest
from commands import Typed
from kafka import KafkaConsumer, TopicPartition
from kafka.partitioner.default import murmur2 as kafka_pythons

from pykbroker.cli.partitioning import murmur2


def read(pk: Typed, topic: str, partition: int = 0, count: int = 1) -> list[tuple[bytes | None, bytes | None, list]]:
    consumer = KafkaConsumer(bootstrap_servers=f"127.0.0.1:{pk.port}", consumer_timeout_ms=5000)
    place = TopicPartition(topic, partition)
    consumer.assign([place])
    consumer.seek_to_beginning(place)
    found = [next(consumer) for _ in range(count)]
    consumer.close()
    return [(record.key, record.value, list(record.headers)) for record in found]


def test_lines_of_standard_input_become_records(pk: Typed):
    pk.said("topics", "create", "lines")
    result = pk("produce", "-t", "lines", stdin=b"one\r\ntwo\n\nlast")
    assert (result.exit_code, result.stderr) == (0, "4 records to lines.\n")
    assert [value for _, value, _ in read(pk, "lines", count=4)] == [b"one", b"two", b"", b"last"]


def test_a_key_a_value_and_headers(pk: Typed):
    pk.said("topics", "create", "whole")
    pk.said("produce", "-t", "whole", "-k", "Ada", "-v", "hello", "-H", "lang=en", "-H", "to=all", "-H", "to=you")
    assert read(pk, "whole") == [(b"Ada", b"hello", [("lang", b"en"), ("to", b"all"), ("to", b"you")])]


def test_keys_in_lines_and_tombstones(pk: Typed):
    pk.said("topics", "create", "keyed")
    pk.said("produce", "-t", "keyed", "--key-separator", "::", "--null", "NULL", stdin="a::1::2\nb::NULL\n")
    assert read(pk, "keyed", count=2) == [(b"a", b"1::2", []), (b"b", None, [])]


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_every_codec(pk: Typed, codec: str):
    pk.said("topics", "create", f"codec-{codec}")
    pk.said("produce", "-t", f"codec-{codec}", "--codec", codec, stdin="x" * 5000 + "\n")
    assert read(pk, f"codec-{codec}") == [(None, b"x" * 5000, [])]


@pytest.mark.parametrize("key", [b"", b"a", b"ab", b"abc", b"abcd", b"abcde", bytes(range(256)), b"\xff" * 7])
def test_a_key_is_hashed_as_other_producers_hash_it(key: bytes):
    assert murmur2(key) == kafka_pythons(key) & 0xFFFFFFFF


def test_what_is_too_large_for_one_batch_is_sent_in_several(pk: Typed):
    pk.said("topics", "create", "large")
    pk.said("produce", "-t", "large", stdin=(b"x" * 300_000 + b"\n") * 7)
    assert pk.json("topics", "describe", "large")[0]["records"] == 7


def test_a_line_without_separator_is_named(pk: Typed):
    pk.said("topics", "create", "unkeyed")
    assert "Line 2 has no ':'" in pk.refused("produce", "-t", "unkeyed", "--key-separator", ":", stdin="a:1\nb\n")


def test_what_the_broker_refuses_is_told_with_what_was_stored(pk: Typed):
    pk.said("topics", "create", "small", "-c", "max.message.bytes=1000")
    line = pk.refused("produce", "-t", "small", stdin=b"x" * 2000)
    assert line.startswith("0 records were stored, the next ones not (small, partition 0): ")
    assert "MESSAGE_TOO_LARGE" in line


def test_a_partition_that_is_not_there_is_exit_code_2(pk: Typed):
    pk.said("topics", "create", "narrow")
    assert pk.refused("produce", "-t", "narrow", "-p", "1", "-v", "x", code=2) == (
        "narrow has the partitions 0 to 0, not 1"
    )
