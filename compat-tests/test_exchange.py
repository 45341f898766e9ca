"""A data directory goes from pykbroker to Apache Kafka and back, by starting the other program on it.

The one place where a test needs both brokers at once; it runs with `--broker kafka`, where Kafka is at hand.
"""

import subprocess
import time
from pathlib import Path

import confluent_kafka
import pytest
from broker_process import ROOT, Broker
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic

TOPIC, TABLE, GROUP, PARTITIONS, KEYS = "moved", "table", "readers", 3, 5
SETTINGS = {
    "group.initial.rebalance.delay.ms": 0,
    "offsets.topic.num.partitions": 5,
    "log.cleaner.backoff.ms": 100,
    # A catalog of which only snapshots and the last segment are left.
    "metadata.log.max.record.bytes.between.snapshots": 100,
    "metadata.log.segment.ms": 100,
    "metadata.max.retention.ms": 100,
    "metadata.max.retention.bytes": 100,
}
TABLE_CONFIGS = {"cleanup.policy": "compact", "segment.ms": "1000", "min.cleanable.dirty.ratio": "0.0"}
LONG_AGO = 1_700_000_000_000


@pytest.mark.parametrize("end", [Broker.stop, Broker.kill], ids=["stopped", "killed"])
@pytest.mark.parametrize("kinds", [("pykbroker", "kafka", "pykbroker"), ("kafka", "pykbroker", "kafka")], ids=" ".join)
def test_topics_records_configs_and_group_offsets_move_with_their_directory(only_with_kafka, tmp_path, kinds, end):
    topic_ids = set()
    for turn, kind in enumerate(kinds):
        broker = Broker(kind, tmp_path / "data", SETTINGS if kind == "kafka" else without_metadata(SETTINGS))
        broker.start(within_s=120)
        try:
            if turn == 0:
                create(broker.address)
            assert seen(broker.address) == [
                (partition, n, b"%d" % n) for partition in range(PARTITIONS) for n in range(turn)
            ]
            assert latest(broker.address) == ({b"%d" % key: b"%d" % (turn - 1) for key in range(KEYS)} if turn else {})
            assert committed(broker.address) == [turn or None] * PARTITIONS
            assert configured(broker.address) == ([turn, turn] if turn else [])
            write_and_commit(broker.address, turn)
            configure(broker.address, turn + 1)
            topic_ids.add(id_on_disk(tmp_path / "data"))
        finally:
            end(broker)
    assert len(topic_ids) == 1


def without_metadata(settings):
    return {name: value for name, value in settings.items() if not name.startswith("metadata.")}


def create(address):
    admin = KafkaAdminClient(bootstrap_servers=address)
    admin.create_topics([NewTopic(TOPIC, PARTITIONS, 1, topic_configs={"retention.ms": "-1"})])
    admin.create_topics([NewTopic(TABLE, 1, 1, topic_configs=TABLE_CONFIGS)])
    admin.close()


CONFIGURED = [
    (ConfigResourceType.TOPIC, TOPIC, "delete.retention.ms"),
    (ConfigResourceType.BROKER, "1", "log.retention.ms"),
]


