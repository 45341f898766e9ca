"""Produce: good batches, and every way to get one wrong."""

from __future__ import annotations

import gzip
import re
import struct
from typing import Any

import cramjam
from both.batches import TIMESTAMP, batch, described, record
from both.client import Broker, Topic, produced
from pykbroker_protocol.apis.fetch import FETCH
from pykbroker_protocol.apis.init_producer_id import INIT_PRODUCER_ID
from pykbroker_protocol.apis.produce import PRODUCE

from . import Answers, scenario


def produce(broker: Broker, version: int, *parts: Any, acks: int = -1, **fields: Any) -> Any:
    return broker.ask(PRODUCE, version, acks=acks, timeout_ms=5000, topic_data=list(parts), **fields)


def fetched(broker: Broker, topic: Topic) -> Any:
    """Everything in partition 0."""
    Request = FETCH.request.type
    partition = Request.FetchTopic.FetchPartition(partition=0, fetch_offset=0, partition_max_bytes=1 << 20)
    asked = Request.FetchTopic(topic=topic.name, topic_id=topic.topic_id, partitions=[partition])
    answer = broker.ask(FETCH, 13, max_bytes=1 << 20, session_epoch=-1, topics=[asked])
    return answer.responses[0].partitions[0]


@scenario(PRODUCE)
def good_batches(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=3)
    yield "one record", produce(broker, version, produced(topic, (0, batch())))
    yield "three records", produce(broker, version, produced(topic, (0, batch(3))))
    yield "acks=1, two partitions", produce(broker, version, produced(topic, (0, batch()), (1, batch())), acks=1)
    yield "the same topic twice", produce(broker, version, produced(topic, (1, batch())), produced(topic, (2, batch())))
    yield "the same partition twice", produce(broker, version, produced(topic, (2, batch()), (2, batch())))
    yield "nothing", produce(broker, version)
    yield "no partition", produce(broker, version, produced(topic))
    yield "a leader epoch in the batch", produce(broker, version, produced(topic, (0, batch(partition_leader_epoch=7))))
    yield "a base offset that is not 0", produce(broker, version, produced(topic, (0, batch(2, base_offset=100))))
    yield "what is there", fetched(broker, topic)


