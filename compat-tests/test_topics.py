"""Topics: created, refused, configured, deleted and created again."""

import pytest
from clients import Failed, Partition, read, wait_until

pytestmark = pytest.mark.capability("topics: create, configure, delete")

knows_ids = pytest.mark.clients("kafka-python", "confluent-kafka")
UNKNOWN_TOPIC_OR_PARTITION, INVALID_TOPIC, TOPIC_ALREADY_EXISTS, INVALID_PARTITIONS = 3, 17, 36, 37
INVALID_REPLICATION_FACTOR, INVALID_CONFIG = 38, 40


def refusal(function, *arguments, **options):
    with pytest.raises(Failed) as refused:
        function(*arguments, **options)
    return refused.value.code


@pytest.mark.quick
def test_a_created_topic_is_listed_with_its_partitions(use):
    topic = use.topic(partitions=7)
    assert use.admin.topics()[topic] == 7


@pytest.mark.quick
def test_a_topic_cannot_be_created_twice(use):
    assert refusal(use.admin.create_topic, use.topic()) == TOPIC_ALREADY_EXISTS


@pytest.mark.parametrize("name", ["bad/name", "a b", "ä", "..", "x" * 250, ""])
def test_a_topic_with_an_invalid_name_is_refused(use, name):
    assert refusal(use.admin.create_topic, name) == INVALID_TOPIC


def test_a_topic_is_refused_when_its_metrics_would_have_anothers_name(use):
    name = use.name()
    use.admin.create_topic(f"{name}.x")
    wait_until(lambda: f"{name}.x" in use.admin.topics())
    assert refusal(use.admin.create_topic, f"{name}_x") == INVALID_TOPIC


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"partitions": 0}, INVALID_PARTITIONS),
        ({"replicas": 2}, INVALID_REPLICATION_FACTOR),
        ({"configs": {"no.such.config": "1"}}, INVALID_CONFIG),
        ({"configs": {"retention.ms": "soon"}}, INVALID_CONFIG),
        ({"configs": {"cleanup.policy": "burn"}}, INVALID_CONFIG),
    ],
    ids=["no-partitions", "too-many-replicas", "unknown-config", "config-of-wrong-type", "config-of-wrong-value"],
)
def test_a_topic_that_cannot_be_is_refused_and_not_created(use, asked, code):
    name = use.name()
    assert refusal(use.admin.create_topic, name, **asked) == code
    assert name not in use.admin.topics()


@knows_ids
def test_a_topic_that_is_only_validated_is_not_created(use):
    name, existing = use.name(), use.topic()
    use.admin.validate_topic(name)
    assert refusal(use.admin.validate_topic, existing) == TOPIC_ALREADY_EXISTS
    assert name not in use.admin.topics()


@pytest.mark.quick
def test_a_deleted_topic_is_gone(use):
    topic = use.topic()
    use.produce(topic, 3)
    use.admin.delete_topic(topic)
    wait_until(lambda: topic not in use.admin.topics())
    assert refusal(use.admin.delete_topic, topic) == UNKNOWN_TOPIC_OR_PARTITION


def test_a_topic_that_is_created_again_is_empty(use):
    topic = use.topic()
    use.produce(topic, 10)
    use.admin.delete_topic(topic)
    wait_until(lambda: topic not in use.admin.topics())
    use.admin.create_topic(topic)
    wait_until(lambda: topic in use.admin.topics())
    assert use.producer().send(topic, b"new")().offset == 0
    assert [record.value for record in read(use.reader(topic), 1)] == [b"new"]


@knows_ids
def test_a_topic_that_is_created_again_has_another_id(use):
    topic, other = use.topic(), use.topic()
    before = use.admin.topic_id(topic)
    use.admin.delete_topic(topic)
    wait_until(lambda: topic not in use.admin.topics())
    use.admin.create_topic(topic)
    wait_until(lambda: topic in use.admin.topics())
    assert len({before, use.admin.topic_id(topic), use.admin.topic_id(other)}) == 3


def test_a_topic_keeps_to_its_own_limit_of_message_size(use):
    topic, producer = use.topic(max_message_bytes="2000"), use.producer()
    assert producer.send(topic, b"x" * 1000)().offset == 0
    assert refusal(producer.send(topic, b"x" * 3000)) == 10  # MESSAGE_TOO_LARGE
    assert use.consumer().end_offset(Partition(topic, 0)) == 1


def test_twenty_topics_of_ten_partitions_can_be_made_and_used(use):
    topics = [use.name() for _ in range(20)]
    for topic in topics:
        use.admin.create_topic(topic, 10)
    wait_until(lambda: set(topics) <= set(use.admin.topics()))
    producer = use.producer()
    sent = [producer.send(topic, topic.encode(), partition=p) for topic in topics for p in range(10)]
    assert {acknowledged().offset for acknowledged in sent} == {0}
