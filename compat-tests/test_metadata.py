"""The cluster as clients see it, and topics that come into being when they are first used."""

import pytest
from clients import Failed, Partition, read, wait_until

pytestmark = pytest.mark.capability("metadata: cluster, auto-creation")


@pytest.mark.quick
def test_the_cluster_is_one_broker_at_the_address_that_was_asked(use):
    cluster = use.admin.describe_cluster()
    host, port = use.address.rsplit(":", 1)
    ((broker_id, *address),) = cluster.brokers
    assert address == [host, int(port)]
    assert cluster.controller_id == broker_id
    assert cluster.cluster_id == use.other("kafka-python").admin.describe_cluster().cluster_id
    assert len(cluster.cluster_id) == 22


@pytest.mark.quick
def test_a_topic_is_created_by_the_first_record_that_is_produced_to_it(use):
    topic = use.name()
    assert use.producer().send(topic, b"first")().offset == 0
    assert use.admin.topics()[topic] == 1
    assert [record.value for record in read(use.reader(topic), 1)] == [b"first"]


@pytest.mark.clients("kafka-python", "aiokafka")
def test_a_consumer_creates_the_topic_that_it_subscribes_to(use):
    topic = use.name()
    use.member(use.name("g"), topic)
    wait_until(lambda: topic in use.admin.topics())


@pytest.mark.clients("confluent-kafka")  # kafka-python's setting for it has no effect on subscriptions
def test_a_consumer_that_may_not_create_topics_is_told_that_there_is_none(use):
    topic = use.name()
    with pytest.raises(Failed) as refused:
        read(use.consumer(topic, group_id=use.name("g")), 1)
    assert refused.value.code == 3  # UNKNOWN_TOPIC_OR_PARTITION
    assert topic not in use.admin.topics()


@pytest.mark.clients("confluent-kafka")
@pytest.mark.parametrize(("name", "code"), [("bad/name", 17), ("..", 17)])
def test_the_metadata_of_an_invalid_topic_is_an_error(use, name, code):
    topics = use.admin.client.list_topics(name, timeout=10).topics
    assert topics[name].error.code() == code


def test_a_consumer_is_told_of_every_partition_of_a_topic(use):
    topic = use.topic(partitions=5)
    ends = use.consumer()
    wait_until(lambda: [ends.end_offset(Partition(topic, partition)) for partition in range(5)] == [0] * 5)
