"""What a classic group answers its members after they joined: SyncGroup, Heartbeat, LeaveGroup, and who may commit.

Source: KIP-345 (static members), KIP-559 (protocol checks in SyncGroup), org.apache.kafka.coordinator.group.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pykbroker_protocol.apis.heartbeat import HeartbeatResponse
from pykbroker_protocol.apis.leave_group import LeaveGroupResponse
from pykbroker_protocol.apis.sync_group import SyncGroupRequest, SyncGroupResponse
from pykbroker_protocol.errors import ErrorCode

from .answers import synced
from .classic import ClassicGroup
from .deadlines import Moment
from .effects import Effect, Persist, Reply, Ticket
from .rebalance import Rebalances
from .records import group_record
from .states import State

# Shared by all who get them: heartbeats are most of what a coordinator hears.
ALIVE = HeartbeatResponse()
REJOIN = HeartbeatResponse(error_code=ErrorCode.REBALANCE_IN_PROGRESS)


def sync(
    rebalances: Rebalances, group: ClassicGroup, request: SyncGroupRequest, ticket: Ticket, when: Moment
) -> list[Effect]:
    """The member's assignment if there is one; else the answer is parked until the leader's is in the log."""
    if code := _sync_refusal(group, request):
        return [Reply(ticket, SyncGroupResponse(error_code=code))]
    member = group.members[request.member_id]
    group.awaited_syncs.discard(member.member_id)
    if not group.awaited_syncs:
        group.sync_timer.cancel()
    if group.state is State.STABLE:
        return [Reply(ticket, synced(group, member.assignment))]
    # A member that asks again gets its answer there; what still waits is told so.
    earlier = group.parked_syncs.get(member.member_id)
    again = SyncGroupResponse(error_code=ErrorCode.REBALANCE_IN_PROGRESS)
    effects: list[Effect] = [] if earlier is None else [Reply(earlier, again)]
    group.parked_syncs[member.member_id] = ticket
    return effects + (_assign(rebalances, group, request, when) if group.leader == member.member_id else [])


def heartbeat(
    rebalances: Rebalances,
    group: ClassicGroup,
    member_id: str,
    group_instance_id: str | None,
    generation_id: int,
    now: int,
) -> HeartbeatResponse:
    """Begin a new session for the member, and say whether it has to rejoin."""
    fault = group.fault_of(member_id, group_instance_id)
    if not fault and generation_id != group.generation_id:
        fault = ErrorCode.ILLEGAL_GENERATION
    if fault:
        return HeartbeatResponse(error_code=fault)
    rebalances.keep_session(group, group.members[member_id], now)
    return REJOIN if group.state is State.PREPARING_REBALANCE else ALIVE


def leave(
    rebalances: Rebalances, group: ClassicGroup, members: Iterable[Any], ticket: Ticket, when: Moment
) -> list[Effect]:
    """Put `members` out, each with its own error code in the answer."""
    effects: list[Effect] = []
    responses = []
    left = []
    for identity in members:
        code = _leave_one(rebalances, group, identity, effects)
        if not code:
            left.append(identity.member_id or identity.group_instance_id)
        responses.append(
            LeaveGroupResponse.MemberResponse(
                member_id=identity.member_id, group_instance_id=identity.group_instance_id, error_code=code
            )
        )
    if left and group.state is not State.EMPTY:
        effects += rebalances.prepare_or_complete(group, f"{', '.join(left)} left", when)
    effects.append(Reply(ticket, LeaveGroupResponse(members=responses)))
    return effects


def commit_refusal(group: ClassicGroup, member_id: str, group_instance_id: str | None, generation_id: int) -> ErrorCode:
    """Why this member, or a client that is none, may not commit offsets; NONE if it may.

    A client without a generation is an admin or manages its partitions itself: it may while there are no members.
    """
    if generation_id < 0 and group.state is State.EMPTY:
        return ErrorCode.NONE
    if fault := group.fault_of(member_id, group_instance_id):
        return fault
    if generation_id != group.generation_id:
        return ErrorCode.ILLEGAL_GENERATION
    # It has learnt of a generation whose assignment it cannot have seen.
    return ErrorCode.REBALANCE_IN_PROGRESS if group.state is State.COMPLETING_REBALANCE else ErrorCode.NONE


def _sync_refusal(group: ClassicGroup, request: SyncGroupRequest) -> ErrorCode:
    if group.state is State.EMPTY:
        return ErrorCode.UNKNOWN_MEMBER_ID
    if fault := group.fault_of(request.member_id, request.group_instance_id):
        return fault
    if request.generation_id != group.generation_id:
        return ErrorCode.ILLEGAL_GENERATION
    if request.protocol_type not in (None, group.protocol_type):
        return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    if group.protocol_name is not None and request.protocol_name not in (None, group.protocol_name):
        return ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    return ErrorCode.REBALANCE_IN_PROGRESS if group.state is State.PREPARING_REBALANCE else ErrorCode.NONE


def _assign(rebalances: Rebalances, group: ClassicGroup, request: SyncGroupRequest, when: Moment) -> list[Effect]:
    """Record the leader's assignment; the answers to all who wait for it stand behind the record.

    Nothing waits any more if the record fails: each client gets the failure, and asks again or rejoins.
    """
    given = {assignment.member_id: assignment.assignment for assignment in request.assignments}
    assignments = {member_id: given.get(member_id, b"") for member_id in group.members}
    effects: list[Effect] = [Persist(group.group_id, [group_record(group, assignments)])]
    for member_id, ticket in group.parked_syncs.items():
        effects.append(Reply(ticket, synced(group, assignments[member_id])))
        rebalances.keep_session(group, group.members[member_id], when.now)
    group.parked_syncs.clear()
    return effects


def _leave_one(rebalances: Rebalances, group: ClassicGroup, identity: Any, effects: list[Effect]) -> ErrorCode:
    member_id, group_instance_id = identity.member_id, identity.group_instance_id
    if not member_id:
        # An admin removes a static member by its instance id alone.
        member_id = group.static_members.get(group_instance_id)
        if member_id is None:
            return ErrorCode.UNKNOWN_MEMBER_ID
    elif member_id in group.pending_members:
        group.forget_pending(member_id)
        return ErrorCode.NONE
    elif fault := group.fault_of(member_id, group_instance_id):
        return fault
    effects += rebalances.remove(group, group.members[member_id])
    return ErrorCode.NONE
