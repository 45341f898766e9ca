"""Commits that are not read: what they leave in the log and in the group, and their answer, are as if they were."""

import pytest
import trio
from asking import Asker, opened
from pykbroker_protocol.apis.delete_topics import DeleteTopicsRequest
from pykbroker_protocol.apis.heartbeat import HeartbeatRequest
from pykbroker_protocol.apis.join_group import JoinGroupRequest
from pykbroker_protocol.apis.offset_commit import OFFSET_COMMIT, OffsetCommitRequest
from pykbroker_protocol.apis.sync_group import SyncGroupRequest
from pykbroker_protocol.errors import ErrorCode

from pykbroker.groups.placement import partition_for
from pykbroker.groups.records import read_key, read_offset
from pykbroker.handlers import known as ways
from pykbroker.storage import usual
from pykbroker.storage.records import records_of

compiled = pytest.mark.skipif(not usual.COMPILED, reason="not built: no C compiler was there at the installation")


@pytest.fixture(autouse=True, params=["straight", "in Python"])
def way(request, monkeypatch):
    if request.param == "in Python":
        monkeypatch.setattr(ways, "commit", lambda *_: None)


Topic = OffsetCommitRequest.OffsetCommitRequestTopic
VERSIONS = range(OFFSET_COMMIT.versions[0], OFFSET_COMMIT.versions[1] + 1)


def commit(*offsets, topic, text="", **fields):
    """Partition 0 has the first offset, partition 1 the second, and so on."""
    committed = [
        Topic.OffsetCommitRequestPartition(partition_index=index, committed_offset=offset, committed_metadata=text)
        for index, offset in enumerate(offsets)
    ]
    named = Topic(name=topic.name, topic_id=topic.topic_id, partitions=committed)
    return OffsetCommitRequest(group_id="g", topics=[named], **fields)


async def answered(ask, request, version):
    (topic,) = (await ask(request, version)).topics
    return [ErrorCode(partition.error_code) for partition in topic.partitions]


def committed(broker, topic="t"):
    return {
        index: (found.offset, found.metadata) for index, found in broker.groups.machine.committed("g")[topic].items()
    }


def logged(broker):
    """(topic, partition, all of the value but its time) of each record of the group in the log, with its offset."""
    topic = broker.catalog.topic_by_name("__consumer_offsets")
    log = broker.leader_log(topic, partition_for("g", topic.partitions))
    records = [record for header, batch in log.batches() for record in records_of(batch, header)]
    named = [(read_key(record.key), read_offset(record.value), record) for record in records]
    assert all(0 < value.commit_timestamp <= record.timestamp for _, value, record in named)
    return [
        (record.offset, key.topic, key.partition, value._replace(commit_timestamp=0)) for key, value, record in named
    ]


@compiled
@pytest.mark.parametrize("version", VERSIONS)
async def test_a_commit_like_the_last_but_for_its_offsets_is_as_if_it_were_read(ask, version, monkeypatch):
    topic = await ask.create("t", partitions=2)
    ask.broker.ensure_internal_topic("__consumer_offsets")
    ask.sync()
    (long,) = ask.send(commit(5, 2**63 - 1, topic=topic, text="ä"), version)
    monkeypatch.setattr("pykbroker.codec.read", None)
    for offset in (6, 8):
        frame = ask.frame(commit(offset, offset + 1, topic=topic, text="ä"), version)
        assert ask._answering.answer(frame, ask.client) == [long]
        assert committed(ask.broker) == {0: (offset, "ä"), 1: (offset + 1, "ä")}
    monkeypatch.undo()
    first, second, *others = logged(ask.broker)
    assert others == [
        (2, *first[1:3], first[3]._replace(offset=6)),
        (3, *second[1:3], second[3]._replace(offset=7)),
        (4, *first[1:3], first[3]._replace(offset=8)),
        (5, *second[1:3], second[3]._replace(offset=9)),
    ]


@compiled
@pytest.mark.parametrize("way", ["straight"], indirect=True)
async def test_a_commit_that_is_known_goes_straight_to_its_answer(ask, monkeypatch):
    topic = await ask.create("t")
    for offset in range(4):
        await ask(commit(offset, topic=topic), 8)
    monkeypatch.setattr("pykbroker.handlers.usual_commit.UsualCommit.answer", None)  # nobody asks it any more
    assert await answered(ask, commit(4, topic=topic), 8) == [ErrorCode.NONE]
    assert committed(ask.broker) == {0: (4, "")}