def configure(address, turn):
    """Settings of a topic and of the broker say which turn it was."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    value = str(10**12 + turn)
    admin.alter_configs([ConfigResource(kind, name, {config: value}) for kind, name, config in CONFIGURED])
    admin.close()


def configured(address):
    """The turns that both settings tell of; none before they were made."""
    admin = KafkaAdminClient(bootstrap_servers=address)
    described = admin.describe_configs([ConfigResource(kind, name) for kind, name, _ in CONFIGURED])
    admin.close()
    found = [described[kind.name.lower()][name].get(config) for kind, name, config in CONFIGURED]
    return [int(each["value"]) - 10**12 for each in found if each]


def records(address, topic):
    with_all = KafkaConsumer(topic, bootstrap_servers=address, auto_offset_reset="earliest", consumer_timeout_ms=3000)
    found = list(with_all)
    with_all.close()
    return found


def seen(address):
    return sorted((record.partition, record.offset, record.value) for record in records(address, TOPIC))


def latest(address):
    return {record.key: record.value for record in records(address, TABLE) if record.key != b"last"}


def committed(address):
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=GROUP)
    offsets = [consumer.committed(TopicPartition(TOPIC, partition)) for partition in range(PARTITIONS)]
    consumer.close()
    return offsets


def write_and_commit(address, turn):
    producer = KafkaProducer(bootstrap_servers=address)
    for partition in range(PARTITIONS):
        assert producer.send(TOPIC, b"%d" % turn, partition=partition).get(20).offset == turn
    for key in range(KEYS):
        producer.send(TABLE, b"%d" % turn, b"%d" % key, timestamp_ms=LONG_AGO + 60_000 * (10 * turn + key)).get(20)
    producer.close()
    consumer = KafkaConsumer(bootstrap_servers=address, group_id=GROUP, enable_auto_commit=False)
    partitions = [TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)]
    consumer.assign(partitions)
    for partition in partitions:
        consumer.seek(partition, turn + 1)
    consumer.commit()
    consumer.close()
    time.sleep(0.5)  # for compactions and snapshots of the catalog; nothing depends on them


def id_on_disk(data: Path):
    return (data / f"{TOPIC}-0" / "partition.metadata").read_text()


AUTHORIZED = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",
    "transaction.state.log.num.partitions": 1,
    "share.coordinator.state.topic.num.partitions": 1,
}


def test_what_a_kafka_has_that_is_not_served_yet_is_named_and_stays_in_its_directory(only_with_kafka, tmp_path):
    kafka = Broker("kafka", tmp_path / "data", SETTINGS | AUTHORIZED)
    kafka.start(within_s=120)
    try:
        create(kafka.address)
        write_and_commit(kafka.address, 0)
        producer = use_what_is_not_served(kafka.address)
    finally:
        kafka.stop()
    del producer
    with pytest.raises(RuntimeError) as refused:
        Broker("pykbroker", tmp_path / "data").start()
    said = str(refused.value)
    for named in (
        "1 ACL (User:alice on moved)",
        "1 SCRAM credential (alice SCRAM-SHA-256)",
        "1 client quota (user bob producer_byte_rate)",
        "1 group of the consumer protocol (modern)",
        "1 transaction (payments ongoing)",
    ):
        assert named in said
    kafka.start(within_s=120)
    try:
        assert seen(kafka.address) == [(partition, 0, b"0") for partition in range(PARTITIONS)]
        assert committed(kafka.address) == [1] * PARTITIONS
    finally:
        kafka.stop()


def use_what_is_not_served(address):
    """An ACL, a SCRAM user, a quota, a group of KIP-848 and an open transaction, whose producer is given."""
    admin = AdminClient({"bootstrap.servers": address})
    acl = AclBinding(
        ResourceType.TOPIC,
        TOPIC,
        ResourcePatternType.LITERAL,
        "User:alice",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    scram = UserScramCredentialUpsertion("alice", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), b"secret")
    for asked in (admin.create_acls([acl]), admin.alter_user_scram_credentials([scram])):
        for future in asked.values():
            future.result(20)
    quota = ["--entity-type", "users", "--entity-name", "bob", "--add-config", "producer_byte_rate=1000"]
    subprocess.run(
        [ROOT / "scripts/kafka", "tool", "configs", "--bootstrap-server", address, "--alter", *quota], check=True
    )
    producer = confluent_kafka.Producer({"bootstrap.servers": address, "transactional.id": "payments"})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(TABLE, b"undecided", key=b"last")
    producer.flush(20)
    settings = {"group.id": "modern", "group.protocol": "consumer", "auto.offset.reset": "earliest"}
    consumer = confluent_kafka.Consumer({"bootstrap.servers": address, **settings})
    consumer.subscribe([TOPIC])
    assert consumer.poll(30) is not None
    consumer.close()
    return producer
