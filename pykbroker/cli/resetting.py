"""Where a group's offsets are to be, and committing them there while nobody reads."""

from __future__ import annotations

from dataclasses import dataclass

from pykbroker_protocol.apis.offset_commit import OFFSET_COMMIT, OffsetCommitRequest
from pykbroker_protocol.errors import ErrorCode

from pykbroker.cli.cluster import EARLIEST, LATEST, Cluster, Partition
from pykbroker.cli.failures import Failed, Wrong, refusal
from pykbroker.cli.group_facts import committed_offsets, describe, end_offsets, list_groups
from pykbroker.cli.times import timestamp_of

Moves = dict[Partition, tuple[int | None, int]]
"""partition -> (its committed offset or None, the one that it is to have)."""


@dataclass
class Where:
    """Exactly one of them says where to."""

    earliest: bool
    latest: bool
    offset: int | None
    moment: str | None


def plan(cluster: Cluster, group_id: str, chosen: tuple[str, ...], where: Where) -> Moves:
    """What is to be committed, in `chosen` or in all that the group has committed in.

    Raises:
        Failed: somebody reads in the group.
        Wrong: a partition or a time is none.
    """
    timestamp = None if where.moment is None else timestamp_of(where.moment, "--to-datetime")
    exists = group_id in list_groups(cluster)
    if exists:
        group = describe(cluster, group_id)
        if group.members:
            hosts = ", ".join(sorted({f"{m.client_id} at {m.host.removeprefix('/')}" for m in group.members}))
            raise Failed(f"Group {group_id} has members ({hosts}); stop them and try again")
    elif not chosen:
        describe(cluster, group_id)  # says that there is none, and which is near
    committed = committed_offsets(cluster, group_id) if exists else {}
    partitions = _partitions(cluster, chosen) if chosen else _of_topics_that_exist(cluster, committed)
    if not partitions:
        raise Failed(f"Group {group_id} has no offsets; say which partitions with -t TOPIC")
    targets = _targets(cluster, partitions, where, timestamp)
    return {partition: (committed.get(partition), targets[partition]) for partition in sorted(partitions)}


def _of_topics_that_exist(cluster: Cluster, committed: dict[Partition, int]) -> list[Partition]:
    return list(end_offsets(cluster, committed))


def _partitions(cluster: Cluster, chosen: tuple[str, ...]) -> list[Partition]:
    """Those that TOPIC and TOPIC:0,1 name."""
    wanted = {}
    for word in chosen:
        topic, _, indexes = word.partition(":")
        if indexes and not all(index.isdecimal() for index in indexes.split(",")):
            raise Wrong(f"-t {word} is not understood: write -t TOPIC or -t TOPIC:0,1")
        wanted[topic] = [int(index) for index in indexes.split(",")] if indexes else None
    partitions = []
    for found in cluster.topics(wanted):
        name, count = found.name or "", len(found.partitions)
        indexes_ = wanted[name]
        for index in range(count) if indexes_ is None else indexes_:
            if index >= count:
                raise Wrong(f"{name} has the partitions 0 to {count - 1}, not {index}")
            partitions.append((name, index))
    return partitions


def _targets(
    cluster: Cluster, partitions: list[Partition], where: Where, timestamp: int | None
) -> dict[Partition, int]:
    if where.earliest:
        return cluster.offsets(partitions, EARLIEST)
    ends = cluster.offsets(partitions, LATEST)
    if where.latest:
        return ends
    if timestamp is not None:
        found = cluster.offsets(partitions, timestamp)
        return {p: offset if offset >= 0 else ends[p] for p, offset in found.items()}
    starts, offset = cluster.offsets(partitions, EARLIEST), where.offset or 0
    return {p: max(starts[p], min(ends[p], offset)) for p in partitions}


def commit(cluster: Cluster, group_id: str, moves: Moves) -> None:
    """The new offsets are committed.

    Raises:
        Failed: somebody joined meanwhile, or the broker refuses for another reason.
    """
    by_topic: dict[str, list[OffsetCommitRequest.OffsetCommitRequestTopic.OffsetCommitRequestPartition]] = {}
    of_topic = OffsetCommitRequest.OffsetCommitRequestTopic
    for (name, index), (_, offset) in moves.items():
        by_topic.setdefault(name, []).append(
            of_topic.OffsetCommitRequestPartition(partition_index=index, committed_offset=offset, committed_metadata="")
        )
    topics = [of_topic(name=name, partitions=partitions) for name, partitions in by_topic.items()]
    request = OffsetCommitRequest(group_id=group_id, topics=topics)
    answer = cluster.coordinator(group_id).ask(OFFSET_COMMIT, request, at_most=9)  # from 10 on topics are ids
    for topic in answer.topics:
        for partition in topic.partitions:
            if partition.error_code:
                joined = partition.error_code == ErrorCode.UNKNOWN_MEMBER_ID
                hint = "somebody joined the group meanwhile; stop it and try again" if joined else ""
                what = f"The offset of {topic.name}-{partition.partition_index} was not changed"
                raise refusal(what, partition.error_code, hint=hint)
