"""The catalog is what replaying its records gives, whoever wrote them."""

import pytest
from pykbroker_protocol.errors import ErrorCode, Malformed, Refused
from pykbroker_protocol.records.cluster_metadata import (
    ConfigRecord,
    FeatureLevelRecord,
    PartitionChangeRecord,
    ProducerIdsRecord,
    RegisterBrokerRecord,
)

from pykbroker.topics.catalog import TOPIC_RESOURCE, Catalog
from pykbroker.topics.creation import (
    NewTopic,
    Node,
    check_name,
    creation_records,
    deletion_records,
    partition_count,
    partition_record,
)
from pykbroker.topics.frames import Versioned, from_frame, to_frame

NODE = Node(1, b"d" * 16)
ID = b"i" * 16


@pytest.fixture
def catalog():
    catalog = Catalog()
    catalog.replay(creation_records(NewTopic("a_b", configs={"retention.ms": "1"}), ID, 3, NODE), 0)
    return catalog


def test_a_created_topic_is_found_by_name_and_by_id_with_its_partitions_and_configs(catalog):
    topic = catalog.topic_by_name("a_b")
    assert topic is catalog.topic_by_id(ID)
    assert (topic.partitions, list(topic.leader_epochs)) == (3, [0, 0, 0])
    assert catalog.topic_configs("a_b") == {"retention.ms": "1"}


def test_a_deleted_topic_leaves_nothing_and_its_name_is_free(catalog):
    catalog.replay(deletion_records(catalog.topic_by_id(ID)), 9)
    assert catalog.topic_by_name("a_b") is catalog.topic_by_id(ID) is None
    assert catalog.configs == {}
    check_name(catalog, "a.b")


def test_records_come_back_from_their_frames_as_they_were():
    for record in creation_records(NewTopic("t", configs={"k": "v"}), ID, 1, NODE):
        assert from_frame(to_frame(record)) == record._replace(frame=None)


@pytest.mark.parametrize(
    "frame", [b"", b"\x01", b"\x02\x02\x00", b"\x01\x7f\x00", b"\x01\x02\x09", b"\x01\x02\x00\xff"]
)
def test_a_frame_that_is_no_record_of_kafka_is_malformed(frame):
    with pytest.raises(Malformed):
        from_frame(frame)


def test_a_changed_leader_moves_the_epoch_and_anything_else_does_not(catalog):
    catalog.replay([Versioned(PartitionChangeRecord(topic_id=ID, partition_id=1, leader=1))], 7)
    catalog.replay([Versioned(PartitionChangeRecord(topic_id=ID, partition_id=2, isr=[1]))], 8)
    assert list(catalog.topic_by_id(ID).leader_epochs) == [0, 1, 0]


def test_the_broker_epoch_is_the_offset_of_its_registration(catalog):
    catalog.replay([Versioned(FeatureLevelRecord(name="f", feature_level=1)), Versioned(RegisterBrokerRecord())], 40)
    assert (catalog.broker_epoch, catalog.features) == (41, {"f": 1})


def test_producer_ids_go_on_where_the_last_block_ended(catalog):
    catalog.replay([Versioned(ProducerIdsRecord(next_producer_id=5000))], 9)
    assert catalog.next_producer_id == 5000


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        ("a_b", ErrorCode.TOPIC_ALREADY_EXISTS, "Topic 'a_b' already exists."),
        ("a.b", ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic 'a.b' collides with existing topic: a_b"),
        ("", ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: the empty string is not allowed"),
        ("..", ErrorCode.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: '..' is not allowed"),
        (
            "x" * 250,
            ErrorCode.INVALID_TOPIC_EXCEPTION,
            f"Topic name is invalid: the length of '{'x' * 250}' is longer than the max allowed length 249",
        ),
        (
            "a/b",
            ErrorCode.INVALID_TOPIC_EXCEPTION,
            "Topic name is invalid: 'a/b' contains one or more characters other than ASCII alphanumerics, "
            "'.', '_' and '-'",
        ),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_kafkas_words(catalog, name, code, why):
    with pytest.raises(Refused) as refusal:
        check_name(catalog, name)
    assert (refusal.value.code, refusal.value.why) == (code, why)


def counted(**asked):
    return partition_count(NewTopic("t", **asked), NODE, default_partitions=4, default_replication=1)


def test_minus_one_takes_the_brokers_defaults():
    assert counted() == 4
    assert counted(num_partitions=2, replication_factor=1) == 2
    assert counted(assignments=[(1, [1]), (0, [1])]) == 2


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"replication_factor": 0}, ErrorCode.INVALID_REPLICATION_FACTOR),
        ({"replication_factor": 2}, ErrorCode.INVALID_REPLICATION_FACTOR),
        ({"num_partitions": 0}, ErrorCode.INVALID_PARTITIONS),
        ({"num_partitions": -2}, ErrorCode.INVALID_PARTITIONS),
        ({"assignments": [(0, [1])], "num_partitions": 1}, ErrorCode.INVALID_REQUEST),
        ({"assignments": [(0, [1])], "replication_factor": 1}, ErrorCode.INVALID_REQUEST),
        ({"assignments": [(0, [1]), (0, [1])]}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ({"assignments": [(1, [1])]}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ({"assignments": [(0, [2])]}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
        ({"assignments": [(0, [])]}, ErrorCode.INVALID_REPLICA_ASSIGNMENT),
    ],
)
def test_partitions_that_cannot_be_placed_are_refused(asked, code):
    with pytest.raises(Refused) as refusal:
        counted(**asked)
    assert refusal.value.code is code


def test_too_many_replicas_are_refused_in_kafkas_words():
    with pytest.raises(Refused) as refusal:
        counted(replication_factor=3)
    assert refusal.value.why == (
        "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached because "
        "only 1 broker(s) are registered or some brokers have all their log directories cordoned."
    )


def test_configs_are_replaced_and_removed_by_later_records(catalog):
    def change(value):
        record = ConfigRecord(resource_type=TOPIC_RESOURCE, resource_name="a_b", name="retention.ms", value=value)
        catalog.replay([Versioned(record)], 20)
        return catalog.topic_configs("a_b")

    assert change("2") == {"retention.ms": "2"}
    assert change(None) == {}


@pytest.mark.parametrize("partition", [0, 1, 9_999])
def test_a_partitions_frame_that_is_put_together_is_the_one_that_would_be_encoded(partition):
    for node in (NODE, Node(2, b"e" * 16)):
        record = partition_record(b"t" * 16, partition, node)
        assert record.frame == to_frame(Versioned(record.value, record.version))
        assert from_frame(record.frame) == Versioned(record.value, record.version)
