"""OffsetDelete over the wire: which partitions exist is said at each, what is wrong with the group at the top."""

import pytest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.apis.offset_delete import OffsetDeleteRequest


@pytest.fixture
async def ask(ask):
    """Group g has offsets of both partitions of t."""
    await ask.create("t", partitions=2)
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    partitions = [topic.OffsetCommitRequestPartition(partition_index=index, committed_offset=5) for index in (0, 1)]
    await ask(OffsetCommitRequest(group_id="g", topics=[topic(name="t", partitions=partitions)]), 8)
    return ask


def delete(*topics, group="g"):
    """Each is (name, partition, ...)."""
    topic = OffsetDeleteRequest.OffsetDeleteRequestTopic
    asked = [
        topic(name=name, partitions=[topic.OffsetDeleteRequestPartition(partition_index=p) for p in partitions])
        for name, *partitions in topics
    ]
    return OffsetDeleteRequest(group_id=group, topics=asked)


def answered(response):
    return [(t.name, [(p.partition_index, p.error_code) for p in t.partitions]) for t in response.topics]


async def test_the_empty_group_id_is_refused_also_when_it_has_offsets(ask):
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    partitions = [topic.OffsetCommitRequestPartition(partition_index=0, committed_offset=5)]
    await ask(OffsetCommitRequest(group_id="", topics=[topic(name="t", partitions=partitions)]), 8)
    response = await ask(delete(("t", 0), group=""), 0)
    assert (response.error_code, response.topics) == (24, [])
    assert ask.broker.groups.machine.committed("")["t"][0].offset == 5


async def test_offsets_go_and_partitions_that_do_not_exist_are_refused(ask):
    response = await ask(delete(("t", 0, 9, -1), ("u", 0), ("t", 1, 1), ("t",)), 0)
    assert (response.error_code, answered(response)) == (
        0,
        [("t", [(9, 3), (-1, 3), (0, 0)]), ("u", [(0, 3)]), ("t", [(1, 0), (1, 0)])],
    )
    assert ask.broker.groups.machine.committed("g") == {}


@pytest.mark.parametrize(("group", "code"), [("nobody", 69), ("", 24)])
async def test_a_group_that_is_not_there_is_told_at_the_top_alone(ask, group, code):
    response = await ask(delete(("t", 0), ("u", 0), group=group), 0)
    assert (response.error_code, response.topics) == (code, [])
