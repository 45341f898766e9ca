"""DescribeTopicPartitions: pages and their cursors."""

import pytest
from asking import Asker, opened
from pykbroker_protocol.apis.describe_topic_partitions import DescribeTopicPartitionsRequest
from pykbroker_protocol.errors import ErrorCode

ON_TOPIC = 3576


@pytest.fixture
async def ask(ask):
    await ask.create("a", partitions=3)
    await ask.create("c", partitions=2)
    return ask


def page(*topics, limit=2000, cursor=None):
    if cursor:
        cursor = DescribeTopicPartitionsRequest.Cursor(topic_name=cursor[0], partition_index=cursor[1])
    asked = [DescribeTopicPartitionsRequest.TopicRequest(name=name) for name in topics]
    return DescribeTopicPartitionsRequest(topics=asked, response_partition_limit=limit, cursor=cursor)


def shown(response):
    """({topic: partitions or error}, next cursor)"""
    topics = {t.name: t.error_code or [p.partition_index for p in t.partitions] for t in response.topics}
    cursor = response.next_cursor
    return topics, cursor and (cursor.topic_name, cursor.partition_index)


async def test_a_partition_is_led_and_held_by_this_broker(ask):
    (topic,) = (await ask(page("c"), 0)).topics
    assert (topic.name, any(topic.topic_id), topic.is_internal) == ("c", True, False)
    assert topic.topic_authorized_operations == ON_TOPIC
    partition = topic.partitions[1]
    assert (partition.partition_index, partition.leader_id, partition.leader_epoch) == (1, 1, 0)
    assert (partition.replica_nodes, partition.isr_nodes, partition.offline_replicas) == ([1], [1], [])
    assert partition.eligible_leader_replicas == partition.last_known_elr == []


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (9, ({"a": [0, 1, 2], "b": 3, "c": [0, 1]}, None)),
        (5, ({"a": [0, 1, 2], "b": 3, "c": [0, 1]}, None)),
        (4, ({"a": [0, 1, 2], "b": 3, "c": [0]}, ("c", 1))),
        (3, ({"a": [0, 1, 2]}, ("b", 0))),
        (2, ({"a": [0, 1]}, ("a", 2))),
        (0, ({"a": [0]}, ("a", 1))),
        (-1, ({"a": [0]}, ("a", 1))),
    ],
)
async def test_a_page_ends_where_it_is_full(ask, limit, expected):
    assert shown(await ask(page("c", "b", "a", "a", limit=limit), 0)) == expected


@pytest.mark.parametrize(
    ("cursor", "expected"),
    [
        (("a", 2), {"a": [2], "c": [0, 1]}),
        (("a", 3), {"a": [], "c": [0, 1]}),
        (("b", 1), {"c": [0, 1]}),
        (("c", 1), {"c": [1]}),
        (("d", 0), {}),
    ],
)
async def test_a_page_of_all_topics_begins_at_its_cursor(ask, cursor, expected):
    assert shown(await ask(page(cursor=cursor), 0)) == (expected, None)


@pytest.mark.parametrize("cursor", [("a", -1), ("b", 0), ("z", 0)])
async def test_a_cursor_that_is_not_among_the_topics_refuses_them_all(ask, cursor):
    assert shown(await ask(page("a", "c", cursor=cursor), 0)) == ({"a": 42, "c": 42}, None)


async def test_a_name_that_no_topic_can_have_is_told_apart_from_one_that_none_has(ask):
    (illegal, absent) = (await ask(page("a b", "b"), 0)).topics
    assert (illegal.error_code, absent.error_code) == (
        ErrorCode.INVALID_TOPIC_EXCEPTION,
        ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    )
    assert illegal.topic_authorized_operations == absent.topic_authorized_operations == ON_TOPIC


async def test_a_page_holds_no_more_than_the_broker_allows(tmp_path):
    ask = Asker(opened(tmp_path, **{"max.request.partition.size.limit": "2"}))
    await ask.create("a", partitions=3)
    assert shown(await ask(page(limit=100), 0)) == ({"a": [0, 1]}, ("a", 2))
    ask.broker.data.close()
