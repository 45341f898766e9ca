"""OffsetCommit and OffsetFetch over the wire: topics by name and by id, one group and several."""

from __future__ import annotations

import pytest
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.apis.offset_fetch import OffsetFetchRequest
from pykbroker_protocol.errors import ErrorCode

NOWHERE_ID = b"n" * 16


def commit(*partitions, name="t", topic_id=bytes(16), offset=5, **fields):
    topic = OffsetCommitRequest.OffsetCommitRequestTopic
    committed = [
        topic.OffsetCommitRequestPartition(partition_index=index, committed_offset=offset, committed_metadata="note")
        for index in partitions
    ]
    return OffsetCommitRequest(
        group_id="g", topics=[topic(name=name, topic_id=topic_id, partitions=committed)], **fields
    )


def fetch_one(*partitions, name="t", group="g"):
    """Before version 8."""
    topics = [OffsetFetchRequest.OffsetFetchRequestTopic(name=name, partition_indexes=list(partitions))]
    return OffsetFetchRequest(group_id=group, topics=topics if partitions else None)


def fetch_several(*partitions, name="t", topic_id=bytes(16), groups=("g",)):
    """Since version 8."""
    group = OffsetFetchRequest.OffsetFetchRequestGroup
    topics = [group.OffsetFetchRequestTopics(name=name, topic_id=topic_id, partition_indexes=list(partitions))]
    asked = [group(group_id=name, topics=topics if partitions else None) for name in groups]
    return OffsetFetchRequest(groups=asked)


def committed_errors(response):
    (topic,) = response.topics
    return {partition.partition_index: ErrorCode(partition.error_code) for partition in topic.partitions}


def offsets(topics):
    return {p.partition_index: (p.committed_offset, p.metadata, p.error_code) for t in topics for p in t.partitions}


@pytest.mark.parametrize("version", range(2, 10))
async def test_a_commit_by_name_is_fetched_by_name(ask, version):
    await ask.create("t")
    assert committed_errors(await ask(commit(0), version)) == {0: ErrorCode.NONE}
    fetched = await ask(fetch_one(0, 1), 7)
    assert offsets(fetched.topics) == {0: (5, "note", 0), 1: (-1, "", 0)}


async def test_a_commit_by_id_is_fetched_by_id_and_by_name(ask):
    topic_id = (await ask.create("t")).topic_id
    response = await ask(commit(0, topic_id=topic_id), 10)
    assert (response.topics[0].topic_id, committed_errors(response)) == (topic_id, {0: ErrorCode.NONE})
    by_id = (await ask(fetch_several(0, topic_id=topic_id), 10)).groups[0].topics
    by_name = (await ask(fetch_several(0), 9)).groups[0].topics
    assert offsets(by_id) == offsets(by_name) == {0: (5, "note", 0)}
    assert (by_id[0].topic_id, by_name[0].name) == (topic_id, "t")


async def test_partitions_that_do_not_exist_are_refused_and_the_others_committed(ask):
    await ask.create("t", partitions=2)
    assert committed_errors(await ask(commit(0, 2, 1, -1), 8)) == {
        2: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        -1: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        0: ErrorCode.NONE,
        1: ErrorCode.NONE,
    }


@pytest.mark.parametrize(
    ("version", "code"), [(9, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION), (10, ErrorCode.UNKNOWN_TOPIC_ID)]
)
async def test_a_topic_that_does_not_exist_is_refused(ask, version, code):
    response = await ask(commit(0, name="nowhere", topic_id=NOWHERE_ID), version)
    assert committed_errors(response) == {0: code}
    assert ask.broker.groups.machine.describe("g") is None


async def test_a_refusal_of_the_group_stands_at_every_partition_that_exists(ask):
    await ask.create("t")
    response = await ask(commit(0, 9, generation_id_or_member_epoch=3, member_id="m"), 8)
    assert committed_errors(response) == {9: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 0: ErrorCode.ILLEGAL_GENERATION}


@pytest.mark.parametrize("version", range(1, 8))
async def test_nothing_is_known_of_a_group_that_never_committed(ask, version):
    fetched = await ask(fetch_one(0, group="nowhere"), version)
    assert (offsets(fetched.topics), fetched.error_code) == ({0: (-1, "", 0)}, 0)


@pytest.mark.parametrize("version", [2, 7])
async def test_without_topics_all_offsets_of_a_group_are_fetched(ask, version):
    await ask.create("t", partitions=2)
    await ask(commit(0, 1), 8)
    assert offsets((await ask(fetch_one(), version)).topics) == {0: (5, "note", 0), 1: (5, "note", 0)}


@pytest.mark.parametrize("version", [8, 9, 10])
async def test_several_groups_are_fetched_at_once(ask, version):
    topic_id = (await ask.create("t")).topic_id
    await ask(commit(0), 8)
    groups = (await ask(fetch_several(groups=("g", "nowhere")), version)).groups
    assert [(group.group_id, offsets(group.topics), group.error_code) for group in groups] == [
        ("g", {0: (5, "note", 0)}, 0),
        ("nowhere", {}, 0),
    ]
    assert groups[0].topics[0].topic_id == (topic_id if version == 10 else bytes(16))


async def test_a_topic_id_that_does_not_exist_is_told_at_its_partitions(ask):
    fetched = (await ask(fetch_several(0, topic_id=NOWHERE_ID), 10)).groups[0].topics
    assert offsets(fetched) == {0: (-1, "", ErrorCode.UNKNOWN_TOPIC_ID)}


async def test_a_new_topic_of_the_same_name_has_none_of_the_old_ones_offsets(ask):
    await ask.create("t")
    await ask(commit(0), 8)
    await ask(DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    topic_id = (await ask.create("t")).topic_id
    assert offsets((await ask(fetch_several(0, topic_id=topic_id), 10)).groups[0].topics) == {0: (-1, "", 0)}
    assert (await ask(fetch_one(), 7)).topics == []
