"""CreateTopics of many at once, and what Metadata then tells of them."""

import logging
from array import array

import pytest
from asking import Asker, opened
from pykbroker_protocol.apis.create_topics import CREATE_TOPICS, CreateTopicsRequest
from pykbroker_protocol.apis.metadata import METADATA, MetadataRequest, MetadataResponse
from pykbroker_protocol.errors import ErrorCode

from pykbroker import codec
from pykbroker.handlers import topic_parts
from pykbroker.topics.catalog import Topic

CREATED = CreateTopicsRequest.CreatableTopic
ID = b"i" * 16


def wanted(name, **configs):
    rows = [CREATED.CreatableTopicConfig(name=key.replace("_", "."), value=value) for key, value in configs.items()]
    return CREATED(name=name, num_partitions=2, replication_factor=1, configs=rows)


def request(*topics, **fields):
    return CreateTopicsRequest(topics=list(topics), timeout_ms=1000, **fields)


async def answered(ask, *topics, version=7, **fields):
    response = await ask(request(*topics, **fields), version)
    return {topic.name: ErrorCode(topic.error_code) for topic in response.topics}


async def test_what_is_refused_in_a_request_keeps_nothing_else_from_being_created(ask):
    await ask.create("there")
    asked = wanted("a"), wanted("there"), wanted("b", retention_ms="never"), wanted("?"), wanted("c")
    assert await answered(ask, *asked) == {
        "a": ErrorCode.NONE,
        "there": ErrorCode.TOPIC_ALREADY_EXISTS,
        "b": ErrorCode.INVALID_CONFIG,
        "?": ErrorCode.INVALID_TOPIC_EXCEPTION,
        "c": ErrorCode.NONE,
    }
    assert list(ask.broker.catalog.topics) == ["there", "a", "c"]


async def test_the_topics_of_one_request_are_one_batch_of_the_catalog(ask, tmp_path):
    before = len(list(ask.broker.catalog_log.batches()))
    await ask(request(*(wanted(f"t{number}", retention_ms="1") for number in range(50))), 7)
    assert len(list(ask.broker.catalog_log.batches())) == before + 1
    ask.broker.data.abandon()
    again = opened(tmp_path)
    assert {topic.name: topic.partitions for topic in again.catalog.topics.values()} == {
        f"t{number}": 2 for number in range(50)
    }
    assert again.catalog.topic_configs("t49") == {"retention.ms": "1"}
    again.data.abandon()


async def test_names_that_collide_are_refused_unless_one_request_brings_both(ask):  # as Kafka was asked
    both = {"a.b": ErrorCode.NONE, "a_b": ErrorCode.NONE}
    assert await answered(ask, wanted("a.b"), wanted("a_b")) == both
    for name in both:
        ask.broker.delete_topic(ask.broker.catalog.topics[name])
    assert await answered(ask, wanted("a_b")) == {"a_b": ErrorCode.NONE}
    assert await answered(ask, wanted("a.b")) == {"a.b": ErrorCode.INVALID_TOPIC_EXCEPTION}


async def test_nothing_is_created_while_the_catalog_takes_nothing(ask):
    ask.broker.catalog_log.broken = "the disk is gone"
    errors = await answered(ask, wanted("a"), wanted("b"))
    assert errors == {"a": ErrorCode.KAFKA_STORAGE_ERROR, "b": ErrorCode.KAFKA_STORAGE_ERROR}
    assert not ask.broker.catalog.topics


async def test_a_request_that_only_asks_whether_topics_could_be_creates_none(ask):
    response = await ask(request(wanted("a"), wanted("b"), validate_only=True), 7)
    assert [(topic.error_code, topic.num_partitions, len(topic.configs)) for topic in response.topics] == [
        (0, 2, 33),
        (0, 2, 33),
    ]
    assert not ask.broker.catalog.topics


@pytest.mark.parametrize("version", range(5, CREATE_TOPICS.versions[1] + 1))
async def test_a_topic_that_sets_nothing_is_told_the_same_configs_as_one_that_sets_a_default(ask, version):
    response = await ask(request(wanted("plain"), wanted("own", retention_ms="604800000")), version)
    plain, own = ({row.name: (row.value, row.config_source) for row in topic.configs} for topic in response.topics)
    assert plain.pop("retention.ms") == ("604800000", 5)
    assert own.pop("retention.ms") == ("604800000", 1)
    assert plain == own


async def test_what_new_topics_inherit_follows_the_brokers_config(ask):
    async def inherited(name):
        (topic,) = (await ask(request(wanted(name)), 7)).topics
        return next((row.value, row.config_source) for row in topic.configs if row.name == "retention.ms")

    assert await inherited("before") == ("604800000", 5)
    ask.broker.change_configs(4, "", {"log.retention.ms": "1000"})
    assert await inherited("after") == ("1000", 3)


async def test_of_very_many_topics_the_log_has_a_few_lines(ask, caplog):
    caplog.set_level(logging.INFO, logger="pykbroker.broker")
    await ask(request(*(wanted(f"t{number}") for number in range(200))), 7)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) <= 21
    assert lines[-1] == "topics created: count=200 last=t199"


@pytest.mark.parametrize("version", range(METADATA.versions[0], METADATA.versions[1] + 1))
def test_topics_as_bytes_are_what_the_codec_writes_of_each(version):
    topics = [
        Topic(name, bytes([number]) * 16, array("i", epochs))
        for number, (name, epochs) in enumerate(
            [("t", [0]), ("x" * 249, [0]), ("__consumer_offsets", [0] * 50), ("grown", [0, 7, 2**31 - 1]), ("none", [])]
        )
    ]
    answers = [topic_parts.topic_answer(topic, 3, 9) for topic in topics]
    one, other = (
        codec.encode(METADATA.response, version, MetadataResponse(topics=each))
        for each in (answers, topic_parts.encoded(topics, version, 3, 9))
    )
    assert one == other


async def test_topics_that_are_there_are_told_beside_those_that_are_not(ask):
    topic = await ask.create("t")
    asked = [MetadataRequest.MetadataRequestTopic(name=name) for name in ("nowhere", "t")]
    told = (await ask(MetadataRequest(topics=asked, allow_auto_topic_creation=False), 12)).topics
    assert [(each.name, each.topic_id, each.error_code) for each in told] == [
        ("nowhere", bytes(16), 3),
        ("t", topic.topic_id, 0),
    ]


async def test_the_answer_about_all_topics_follows_each_change(tmp_path):
    ask = Asker(opened(tmp_path))

    async def told():
        topics = (await ask(MetadataRequest(topics=None), 12)).topics
        return {topic.name: len(topic.partitions) for topic in topics}

    await ask(request(wanted("a"), wanted("b")), 7)
    assert await told() == {"a": 2, "b": 2}
    ask.broker.grow_topic(ask.broker.catalog.topics["a"], 3)
    assert await told() == {"a": 3, "b": 2}
    ask.broker.delete_topic(ask.broker.catalog.topics["b"])
    assert await told() == {"a": 3}
    ask.broker.data.close()
