"""A group as its coordinator and the leaders of its partitions describe it: members, what they read, and how far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pykbroker_protocol.apis.consumer_group_describe import CONSUMER_GROUP_DESCRIBE, ConsumerGroupDescribeRequest
from pykbroker_protocol.apis.describe_groups import DESCRIBE_GROUPS, DescribeGroupsRequest
from pykbroker_protocol.apis.list_groups import LIST_GROUPS, ListGroupsRequest
from pykbroker_protocol.apis.offset_fetch import OFFSET_FETCH, OffsetFetchRequest
from pykbroker_protocol.errors import ErrorCode, Malformed
from pykbroker_protocol.records.consumer_protocol import CONSUMER_PROTOCOL_ASSIGNMENT

from pykbroker import codec
from pykbroker.cli.cluster import LATEST, Cluster, Partition, patiently
from pykbroker.cli.connection import Connection
from pykbroker.cli.failures import Failed, nearest, refusal

_VERSION_BYTES = 2
_DEAD = "Dead"


@dataclass
class Member:
    member_id: str
    instance_id: str | None
    client_id: str
    host: str
    assigned: list[Partition]


@dataclass
class Group:
    group_id: str
    state: str
    assignor: str
    members: list[Member] = field(default_factory=list)


@dataclass
class Progress:
    """How far a group is in one partition.  None: nothing was committed, nobody knows the end, nobody reads it."""

    partition: Partition
    committed: int | None
    end: int | None
    member: Member | None

    @property
    def lag(self) -> int | None:
        return None if self.committed is None or self.end is None else self.end - self.committed


def list_groups(cluster: Cluster) -> dict[str, tuple[str, str, str]]:
    """group -> (state, type, protocol type), of all brokers."""
    found = {}
    for node_id in cluster.brokers():
        connection = cluster.broker(node_id)

        def ask(connection: Connection = connection) -> tuple[int, None, list[tuple[str, str, str, str]]]:
            answer = connection.ask(LIST_GROUPS, ListGroupsRequest())
            listed = [(g.group_id, g.group_state, g.group_type, g.protocol_type) for g in answer.groups]
            return answer.error_code, None, listed

        for group_id, *what in patiently("The groups", ask):
            found[group_id] = (what[0], what[1], what[2])
    return found


def describe(cluster: Cluster, group_id: str) -> Group:
    """
    Raises:
        Failed: there is no such group; the nearest name is in the message.
    """
    coordinator = cluster.coordinator(group_id)

    def ask() -> tuple[int, str | None, Group | None]:
        (found,) = coordinator.ask(DESCRIBE_GROUPS, DescribeGroupsRequest(groups=[group_id])).groups
        if found.error_code == ErrorCode.GROUP_ID_NOT_FOUND or found.group_state == _DEAD:
            return ErrorCode.NONE, None, None
        members = [
            Member(m.member_id, m.group_instance_id, m.client_id, m.client_host, list(_assigned(m.member_assignment)))
            for m in found.members
        ]
        group = Group(found.group_id, found.group_state, found.protocol_data, members)
        return found.error_code, found.error_message, group

    group = patiently(f"Group {group_id}", ask) or _describe_new(coordinator, group_id)
    if group is None:
        near = nearest(group_id, list(list_groups(cluster)), "`pykbroker groups list` shows those that exist")
        raise Failed(f"There is no group {group_id}: {near}")
    return group


def _assigned(assignment: bytes) -> Iterator[Partition]:
    """What a classic member reads; nothing if it is no consumer.  Every version begins as version 0 does."""
    if len(assignment) <= _VERSION_BYTES:
        return
    try:
        decoded, _ = codec.read(CONSUMER_PROTOCOL_ASSIGNMENT, 0, memoryview(assignment), _VERSION_BYTES)
    except Malformed:
        return
    for topic in decoded.assigned_partitions:
        for index in topic.partitions:
            yield topic.topic, index


def _describe_new(coordinator: Connection, group_id: str) -> Group | None:
    """A group of the protocol of KIP-848, which DescribeGroups does not know."""
    if not coordinator.serves(CONSUMER_GROUP_DESCRIBE):
        return None
    request = ConsumerGroupDescribeRequest(group_ids=[group_id])
    (found,) = coordinator.ask(CONSUMER_GROUP_DESCRIBE, request).groups
    if found.error_code == ErrorCode.GROUP_ID_NOT_FOUND:
        return None
    if found.error_code:
        raise refusal(f"Group {group_id}", found.error_code, found.error_message)
    members = [
        Member(
            m.member_id,
            m.instance_id,
            m.client_id,
            m.client_host,
            [(topic.topic_name, index) for topic in m.assignment.topic_partitions for index in topic.partitions],
        )
        for m in found.members
    ]
    return Group(found.group_id, found.group_state, found.assignor_name, members)


def committed_offsets(cluster: Cluster, group_id: str) -> dict[Partition, int]:
    """All that the group has committed."""
    coordinator = cluster.coordinator(group_id)
    request = OffsetFetchRequest(groups=[OffsetFetchRequest.OffsetFetchRequestGroup(group_id=group_id, topics=None)])

    def ask() -> tuple[int, None, dict[Partition, int]]:
        # From version 10 on topics are ids.
        (group,) = coordinator.ask(OFFSET_FETCH, request, at_least=8, at_most=9).groups
        return (
            group.error_code,
            None,
            {
                (topic.name, partition.partition_index): partition.committed_offset
                for topic in group.topics
                for partition in topic.partitions
                if partition.committed_offset >= 0
            },
        )

    return patiently(f"The offsets of group {group_id}", ask)


def progress_of(cluster: Cluster, group: Group) -> list[Progress]:
    """Every partition that the group has committed in or reads, in order."""
    committed = committed_offsets(cluster, group.group_id)
    readers = {partition: member for member in group.members for partition in member.assigned}
    partitions = sorted({*committed, *readers})
    ends = end_offsets(cluster, partitions)
    return [Progress(p, committed.get(p), ends.get(p), readers.get(p)) for p in partitions]


def end_offsets(cluster: Cluster, partitions: Iterable[Partition]) -> dict[Partition, int]:
    """The ends of those `partitions` that exist."""
    partitions = list(partitions)
    if not partitions:
        return {}
    found = cluster.metadata(sorted({topic for topic, _ in partitions}))
    existing = {(topic.name, p.partition_index) for topic in found.topics for p in topic.partitions}
    return cluster.offsets([p for p in partitions if p in existing], LATEST)
