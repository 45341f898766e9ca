"""Where a partition begins and ends, which offset a time has, and how a consumer moves about: seek, pause, reset."""

import pytest
from clients import Failed, Partition, read, wait_until

pytestmark = pytest.mark.capability("offsets: ends, times, seek, pause, reset")


@pytest.mark.quick
def test_an_empty_partition_begins_and_ends_at_zero_and_a_full_one_ends_behind_its_last_record(use):
    topic = use.topic(partitions=2)
    use.produce(topic, 7)
    reader, (full, empty) = use.consumer(), (Partition(topic, 0), Partition(topic, 1))
    wait_until(lambda: reader.end_offset(empty) == 0)
    assert (reader.beginning_offset(full), reader.end_offset(full)) == (0, 7)
    assert reader.beginning_offset(empty) == 0


@pytest.mark.parametrize(
    ("timestamp_ms", "offset"), [(0, 0), (1000, 0), (1001, 1), (3000, 2), (9999, 9), (10_000, 9), (10_001, None)]
)
def test_a_time_has_the_offset_of_the_first_record_that_is_not_older(use, timestamp_ms, offset):
    topic, producer, start = use.topic(), use.producer(), 1_700_000_000_000
    for number in range(10):
        producer.send(topic, b"x", timestamp_ms=start + 1000 * (number + 1))
    producer.flush()
    assert use.consumer().offset_for_time(Partition(topic, 0), start + timestamp_ms) == offset


def test_a_time_finds_its_record_inside_a_compressed_batch(use):
    topic, producer, start = use.topic(), use.producer(compression_type="gzip", linger_ms=50), 1_700_000_000_000
    for number in range(50):
        producer.send(topic, b"x", timestamp_ms=start + number)
    producer.flush()
    assert use.consumer().offset_for_time(Partition(topic, 0), start + 33) == 33


def test_an_empty_partition_has_no_offset_for_any_time(use):
    partition, consumer = Partition(use.topic(), 0), use.consumer()
    wait_until(lambda: consumer.end_offset(partition) == 0)
    assert consumer.offset_for_time(partition, 0) is None


@pytest.mark.quick
def test_a_consumer_reads_from_where_it_seeks_to_back_and_forth(use):
    topic = use.topic()
    use.produce(topic, 20)
    reader, partition = use.reader(topic), Partition(topic, 0)
    read(reader, 20)
    for offset in (5, 19, 0):
        reader.seek(partition, offset)
        assert read(reader, 20 - offset)[0].offset == offset
        assert reader.position(partition) == 20


def test_a_paused_partition_gives_nothing_until_it_is_resumed(use):
    topic = use.topic(partitions=2)
    reader, paused = use.reader(topic, partitions=2), Partition(topic, 0)
    reader.poll(1.0)
    reader.pause(paused)
    use.produce(topic, 20, partitions=2)
    assert {record.partition for record in read(reader, 10)} == {1}
    assert reader.poll(1.0) == []
    reader.resume(paused)
    assert {record.partition for record in read(reader, 10)} == {0}


@pytest.mark.parametrize(("policy", "first"), [("earliest", b"0"), ("latest", b"10")])
def test_without_a_committed_offset_the_reset_policy_says_where_to_start(use, policy, first):
    topic = use.topic()
    use.produce(topic, 10)
    consumer = use.consumer(topic, group_id=use.name("g"), auto_offset_reset=policy)
    seen = []
    wait_until(lambda: seen.extend(consumer.poll(0.2)) or consumer.rebalances.held)
    for _ in range(5):
        seen += consumer.poll(0.2)
    use.produce(topic, 1, start=10)
    wait_until(lambda: seen.extend(consumer.poll(0.2)) or seen)
    assert seen[0].value == first


@pytest.mark.parametrize(("policy", "first"), [("earliest", 0), ("latest", 10)])
def test_an_offset_out_of_range_is_reset_by_policy(use, policy, first):
    topic = use.topic()
    use.produce(topic, 10)
    consumer, partition = use.consumer(auto_offset_reset=policy), Partition(topic, 0)
    consumer.assign([partition])
    consumer.poll(0.5)
    consumer.seek(partition, 1000)
    records = consumer.poll(1.5)
    if not records:
        use.produce(topic, 1, start=10)
        records = read(consumer, 1)
    assert records[0].offset == first


def test_an_offset_out_of_range_is_an_error_when_there_is_no_policy(use):
    topic = use.topic()
    use.produce(topic, 10)
    policy = "error" if use.client.name == "confluent-kafka" else "none"
    consumer, partition = use.consumer(auto_offset_reset=policy), Partition(topic, 0)
    consumer.assign([partition], at=1000)
    with pytest.raises(Failed):
        read(consumer, 1)
