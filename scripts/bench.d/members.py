"""A classic group of many members: they join one that is there already, and then one more joins them.

Members speak frame by frame over a connection each, all from this process; what that costs is the same for each broker.
"""

import time

from both.client import Broker as Asking
from both.client import Connection, NoAnswer
from pykbroker_protocol.apis.heartbeat import HEARTBEAT
from pykbroker_protocol.apis.join_group import JOIN_GROUP
from pykbroker_protocol.apis.sync_group import SYNC_GROUP
from pykbroker_protocol.errors import ErrorCode
from pykbroker_protocol.messages import Api
from session import Failed, Session

PATIENCE_S = 90.0
METADATA = bytes(100)  # of a size that a subscription has; the broker does not read it
_PROTOCOL = JOIN_GROUP.request.type.JoinGroupRequestProtocol(name="range", metadata=METADATA)


class Member:
    """One that joins `group` again and again, over its own connection."""

    def __init__(self, asking: Asking, group: str) -> None:
        self.connection: Connection = asking.connect("bench")
        self.group, self.member_id = group, ""

    def send_join(self) -> None:
        self.connection.send(
            JOIN_GROUP,
            9,
            group_id=self.group,
            session_timeout_ms=45_000,
            rebalance_timeout_ms=60_000,
            member_id=self.member_id,
            protocol_type="consumer",
            protocols=[_PROTOCOL],
        )

    def receive(self, api: Api, version: int, wanted: ErrorCode = ErrorCode.NONE):
        answer = self.connection.receive(api, version, PATIENCE_S)
        if isinstance(answer, NoAnswer) or answer.error_code != wanted:
            told = answer.value if isinstance(answer, NoAnswer) else f"error code {answer.error_code}"
            raise Failed(f"{api.name} of a member: {told} instead of {wanted.name}")
        return answer


def _wait_loaded(member: Member) -> None:
    """Kafka goes on loading a group's partition for a moment after it named its coordinator."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        member.connection.send(HEARTBEAT, 4, group_id=member.group, member_id="nobody", generation_id=1)
        answer = member.connection.receive(HEARTBEAT, 4)
        loading = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.NOT_COORDINATOR
        if answer.error_code not in loading or time.monotonic() > deadline:
            return
        time.sleep(0.1)


def introduce(members: list[Member]) -> None:
    """Each has its member id, without which none is let in (KIP-394)."""
    for member in members:
        member.send_join()
    for member in members:
        member.member_id = member.receive(JOIN_GROUP, 9, ErrorCode.MEMBER_ID_REQUIRED).member_id


def settle(settled: list[Member], joining: list[Member], generation_id: int) -> int:
    """All are members with an assignment each, `settled` learnt of it by their heartbeats; the new generation."""
    introduce(joining)
    for member in joining:
        member.send_join()
    told = {"generation_id": generation_id}
    waiting = list(settled)
    while waiting:  # until the broker has seen the first to join
        for member in waiting:
            member.connection.send(HEARTBEAT, 4, group_id=member.group, member_id=member.member_id, **told)
        answers = [(member, member.connection.receive(HEARTBEAT, 4, PATIENCE_S)) for member in waiting]
        waiting = [member for member, answer in answers if answer.error_code == ErrorCode.NONE]
        for member, answer in answers:
            if answer.error_code == ErrorCode.REBALANCE_IN_PROGRESS:
                member.send_join()
            elif answer.error_code != ErrorCode.NONE:
                raise Failed(f"a heartbeat: error code {answer.error_code}")
    everybody = settled + joining
    joined = [member.receive(JOIN_GROUP, 9) for member in everybody]
    generations = {answer.generation_id for answer in joined}
    if len(generations) > 1 or max(len(answer.members) for answer in joined) != len(everybody):
        raise Failed(f"{len(everybody)} members joined generations {sorted(generations)}")
    _sync(everybody, joined)
    return generations.pop()


def _sync(everybody: list[Member], joined: list) -> None:
    Assignment = SYNC_GROUP.request.type.SyncGroupRequestAssignment
    for member, answer in zip(everybody, joined, strict=True):
        member.connection.send(
            SYNC_GROUP,
            5,
            group_id=member.group,
            generation_id=answer.generation_id,
            member_id=member.member_id,
            protocol_type="consumer",
            protocol_name="range",
            assignments=[Assignment(member_id=each.member_id, assignment=METADATA) for each in answer.members],
        )
    for member in everybody:
        if len(member.receive(SYNC_GROUP, 5).assignment) != len(METADATA):
            raise Failed("a member got no assignment")


def measure(session: Session) -> None:
    session.note("members.500", rebalances_s(session, 500))


def rebalances_s(session: Session, count: int) -> float:
    """Seconds for `count` members to join a group of one, and for all to settle again when one more joins."""
    with session.asking() as asking:
        group = asking.name("members")
        asking.wait_coordinator(group)
        first = Member(asking, group)
        _wait_loaded(first)
        introduce([first])
        first.send_join()
        joined = first.receive(JOIN_GROUP, 9)  # Kafka waits for others before a group's first generation
        _sync([first], [joined])
        members, last = [Member(asking, group) for _ in range(count - 1)], Member(asking, group)
        began = time.monotonic()
        generation_id = settle([first], members, joined.generation_id)
        settle([first, *members], [last], generation_id)
        return time.monotonic() - began
