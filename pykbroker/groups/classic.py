"""One classic group: who is in it, which protocol they share, who leads, and what state it is in.

It keeps these consistent and decides nothing: rebalance.py, joining.py and membership.py do.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pykbroker_protocol.errors import ErrorCode

from .deadlines import Timer
from .effects import Ticket
from .members import Member
from .states import PREDECESSORS, State

log = logging.getLogger("pykbroker.groups")


class ParkedJoin(NamedTuple):
    """A join that waits for its rebalance, and the version in which it was asked."""

    ticket: Ticket
    api_version: int


class ClassicGroup:
    """A group, as its members see it.

    Parked answers and timers are soft state.  Assignments and STABLE are hard: they come with `settle`, from the log.
    The rest runs ahead of the log while a rebalance is under way, and a restart falls back to what was recorded.

    members: by id, longest standing first.  static_members: group_instance_id -> member_id.
    pending_members: ids that were handed out and have not joined yet (KIP-394), each with its session.
    parked_joins, parked_syncs: by member id, what waits for its answer.
    awaited_syncs: members that have not synced in this generation.
    """

    __slots__ = (
        "_supporters", "awaited_syncs", "current_state_timestamp", "generation_id", "group_id", "join_timer", "leader",
        "members", "new_member_added", "parked_joins", "parked_syncs", "pending_members", "previous_state",
        "protocol_name", "protocol_type", "state", "static_members", "sync_timer",
    )  # fmt: skip

    def __init__(self, group_id: str, timestamp: int) -> None:
        self.group_id = group_id
        self.state = State.EMPTY
        self.previous_state = State.DEAD
        self.current_state_timestamp = timestamp
        self.generation_id = 0
        self.protocol_type: str | None = None
        self.protocol_name: str | None = None
        self.leader: str | None = None
        self.members: dict[str, Member] = {}
        self.static_members: dict[str, str] = {}
        self.pending_members: dict[str, Timer] = {}
        self.parked_joins: dict[str, ParkedJoin] = {}
        self.parked_syncs: dict[str, Ticket] = {}
        self.awaited_syncs: set[str] = set()
        self.new_member_added = False
        self.join_timer = Timer()
        self.sync_timer = Timer()
        self._supporters: Counter[str] = Counter()

    @property
    def is_first_rebalance(self) -> bool:
        """Whether a group that was empty gathers its first members."""
        return self.state is State.PREPARING_REBALANCE and self.previous_state is State.EMPTY

    @property
    def can_rebalance(self) -> bool:
        return self.state in PREDECESSORS[State.PREPARING_REBALANCE]

    @property
    def all_have_joined(self) -> bool:
        return len(self.parked_joins) == len(self.members) and not self.pending_members

    @property
    def rebalance_timeout_ms(self) -> int:
        """The longest that any member asks for."""
        return max((member.rebalance_timeout_ms for member in self.members.values()), default=0)

    def become(self, state: State, why: str, timestamp: int) -> None:
        assert self.state in PREDECESSORS[state], f"group {self.group_id}: {self.state} -> {state} ({why})"
        log.info("group state: group=%r from=%s to=%s why=%r", self.group_id, self.state, state, why)
        self.previous_state, self.state = self.state, state
        self.current_state_timestamp = timestamp

    def fault_of(self, member_id: str, group_instance_id: str | None) -> ErrorCode:
        """Why `member_id` may not speak for itself here: UNKNOWN_MEMBER_ID or FENCED_INSTANCE_ID; NONE if it may."""
        if group_instance_id is not None:
            owner = self.static_members.get(group_instance_id)
            if owner is None:
                return ErrorCode.UNKNOWN_MEMBER_ID
            if owner != member_id:
                return ErrorCode.FENCED_INSTANCE_ID
        return ErrorCode.NONE if member_id in self.members else ErrorCode.UNKNOWN_MEMBER_ID

    def supports(self, protocol_type: str, protocols: dict[str, bytes]) -> bool:
        """Whether somebody with these protocols shares one with every member."""
        if self.state is State.EMPTY:
            return bool(protocol_type and protocols)
        size = len(self.members)
        return self.protocol_type == protocol_type and any(self._supporters[name] == size for name in protocols)

    def select_protocol(self) -> str:
        """The protocol that gets most votes among those that every member supports."""
        size = len(self.members)
        candidates = {name for name, supporters in self._supporters.items() if supporters == size}
        votes = Counter(member.vote(candidates) for member in self.members.values())
        return votes.most_common(1)[0][0]

    def add(self, member: Member, protocol_type: str) -> None:
        if not self.members:
            self.protocol_type = protocol_type
        assert self.protocol_type == protocol_type, (self.protocol_type, protocol_type)
        self.members[member.member_id] = member
        if member.group_instance_id is not None:
            self.static_members[member.group_instance_id] = member.member_id
        if self.leader is None:
            self.leader = member.member_id
        self._supporters.update(member.protocols.keys())
        self.forget_pending(member.member_id)

    def update(
        self, member: Member, protocols: dict[str, bytes], *, rebalance_timeout_ms: int, session_timeout_ms: int
    ) -> None:
        self._supporters.subtract(member.protocols.keys())
        self._supporters.update(protocols.keys())
        member.protocols = protocols
        member.rebalance_timeout_ms = rebalance_timeout_ms
        member.session_timeout_ms = session_timeout_ms

    def remove(self, member_id: str) -> None:
        """Forget a member with all that waits for it, or a pending one; parked answers must have been given."""
        member = self.members.pop(member_id, None)
        if member is not None:
            member.session.cancel()
            self._supporters.subtract(member.protocols.keys())
            self._supporters += Counter()  # drops the names that nobody supports any more
            if member.group_instance_id is not None:
                del self.static_members[member.group_instance_id]
        self.parked_joins.pop(member_id, None)
        self.parked_syncs.pop(member_id, None)
        self.awaited_syncs.discard(member_id)
        if self.leader == member_id:
            self.leader = next(iter(self.members), None)
        self.forget_pending(member_id)

    def rename(self, old_member_id: str, new_member_id: str) -> Member:
        """Give a static member a new id; its old one is unknown from now on, its assignment and leadership stay."""
        old = self.members.pop(old_member_id)
        assert old.group_instance_id is not None
        old.session.cancel()
        member = self.members[new_member_id] = old.renamed(new_member_id)
        self.static_members[old.group_instance_id] = new_member_id
        self.parked_joins.pop(old_member_id, None)
        self.parked_syncs.pop(old_member_id, None)
        if old_member_id in self.awaited_syncs:
            self.awaited_syncs.remove(old_member_id)
            self.awaited_syncs.add(new_member_id)
        if self.leader == old_member_id:
            self.leader = new_member_id
        return member

    def elect_joined_leader(self) -> bool:
        """See to it that the leader has joined.  False if nobody has."""
        if self.leader not in self.parked_joins:
            joined = next((member_id for member_id in self.members if member_id in self.parked_joins), None)
            if joined is None:
                return False
            log.info("group leader: group=%r member=%r why=%r did not rejoin", self.group_id, joined, self.leader)
            self.leader = joined
        return True

    def forget_pending(self, member_id: str) -> None:
        if session := self.pending_members.pop(member_id, None):
            session.cancel()

    def settle(self, generation_id: int, assignments: dict[str, bytes], timestamp: int) -> None:
        """The leader's assignment for `generation_id` is in the log; it takes effect unless the group has moved on."""
        if self.state is State.COMPLETING_REBALANCE and self.generation_id == generation_id:
            for member_id, assignment in assignments.items():
                if member_id in self.members:
                    self.members[member_id].assignment = assignment
            self.become(State.STABLE, f"generation {generation_id} has its assignment", timestamp)

    def bury(self) -> None:
        """End every timer of a group that is deleted."""
        self.become(State.DEAD, "deleted", self.current_state_timestamp)
        for timer in self._timers():
            timer.cancel()

    def _timers(self) -> Iterator[Timer]:
        yield from (self.join_timer, self.sync_timer, *self.pending_members.values())
        yield from (member.session for member in self.members.values())
