"""A coordinator with its log, its clock and its clients, for claims about groups.  It speaks Kafka."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from pykbroker_protocol.apis.heartbeat import HeartbeatRequest
from pykbroker_protocol.apis.join_group import JoinGroupRequest
from pykbroker_protocol.apis.leave_group import LeaveGroupRequest
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.apis.offset_delete import OffsetDeleteRequest
from pykbroker_protocol.apis.sync_group import SyncGroupRequest
from pykbroker_protocol.errors import ErrorCode

from pykbroker.groups.coordinator import Groups
from pykbroker.groups.effects import Persist
from pykbroker.groups.limits import GroupLimits

STARTED = 1_700_000_000_000  # Unix ms at which the machine's clock shows 0
ORDERS = bytes(range(16))  # the id of the topic "orders"

Protocol = JoinGroupRequest.JoinGroupRequestProtocol
Assignment = SyncGroupRequest.SyncGroupRequestAssignment
Identity = LeaveGroupRequest.MemberIdentity
Topic = OffsetCommitRequest.OffsetCommitRequestTopic
Partition = Topic.OffsetCommitRequestPartition


@dataclass
class Asker:
    client_id: str | None = "client"
    host: str = "/127.0.0.1"
    api_version: int = 9


@dataclass
class Answer:
    """What a question got; `response` is None while it waits."""

    response: Any = None

    @property
    def parked(self) -> bool:
        return self.response is None

    @property
    def error(self) -> ErrorCode:
        return ErrorCode(self.response.error_code)

    @property
    def member_id(self) -> str:
        return str(self.response.member_id)


@dataclass
class Coordinator:
    """The shell of a machine, without waiting and files.  While `log_fails`, a record is neither kept nor replayed."""

    limits: GroupLimits = field(default_factory=GroupLimits)
    log: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    now: int = 0
    log_fails: bool = False

    def __post_init__(self) -> None:
        self._texts = map(str, itertools.count(1))
        self._tickets = itertools.count()
        self.restart()

    def restart(self) -> None:
        """What the log has is what is left."""
        self.machine = Groups(self.limits, self._texts)
        self._answers: dict[int, Answer] = {}
        for key, value in self.log:
            self.machine.replay(key, value)
        self.machine.loaded(now=self.now, timestamp=self.timestamp)

    @property
    def timestamp(self) -> int:
        return STARTED + self.now

    def ask(self, question: Any, *args: Any) -> Answer:
        ticket = next(self._tickets)
        answer = self._answers[ticket] = Answer()
        self.carry_out(question(*args, ticket=ticket, now=self.now, timestamp=self.timestamp))
        return answer

    def carry_out(self, effects: list[Any]) -> None:
        """What the shell does: in order, and nothing behind a record that was not written."""
        for effect in effects:
            if isinstance(effect, Persist):
                if self.log_fails:
                    return
                self.log += effect.records
                for key, value in effect.records:
                    self.machine.replay(key, value)
            elif answer := self._answers.pop(effect.ticket, None):
                answer.response = effect.response

    def wait(self, ms: int) -> None:
        """Let time pass, with every deadline at its time."""
        until = self.now + ms
        while (due := self.machine.next_deadline) is not None and due <= until:
            self.now = max(self.now, due)
            self.carry_out(self.machine.tick(now=self.now, timestamp=self.timestamp))
        self.now = until

    def join(self, group: str = "g", member: str = "", instance: str | None = None, **of: Any) -> Answer:
        """`protocols` as "range" or {"range": b"metadata"}; other keywords are the request's or the Asker's."""
        protocols = of.pop("protocols", "range")
        named = {name: b"" for name in protocols.split()} if isinstance(protocols, str) else protocols
        asker = Asker(**{name: of.pop(name) for name in ("client_id", "host", "api_version") if name in of})
        request = JoinGroupRequest(
            group_id=group,
            member_id=member,
            group_instance_id=instance,
            protocols=[Protocol(name=name, metadata=metadata) for name, metadata in named.items()],
            session_timeout_ms=of.pop("session_timeout_ms", 10_000),
            rebalance_timeout_ms=of.pop("rebalance_timeout_ms", 60_000),
            protocol_type=of.pop("protocol_type", "consumer"),
            **of,
        )
        return self.ask(self.machine.join, request, asker)

    def join_fully(self, group: str = "g", **of: Any) -> Answer:
        """A dynamic member joins as clients do: it is handed its id, and joins with it."""
        return self.join(group, self.join(group, **of).member_id, **of)

    def sync(self, joined: Answer, assignments: dict[str, bytes] | None = None, group: str = "g", **of: Any) -> Answer:
        request = SyncGroupRequest(
            group_id=group,
            generation_id=of.pop("generation_id", joined.response.generation_id),
            member_id=joined.member_id,
            assignments=[Assignment(member_id=m, assignment=a) for m, a in (assignments or {}).items()],
            **of,
        )
        return self.ask(self.machine.sync, request)

    def heartbeat(self, joined: Answer, group: str = "g", **of: Any) -> ErrorCode:
        of = {"member_id": joined.member_id, "generation_id": joined.response.generation_id} | of
        return self.ask(self.machine.heartbeat, HeartbeatRequest(group_id=group, **of)).error

    def leave(self, *members: str, group: str = "g", instance: str | None = None) -> list[ErrorCode]:
        identities = [Identity(member_id=member, group_instance_id=instance) for member in members]
        answer = self.ask(self.machine.leave, LeaveGroupRequest(group_id=group, members=identities))
        return [ErrorCode(member.error_code) for member in answer.response.members]

    def commit(self, offsets: dict[int, Any], joined: Answer | None = None, group: str = "g", **of: Any) -> Any:
        """Of topic "orders": partition -> offset, or (offset, metadata).  Gives each partition's error, or None."""
        asker = Asker(api_version=of.pop("api_version", 10))
        if joined:
            of = {"member_id": joined.member_id, "generation_id_or_member_epoch": joined.response.generation_id} | of
        pairs = {p: value if isinstance(value, tuple) else (value, "") for p, value in offsets.items()}
        partitions = [
            Partition(partition_index=p, committed_offset=o, committed_metadata=m) for p, (o, m) in pairs.items()
        ]
        topics = [Topic(name=of.pop("topic", "orders"), topic_id=ORDERS, partitions=partitions)]
        answer = self.ask(self.machine.commit, OffsetCommitRequest(group_id=group, topics=topics, **of), asker)
        if answer.parked:
            return None
        return [ErrorCode(partition.error_code) for partition in answer.response.topics[0].partitions]

    def delete_offsets(self, topics: dict[str, list[int]], group: str = "g") -> Any:
        """The group's error, or the error of each of `topics`' partitions."""
        topic = OffsetDeleteRequest.OffsetDeleteRequestTopic
        asked = [
            topic(name=name, partitions=[topic.OffsetDeleteRequestPartition(partition_index=p) for p in partitions])
            for name, partitions in topics.items()
        ]
        answer = self.ask(self.machine.delete_offsets, OffsetDeleteRequest(group_id=group, topics=asked))
        return answer.error or [p.error_code for topic in answer.response.topics for p in topic.partitions]

    def expire_offsets(self, group: str = "g") -> None:
        self.carry_out(self.machine.expire_offsets(group, now=self.now, timestamp=self.timestamp))

    def offsets(self, group: str = "g") -> dict[str, list[int]]:
        """topic -> the partitions that have an offset."""
        return {topic: list(partitions) for topic, partitions in self.machine.committed(group).items()}

    def state(self, group: str = "g") -> str | None:
        found = self.machine.describe(group)
        return None if found is None else str(found.group_state)

    def stable_group(self, members: int = 1, group: str = "g", **of: Any) -> list[Answer]:
        """`members` dynamic members in a stable group, the leader first; each is assigned its own id."""
        parked = [self.join_fully(group, **of) for _ in range(members)]
        self.wait(self.limits.group_initial_rebalance_delay_ms * members)
        self.settle(parked, group)
        return sorted(parked, key=lambda joined: joined.member_id != joined.response.leader)

    def settle(self, joined: list[Answer], group: str = "g") -> None:
        """Everybody syncs, the leader last."""
        assignments = {one.member_id: one.member_id.encode() for one in joined}
        for one in sorted(joined, key=lambda one: one.member_id == one.response.leader):
            self.sync(one, assignments, group)
