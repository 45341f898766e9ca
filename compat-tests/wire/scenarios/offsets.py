"""OffsetCommit and OffsetFetch: of nobody's group, of members, and of groups that are not there."""

from __future__ import annotations

from typing import Any

from both.client import Broker, Topic
from pykbroker_protocol.apis.join_group import JOIN_GROUP
from pykbroker_protocol.apis.offset_commit import OFFSET_COMMIT
from pykbroker_protocol.apis.offset_fetch import OFFSET_FETCH

from . import Answers, scenario
from .groups import joining, send_join, stable, wait_rebalancing

NOWHERE = b"\x07" * 16


def offsets_of(topic: Topic, *partitions: Any) -> Any:
    """A topic of an OffsetCommit; a partition is (index, offset) and perhaps (…, metadata, leader epoch)."""
    Request = OFFSET_COMMIT.request.type.OffsetCommitRequestTopic
    names = ("partition_index", "committed_offset", "committed_metadata", "committed_leader_epoch")
    parts = [Request.OffsetCommitRequestPartition(**dict(zip(names, part, strict=False))) for part in partitions]
    return Request(name=topic.name, topic_id=topic.topic_id, partitions=parts)


def commit(asker: Any, version: int, group: str, *topics: Any, **fields: Any) -> Any:
    return asker.ask(OFFSET_COMMIT, version, **{"group_id": group, "topics": list(topics)} | fields)


def fetch(broker: Broker, version: int, group: str, *topics: Any, everything: bool = False, **fields: Any) -> Any:
    """Committed offsets of (topic, partitions...); `fields` are the group's."""
    Request = OFFSET_FETCH.request.type
    if version < 8:
        asked = [Request.OffsetFetchRequestTopic(name=t.name, partition_indexes=list(parts)) for t, *parts in topics]
        return broker.ask(OFFSET_FETCH, version, group_id=group, topics=None if everything else asked)
    Group = Request.OffsetFetchRequestGroup
    asked = [
        Group.OffsetFetchRequestTopics(name=t.name, topic_id=t.topic_id, partition_indexes=list(parts))
        for t, *parts in topics
    ]
    groups = [Group(group_id=group, topics=None if everything else asked, **fields)]
    return broker.ask(OFFSET_FETCH, version, groups=groups)


@scenario(OFFSET_COMMIT)
def commits_of_nobody(broker: Broker, version: int) -> Answers:
    topic, group = broker.topic("t", partitions=2), broker.name("g")
    nowhere = Topic(broker.name("nowhere"), NOWHERE)
    broker.wait_coordinator(group)
    yield "good", commit(broker, version, group, offsets_of(topic, (0, 5), (1, 6, "why", 3)))
    yield "empty group id", commit(broker, version, "", offsets_of(topic, (0, 5)))
    yield "unknown topic", commit(broker, version, group, offsets_of(nowhere, (0, 5)))
    yield "unknown partition", commit(broker, version, group, offsets_of(topic, (0, 7), (9, 7), (-1, 7)))
    yield "no name, no id", commit(broker, version, group, offsets_of(Topic(""), (0, 5)))
    yield (
        "a good and an unknown topic",
        commit(broker, version, group, offsets_of(topic, (0, 8)), offsets_of(nowhere, (0, 8))),
    )
    yield "negative offset", commit(broker, version, group, offsets_of(topic, (0, -1), (1, -5)))
    yield "metadata as long as may be", commit(broker, version, group, offsets_of(topic, (0, 5, "x" * 4096)))
    yield "metadata too long", commit(broker, version, group, offsets_of(topic, (0, 5, "x" * 4097), (1, 9)))
    yield "null metadata", commit(broker, version, group, offsets_of(topic, (0, 10, None)))
    yield "nothing", commit(broker, version, group)
    yield "no partition", commit(broker, version, group, offsets_of(topic))
    yield "the same partition twice", commit(broker, version, group, offsets_of(topic, (0, 11), (0, 12)))
    yield (
        "with a generation",
        commit(
            broker, version, group, offsets_of(topic, (0, 13)), generation_id_or_member_epoch=1, member_id="made-up"
        ),
    )
    yield (
        "with a generation, to a new group",
        commit(
            broker,
            version,
            broker.name("new"),
            offsets_of(topic, (0, 13)),
            generation_id_or_member_epoch=1,
            member_id="m",
        ),
    )
    yield "with a member, no generation", commit(broker, version, group, offsets_of(topic, (0, 14)), member_id="m")
    yield "what is there", fetch(broker, 9, group, everything=True)