@scenario(PRODUCE)
def unknown_partitions(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    nowhere = Topic(broker.name("nowhere"), b"\x07" * 16)
    yield "unknown topic", produce(broker, version, produced(nowhere, (0, batch())))
    yield "no name, no id", produce(broker, version, produced(Topic(""), (0, batch())))
    yield "unknown partition", produce(broker, version, produced(topic, (9, batch())))
    yield "negative partition", produce(broker, version, produced(topic, (-1, batch())))
    yield (
        "one good, one unknown",
        produce(broker, version, produced(topic, (0, batch()), (1, batch())), produced(nowhere, (0, batch()))),
    )
    yield "where the good one went", broker.log_end(topic.name)
    invalid = Topic("in valid/", b"\x08" * 16)
    yield "invalid name", produce(broker, version, produced(invalid, (0, batch())))


@scenario(PRODUCE)
def internal_topics(broker: Broker, version: int) -> Answers:
    broker.wait_coordinator("wire")
    found = broker.wait_metadata("__consumer_offsets", lambda topic: topic.error_code == 0)
    broker.topic_ids[found.topic_id] = "id of offsets"
    topic = Topic("__consumer_offsets", found.topic_id)
    yield "the topic of offsets", produce(broker, version, produced(topic, (0, batch())))


@scenario(PRODUCE)
def acks(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    for asked in (2, -2):
        yield f"acks={asked}", produce(broker, version, produced(topic, (0, batch())), acks=asked)
    connection = broker.connect()
    good = {"acks": 0, "timeout_ms": 5000, "topic_data": [produced(topic, (0, batch()))]}
    connection.send(PRODUCE, version, **good)
    yield "acks=0, then a question", connection.ask(PRODUCE, version, acks=-1, timeout_ms=5000)
    yield "what acks=0 appended", broker.log_end(topic.name)
    connection.send(PRODUCE, version, **good | {"topic_data": [produced(topic, (9, batch()))]})
    yield "acks=0 to an unknown partition", connection.receive(PRODUCE, version)
    connection = broker.connect()
    connection.send(PRODUCE, version, **good | {"topic_data": [produced(topic, (0, batch(crc=1)))]})
    yield "acks=0 with a wrong CRC", connection.receive(PRODUCE, version)
    yield "the end after that", broker.log_end(topic.name)


@scenario(PRODUCE)
def timeouts(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    for timeout_ms in (0, -1):
        parts = [produced(topic, (0, batch()))]
        yield f"timeout {timeout_ms}", broker.ask(PRODUCE, version, acks=-1, timeout_ms=timeout_ms, topic_data=parts)


BAD: dict[str, bytes] = {
    "empty": b"",
    "three bytes": b"\0\1\2",
    "a header cut short": batch()[:40],
    "a batch cut short": batch()[:-3],
    "bytes behind the batch": batch() + b"\0\0\0",
    "a header behind the batch": batch() + batch()[:30],
    "two batches": batch() + batch(base_offset=1),
    "wrong CRC": batch(crc=1),
    "magic 0": batch(magic=0),
    "magic 1": batch(magic=1),
    "magic 3": batch(magic=3),
    "magic -1": batch(magic=-1),
    "length 0": batch(batch_length=0),
    "length 13": batch(batch_length=13),
    "length 48": batch(batch_length=48),
    "length -1": batch(batch_length=-1),
    "length too long": batch(batch_length=1 << 20),
    "length 2 GiB": batch(batch_length=0x7FFFFFFF),
    "no record": batch(0),
    "no record, last delta 2": batch(0, last_offset_delta=2),
    "count too small": batch(3, records_count=2),
    "count too large": batch(3, records_count=4),
    "count -1": batch(3, records_count=-1),
    "count 2^31-1": batch(3, records_count=0x7FFFFFFF),
    "last delta too large": batch(3, last_offset_delta=9),
    "last delta too small": batch(3, last_offset_delta=1),
    "last delta -1": batch(1, last_offset_delta=-1),
    "record deltas with a gap": batch(2, records=record(0) + record(2), last_offset_delta=2),
    "record deltas backwards": batch(2, records=record(1) + record(0)),
    "record deltas that start at 1": batch(2, records=record(1) + record(2), last_offset_delta=2),
    "a record cut short": batch(1, records=record()[:-2]),
    "a record of negative length": batch(1, records=b"\x01" + record()[1:]),
    "bytes behind the records": batch(1, records=record() + b"\0\0"),
    "a control batch": batch(attributes=0x20),
    "a transactional batch": batch(attributes=0x10),
    "a transactional batch with a producer": batch(attributes=0x10, producer_id=1, producer_epoch=0, base_sequence=0),
    "LogAppendTime": batch(attributes=0x08),
    "a delete horizon": batch(attributes=0x40),
    "attributes never heard of": batch(attributes=0x80),
    "record attributes": batch(records=record(attributes=7)),
    "compression 5": batch(attributes=5),
    "compression 7": batch(attributes=7),
    "gzip that is none": batch(attributes=1),
    "snappy that is none": batch(attributes=2),
    "lz4 that is none": batch(attributes=3),
    "zstd that is none": batch(attributes=4),
    "no timestamp": batch(base_timestamp=-1, max_timestamp=-1),
    "timestamp -2": batch(base_timestamp=-2, max_timestamp=-2),
    "max timestamp too small": batch(3, max_timestamp=TIMESTAMP),
    "max timestamp too large": batch(max_timestamp=TIMESTAMP + 99),
    "a timestamp of 1970": batch(base_timestamp=0),
    "a timestamp far ahead": batch(base_timestamp=4_000_000_000_000),
    "null key and value": batch(records=record(key=None, value=None)),
    "headers": batch(records=record(headers=[{"key": b"h", "value": None}, {"key": b"h", "value": b"v"}])),
    "a header without key": batch(records=record(headers=[{"key": None, "value": b"v"}])),
    "a header key that is no text": batch(records=record(headers=[{"key": b"\xff", "value": b"v"}])),
    "producer id without epoch": batch(producer_id=5),
    "producer id without sequence": batch(producer_id=5, producer_epoch=0),
    "sequence without producer id": batch(base_sequence=0),
    "producer id -5": batch(producer_id=-5, producer_epoch=0, base_sequence=0),
    "a message of magic 1": struct.pack(">qiIbbqii", 0, 22, 0, 1, 0, TIMESTAMP, -1, -1),
}


@scenario(PRODUCE)
def bad_batches(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=len(BAD))
    for partition, (label, records) in enumerate(BAD.items()):
        yield label, produce(broker, version, produced(topic, (partition, records)))
        yield f"{label}: the end", broker.log_end(topic.name, partition)


@scenario(PRODUCE, since=13)
def what_odd_batches_left(broker: Broker, version: int) -> Answers:
    for label, records in BAD.items():
        topic = broker.topic(label.replace(" ", "-").replace("^", "-").replace(",", ""))
        produce(broker, version, produced(topic, (0, records)))
        yield label, fetched(broker, topic)


@scenario(PRODUCE)
def settings_of_the_topic(broker: Broker, version: int) -> Answers:
    small = broker.topic("small", max_message_bytes="100")
    yield "too large", produce(broker, version, produced(small, (0, batch(3))))
    yield "small enough", produce(broker, version, produced(small, (0, batch(1))))
    compacted = broker.topic("compacted", cleanup_policy="compact")
    yield "compacted without key", produce(broker, version, produced(compacted, (0, batch(records=record(key=None)))))
    mixed = record(0) + record(1, key=None) + record(2, key=None)
    yield "compacted, some without key", produce(broker, version, produced(compacted, (0, batch(3, records=mixed))))
    yield "compacted with key", produce(broker, version, produced(compacted, (0, batch())))
    stamped = broker.topic("stamped", message_timestamp_type="LogAppendTime")
    yield "LogAppendTime", produce(broker, version, produced(stamped, (0, batch(2))))
    strict = broker.topic("strict", message_timestamp_before_max_ms="1000", message_timestamp_after_max_ms="1000")
    yield "too old", produce(broker, version, produced(strict, (0, batch(3))))
    ahead = batch(2, base_timestamp=4_000_000_000_000)
    yield "too far ahead", produce(broker, version, produced(strict, (0, ahead)))
    yield (
        "good beside too large",
        produce(
            broker, version, produced(small, (0, batch())), produced(compacted, (0, batch(records=record(key=None))))
        ),
    )


def packed(attributes: int, *, count: int = 3) -> bytes:
    """A batch whose records are compressed as `attributes` say: 1 gzip, 4 zstd."""
    records = b"".join(record(delta) for delta in range(count))
    compressed = gzip.compress(records) if attributes == 1 else bytes(cramjam.zstd.compress(records))
    return batch(count, attributes=attributes, records=compressed)


@scenario(PRODUCE)
def compressed_batches(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    yield "gzip", produce(broker, version, produced(topic, (0, packed(1))))
    yield "zstd", produce(broker, version, produced(topic, (0, packed(4))))
    yield "what is there", fetched(broker, topic)


@scenario(PRODUCE, since=13)
def codecs_of_topics(broker: Broker, version: int) -> Answers:
    for codec in ("gzip", "snappy", "lz4", "zstd", "uncompressed", "producer"):
        topic = broker.topic(codec, compression_type=codec)
        for given in (batch(3), packed(1), packed(4)):
            produce(broker, version, produced(topic, (0, given)))
        stored = fetched(broker, topic).records
        yield codec, [re.sub(r"\d+ bytes", "some bytes", line) for line in described(stored)]


@scenario(PRODUCE)
def sequences(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t", partitions=2)
    initiated = broker.ask(INIT_PRODUCER_ID, 4, transactional_id=None, transaction_timeout_ms=60_000)

    def send(sequence: int, epoch: int = 0, partition: int = 0, count: int = 1, producer_id: int = -1) -> Any:
        producer_id = initiated.producer_id if producer_id < 0 else producer_id
        sent = batch(count, producer_id=producer_id, producer_epoch=epoch, base_sequence=sequence)
        return produce(broker, version, produced(topic, (partition, sent)))

    yield "0", send(0)
    yield "1 to 3", send(1, count=3)
    yield "1 to 3 again", send(1, count=3)
    yield "1 to 2: overlaps", send(1, count=2)
    yield "2 to 4: overlaps", send(2, count=3)
    yield "5: out of order", send(5)
    for sequence in range(4, 9):
        yield f"{sequence}", send(sequence)
    yield "4 again, the fifth of five", send(4)
    yield "1 to 3 again, beyond five", send(1, count=3)
    yield "0 again, beyond five", send(0)
    yield "a new epoch from 1", send(1, epoch=1)
    yield "a new epoch from 0", send(0, epoch=1)
    yield "the old epoch", send(9, epoch=0)
    yield "epoch 5, not the next", send(0, epoch=5)
    yield "a first batch of another partition from 7", send(7, epoch=5, partition=1)
    yield "an unknown producer from 0", send(0, producer_id=777_000_001)
    yield "an unknown producer from 3", send(3, producer_id=777_000_002)
    yield (
        "two idempotent batches in one partition",
        produce(
            broker,
            version,
            produced(
                topic,
                (
                    1,
                    batch(producer_id=777_000_003, producer_epoch=0, base_sequence=0)
                    + batch(producer_id=777_000_003, producer_epoch=0, base_sequence=1),
                ),
            ),
        ),
    )
    yield "the sequence that wraps", send(2**31 - 2, producer_id=777_000_004, count=2)
    yield "the one after it", send(0, producer_id=777_000_004)
    yield "the ends", [broker.log_end(topic.name), broker.log_end(topic.name, 1)]


@scenario(PRODUCE)
def a_transactional_id(broker: Broker, version: int) -> Answers:
    topic = broker.topic("t")
    yield "plain batch", produce(broker, version, produced(topic, (0, batch())), transactional_id=broker.name("x"))
