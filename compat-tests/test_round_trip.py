"""What is produced is consumed: values, keys, headers, sizes, partitions and timestamps."""

import time

import pytest
from clients import Partition, read
from conftest import CLIENTS

pytestmark = pytest.mark.capability("produce and consume")


@pytest.mark.quick
def test_records_come_back_in_order_at_the_offsets_they_were_acknowledged_at(use):
    topic = use.topic()
    producer = use.producer()
    sent = [producer.send(topic, b"%d" % number) for number in range(500)]
    places = [acknowledged() for acknowledged in sent]
    records = read(use.reader(topic), 500)
    assert [place.offset for place in places] == list(range(500))
    assert [(r.offset, r.value) for r in records] == [(number, b"%d" % number) for number in range(500)]


@pytest.mark.quick
@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        (b"key", b"value", (("a", b"1"), ("b", b"2"))),
        (None, b"value", ()),
        (b"key", None, ()),
        (b"", b"", ()),
        ("κλειδί".encode(), b"\0" * 3, (("twice", b"1"), ("twice", b"2"), ("empty", b""))),
    ],
    ids=["all", "null-key", "null-value", "empty", "headers"],
)
def test_key_value_and_headers_come_back_as_they_were_sent(use, key, value, headers):
    topic = use.topic()
    use.producer().send(topic, value, key=key, headers=headers)()
    (record,) = read(use.reader(topic), 1)
    assert (record.key, record.value, record.headers) == (key, value, headers)


@pytest.mark.clients("confluent-kafka")
def test_a_record_may_be_all_null_and_so_may_a_headers_value(use):
    topic = use.topic()
    use.producer().send(topic, None, headers=(("null", None),))()
    (record,) = read(use.reader(topic), 1)
    assert (record.key, record.value, record.headers) == (None, None, (("null", None),))


@pytest.mark.parametrize("size", [0, 1, 100_000, 999_000])  # librdkafka's own limit is 1,000,000 with its overhead
def test_a_record_of_any_size_up_to_a_megabyte_fits_the_defaults(use, size):
    topic, value = use.topic(), bytes(number % 251 for number in range(size))
    use.producer().send(topic, value)()
    (record,) = read(use.reader(topic), 1)
    assert record.value == value


@pytest.mark.clients("kafka-python", "aiokafka")
def test_a_record_fills_the_brokers_default_limit_to_the_last_byte_that_the_client_allows(use):
    topic, value = use.topic(), b"x" * 1_048_488
    use.producer().send(topic, value)()
    assert read(use.reader(topic), 1)[0].value == value


def test_ten_records_of_a_megabyte_are_read_in_order_with_the_default_fetch_sizes(use):
    topic, producer = use.topic(), use.producer()
    for number in range(10):
        producer.send(topic, bytes([number]) * 999_000)()
    assert [record.value[0] for record in read(use.reader(topic), 10)] == list(range(10))


@pytest.mark.parametrize("writer", list(CLIENTS))
def test_each_client_reads_what_any_client_wrote(use, writer):
    topic = use.topic()
    headers = (("from", writer.encode()),)
    use.other(writer).producer().send(topic, b"value", key=b"key", headers=headers, timestamp_ms=1_700_000_000_123)()
    (record,) = read(use.reader(topic), 1)
    assert (record.key, record.value, record.headers) == (b"key", b"value", headers)
    assert record.timestamp_ms == 1_700_000_000_123


def test_a_record_goes_to_the_partition_that_was_chosen(use):
    topic, producer = use.topic(partitions=3), use.producer()
    places = [producer.send(topic, b"%d" % number, partition=number)() for number in (2, 0, 1, 2)]
    assert places == [(2, 0), (0, 0), (1, 0), (2, 1)]
    reader = use.consumer(auto_offset_reset="earliest")
    reader.assign([Partition(topic, 2)])
    assert [(r.partition, r.value) for r in read(reader, 2)] == [(2, b"2"), (2, b"2")]


def test_records_with_one_key_stay_in_one_partition_and_in_order(use):
    topic, producer = use.topic(partitions=5), use.producer()
    sent = [producer.send(topic, b"%d" % number, key=b"key-%d" % (number % 7)) for number in range(140)]
    assert len({acknowledged().partition for acknowledged in sent}) > 1
    by_key: dict[bytes, list] = {}
    for record in read(use.reader(topic, partitions=5), 140):
        by_key.setdefault(record.key, []).append(record)
    assert all(len({record.partition for record in records}) == 1 for records in by_key.values())
    assert all([int(r.value) for r in records] == sorted(int(r.value) for r in records) for records in by_key.values())


def test_ten_thousand_records_over_four_partitions_are_all_there_once(use):
    topic, producer = use.topic(partitions=4), use.producer(linger_ms=5)
    for number in range(10_000):
        producer.send(topic, b"%d" % number, partition=number % 4)
    producer.flush()
    records = read(use.reader(topic, partitions=4), 10_000)
    assert sorted(int(record.value) for record in records) == list(range(10_000))


@pytest.mark.parametrize("acks", [0, 1])
def test_records_arrive_with_fewer_acknowledgements_too(use, acks):
    topic = use.topic()
    idempotence = {} if use.client.name == "aiokafka" else {"enable_idempotence": False}
    producer = use.producer(acks=acks, **idempotence)
    for number in range(20):
        producer.send(topic, b"%d" % number)
    producer.flush()
    assert [int(record.value) for record in read(use.reader(topic), 20)] == list(range(20))


@pytest.mark.parametrize("config", ["CreateTime", "LogAppendTime"])
def test_a_topic_keeps_the_producers_time_or_stamps_its_own(use, config):
    topic, before = use.topic(message_timestamp_type=config), int(time.time() * 1000)
    use.producer().send(topic, b"value", timestamp_ms=1_700_000_000_000)()
    (record,) = read(use.reader(topic), 1)
    if config == "CreateTime":
        assert record.timestamp_ms == 1_700_000_000_000
    else:
        assert before <= record.timestamp_ms <= time.time() * 1000


def test_a_reader_that_waits_gets_a_record_when_it_comes(use):
    topic = use.topic()
    reader, producer = use.reader(topic), use.producer()
    assert reader.poll(1.0) == []
    producer.send(topic, b"late")()
    assert [record.value for record in read(reader, 1)] == [b"late"]
