"""A data directory goes from pykbroker to Apache Kafka and back, by starting the other program on it.

The one place where a test needs both brokers at once; it runs with `--broker kafka`, where Kafka is at hand.
"""

from pathlib import Path

import pytest
from broker_process import Broker
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

TOPIC, GROUP = "moved", "readers"


@pytest.fixture
def only_with_kafka(request):
    if request.config.getoption("--broker") != "kafka":
        pytest.skip("needs both brokers: run with --broker kafka")


@pytest.mark.parametrize("kinds", [("pykbroker", "kafka", "pykbroker"), ("kafka", "pykbroker", "kafka")], ids=" ".join)
def test_topics_records_and_group_offsets_move_with_their_directory(only_with_kafka, tmp_path, kinds):
    topic_ids = set()
    for turn, kind in enumerate(kinds):
        broker = Broker(kind, tmp_path / "data", {"group.initial.rebalance.delay.ms": 0})
        broker.start()
        try:
            if turn == 0:
                create(broker.address)
            assert seen(broker.address) == [(n, b"%d" % n) for n in range(turn)]
            assert committed(broker.address) == (turn or None)
            write_and_commit(broker.address, turn)
            topic_ids.add(id_on_disk(tmp_path / "data"))
        finally:
            broker.stop()
    assert len(topic_ids) == 1


def create(address):
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(TOPIC, 1, 1, topic_configs={"retention.ms": "-1"})])
    admin.close()


def seen(address):
    with_all = KafkaConsumer(TOPIC, bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=3000)
    records = [(record.offset, record.value) for record in with_all]
    with_all.close()
    return records


def committed(address):
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=GROUP)
    offset = consumer.committed(TopicPartition(TOPIC, 0))
    consumer.close()
    return offset


def write_and_commit(address, turn):
    producer = KafkaProducer(bootstrap_servers=address)
    assert producer.send(TOPIC, b"%d" % turn, partition=0).get(20).offset == turn
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=GROUP, enable_auto_commit=False)
    partition = TopicPartition(TOPIC, 0)
    consumer.assign([partition])
    consumer.seek(partition, turn + 1)
    consumer.commit()
    consumer.close()


def id_on_disk(data: Path):
    return (data / f"{TOPIC}-0" / "partition.metadata").read_text()