@scenario(OFFSET_COMMIT)
def commits_of_members(broker: Broker, version: int) -> Answers:
    topic, group, other = broker.topic("t"), broker.name("g"), broker.connect("other")
    first = stable(broker, group)

    def ask(offset: int, **fields: Any) -> Any:
        usual = {"generation_id_or_member_epoch": first.generation_id, "member_id": first.member_id}
        return commit(broker, version, group, offsets_of(topic, (0, offset)), **usual | fields)

    yield "good", ask(1)
    yield "a generation too late", ask(2, generation_id_or_member_epoch=first.generation_id + 1)
    yield "generation -1", ask(3, generation_id_or_member_epoch=-1)
    yield "unknown member", ask(4, member_id="made-up")
    yield "no member", ask(5, member_id="")
    yield "neither", ask(6, member_id="", generation_id_or_member_epoch=-1)
    if version >= 7:
        yield "unknown instance", ask(7, group_instance_id="i")
    send_join(other, 9, group)
    wait_rebalancing(broker, group, first)
    yield "while preparing to rebalance", ask(8)
    leader = broker.ask(JOIN_GROUP, 9, **joining(group, member_id=first.member_id))
    yield "the old generation, before the sync", ask(9)
    yield "before the sync", ask(10, generation_id_or_member_epoch=leader.generation_id)
    yield "what is there", fetch(broker, 9, group, everything=True)


@scenario(OFFSET_FETCH)
def committed_offsets(broker: Broker, version: int) -> Answers:
    topic, group = broker.topic("t", partitions=3), broker.name("g")
    nowhere = Topic(broker.name("nowhere"), NOWHERE)
    broker.wait_coordinator(group)
    commit(broker, 9, group, offsets_of(topic, (0, 5), (1, 6, "why", 3)))
    yield "some", fetch(broker, version, group, (topic, 0, 1, 2))
    yield "unknown partitions", fetch(broker, version, group, (topic, 9, -1))
    yield "unknown topic", fetch(broker, version, group, (nowhere, 0))
    yield "no name, no id", fetch(broker, version, group, (Topic(""), 0))
    yield "nothing", fetch(broker, version, group)
    yield "no partition", fetch(broker, version, group, (topic,))
    yield "the same partition twice", fetch(broker, version, group, (topic, 0, 0))
    yield "the same topic twice", fetch(broker, version, group, (topic, 0), (topic, 1))
    yield "unknown group", fetch(broker, version, broker.name("x"), (topic, 0))
    yield "empty group id", fetch(broker, version, "", (topic, 0))
    if version >= 2:
        yield "everything", fetch(broker, version, group, everything=True)
        yield "everything of an unknown group", fetch(broker, version, broker.name("x"), everything=True)
    if version >= 9:
        stable(broker, broker.name("s"))
        member = {"member_id": "made-up", "member_epoch": 1}
        yield "as a member, group unknown", fetch(broker, version, broker.name("x"), (topic, 0), **member)
        yield "as a member", fetch(broker, version, group, (topic, 0), **member)
        yield "as an unknown member", fetch(broker, version, broker.name("s"), (topic, 0), **member)


@scenario(OFFSET_FETCH, since=8)
def several_groups(broker: Broker, version: int) -> Answers:
    topic, group = broker.topic("t"), broker.name("g")
    broker.wait_coordinator(group)
    commit(broker, 9, group, offsets_of(topic, (0, 5)))
    Group = OFFSET_FETCH.request.type.OffsetFetchRequestGroup
    part = Group.OffsetFetchRequestTopics(name=topic.name, topic_id=topic.topic_id, partition_indexes=[0])
    yield (
        "two and an unknown one",
        broker.ask(
            OFFSET_FETCH,
            version,
            groups=[
                Group(group_id=group, topics=[part]),
                Group(group_id=group, topics=None),
                Group(group_id=broker.name("x"), topics=[part]),
            ],
        ),
    )
    yield "none", broker.ask(OFFSET_FETCH, version)


@scenario(OFFSET_FETCH, since=7)
def stable_offsets(broker: Broker, version: int) -> Answers:
    topic, group = broker.topic("t"), broker.name("g")
    broker.wait_coordinator(group)
    commit(broker, 9, group, offsets_of(topic, (0, 5)))
    Request = OFFSET_FETCH.request.type
    part = Request.OffsetFetchRequestTopic(name=topic.name, partition_indexes=[0])
    Group = Request.OffsetFetchRequestGroup
    parts = Group.OffsetFetchRequestTopics(name=topic.name, topic_id=topic.topic_id, partition_indexes=[0])
    fields = {"group_id": group, "topics": [part], "groups": [Group(group_id=group, topics=[parts])]}
    yield "required stable", broker.ask(OFFSET_FETCH, version, require_stable=True, **fields)