async def test_what_was_committed_without_being_read_is_there_after_a_crash(ask, tmp_path):
    topic = await ask.create("t", partitions=2)
    for offset in range(5):
        await ask(commit(offset, 10 + offset, topic=topic), 8)
    before = ask.broker.groups.machine.committed("g")
    ask.broker.data.abandon()
    again = opened(tmp_path)
    assert again.groups.machine.committed("g") == before
    assert committed(again) == {0: (4, ""), 1: (14, "")}
    again.data.abandon()


async def test_what_differs_in_more_than_its_offsets_is_read(ask):
    topic = await ask.create("t", partitions=3)
    for round_ in range(12):
        for offsets in ((round_,), (round_, round_)):
            await ask(commit(*offsets, topic=topic, text=f"note {round_}"), 8)
    assert committed(ask.broker) == {0: (11, "note 11"), 1: (11, "note 11")}


async def test_what_one_connection_is_remembered_by_is_bounded_for_commits_too(ask):
    topic = await ask.create("t")
    for number in range(80):
        await ask(commit(number, topic=topic, member_id=f"member-{number}"), 8)
    assert len(ask.client.commits) <= 32
    other = Asker(ask.broker)
    await other(commit(1, topic=topic, text="x" * 2048), 8)
    assert other.client.commits is None


async def test_a_commit_with_a_retention_of_its_own_is_read_each_time(ask):
    topic = await ask.create("t")
    for offset in range(3):
        await ask(commit(offset, topic=topic, retention_time_ms=1000), 2)
    assert ask.client.commits is None
    assert committed(ask.broker) == {0: (2, "")}


async def test_commits_to_a_topic_that_was_deleted_are_refused_and_to_a_new_one_of_its_name_taken(ask):
    topic = await ask.create("t")
    for offset in range(2):
        await ask(commit(offset, topic=topic), 8)
    await ask(DeleteTopicsRequest(topic_names=["t"], timeout_ms=1000), 5)
    assert await answered(ask, commit(2, topic=topic), 8) == [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION]
    new = await ask.create("t")
    assert await answered(ask, commit(4, topic=topic), 8) == [ErrorCode.NONE]
    assert ask.broker.groups.machine.committed("g")["t"][0].topic_id == new.topic_id


async def joined(ask, nursery):
    """A member of the group, alone in its generation; its id and generation as a commit names them."""
    protocol = JoinGroupRequest.JoinGroupRequestProtocol(name="range", metadata=b"")
    request = JoinGroupRequest(
        group_id="g", session_timeout_ms=6000, rebalance_timeout_ms=6000, protocol_type="consumer", protocols=[protocol]
    )
    answer = await ask(request, 3)
    who = {"member_id": answer.member_id, "generation_id": answer.generation_id}
    await ask(SyncGroupRequest(group_id="g", **who), 4)
    return {"member_id": answer.member_id, "generation_id_or_member_epoch": answer.generation_id}


async def test_a_member_of_an_older_generation_is_refused_though_its_commits_were_known(ask, nursery):
    topic = await ask.create("t")
    who = await joined(ask, nursery)
    for offset in range(2):
        assert await answered(ask, commit(offset, topic=topic, **who), 8) == [ErrorCode.NONE]
    ask.broker.groups.machine._groups["g"].generation_id += 1
    assert await answered(ask, commit(2, topic=topic, **who), 8) == [ErrorCode.ILLEGAL_GENERATION]
    assert committed(ask.broker) == {0: (1, "")}


async def test_a_commit_that_is_not_read_keeps_its_member_alive(ask, nursery, autojump_clock):
    topic = await ask.create("t")
    who = await joined(ask, nursery)
    for offset in range(4):
        await trio.sleep(4)
        assert await answered(ask, commit(offset, topic=topic, **who), 8) == [ErrorCode.NONE]
    beat = HeartbeatRequest(
        group_id="g", member_id=who["member_id"], generation_id=who["generation_id_or_member_epoch"]
    )
    assert (await ask(beat, 4)).error_code == ErrorCode.NONE


async def test_while_the_log_takes_nothing_a_known_commit_is_refused_as_any_other(ask):
    topic = await ask.create("t")
    for offset in range(2):
        await ask(commit(offset, topic=topic), 8)
    offsets_topic = ask.broker.catalog.topic_by_name("__consumer_offsets")
    ask.broker.leader_log(offsets_topic, partition_for("g", offsets_topic.partitions)).broken = "the disk is gone"
    assert await answered(ask, commit(9, topic=topic), 8) == [ErrorCode.NOT_COORDINATOR]
    assert committed(ask.broker) == {0: (1, "")}


async def test_clients_are_told_apart_by_their_connection(ask):
    topic = await ask.create("t")
    other = Asker(ask.broker)
    for offset in range(3):
        await ask(commit(offset, topic=topic), 8)
        await other(commit(offset + 10, topic=topic), 7)
    assert committed(ask.broker) == {0: (12, "")}
