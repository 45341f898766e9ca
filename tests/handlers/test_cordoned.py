"""A cordoned data directory gets no partitions but those that are assigned to its broker."""

import pytest
from config_asking import BROKER, DELETE, OK, SET, change
from pykbroker_protocol.apis.create_partitions import CreatePartitionsRequest
from pykbroker_protocol.apis.describe_log_dirs import DescribeLogDirsRequest
from pykbroker_protocol.apis.metadata import MetadataRequest
from pykbroker_protocol.errors import ErrorCode

NOWHERE = "All brokers are currently fenced, or have all their log directories cordoned."


@pytest.fixture
async def cordoned(ask):
    await ask.create("before")
    assert await change(ask, BROKER, "1", ("cordoned.log.dirs", SET, "*")) == OK
    return ask


async def more_partitions(ask, assignments=None):
    wanted = CreatePartitionsRequest.CreatePartitionsTopic
    given = assignments and [wanted.CreatePartitionsAssignment(broker_ids=brokers) for brokers in assignments]
    topic = wanted(name="before", count=2, assignments=given)
    (result,) = (await ask(CreatePartitionsRequest(topics=[topic], timeout_ms=1000), 3)).results
    return ErrorCode(result.error_code).name, result.error_message


async def test_topics_are_created_again_once_it_is_cordoned_no_more(cordoned):
    refused = await cordoned.create("after")
    assert (refused.error_code, refused.error_message) == (
        38,
        f"Unable to replicate the partition 1 time(s): {NOWHERE}",
    )
    assert await change(cordoned, BROKER, "1", ("cordoned.log.dirs", DELETE, None)) == OK
    assert (await cordoned.create("after")).error_code == 0


async def test_a_topic_gets_more_partitions_only_where_they_are_assigned(cordoned):
    assert await more_partitions(cordoned) == ("INVALID_REPLICATION_FACTOR", NOWHERE)
    assert await more_partitions(cordoned, [[1]]) == ("NONE", None)


async def test_no_topic_is_made_on_the_way(cordoned):
    asked = MetadataRequest(topics=[MetadataRequest.MetadataRequestTopic(name="on-the-way")])
    (topic,) = (await cordoned(asked, 9)).topics
    assert ErrorCode(topic.error_code).name == "UNKNOWN_TOPIC_OR_PARTITION"


async def test_who_asks_for_directories_is_told(cordoned):
    (directory,) = (await cordoned(DescribeLogDirsRequest(topics=[]), 5)).results
    assert directory.is_cordoned
