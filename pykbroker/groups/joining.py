"""What becomes of a JoinGroup: a member is added, renewed or refused, and a rebalance begins or goes on.

Source: KIP-394 (member ids), KIP-345 (static members), KIP-814 (skip_assignment).
"""

from __future__ import annotations

from collections.abc import Iterator

from pykbroker_protocol.apis.join_group import JoinGroupRequest, JoinGroupResponse
from pykbroker_protocol.apis.sync_group import SyncGroupResponse
from pykbroker_protocol.errors import ErrorCode

from .answers import joined, not_joined
from .classic import ClassicGroup, ParkedJoin
from .deadlines import Moment
from .effects import Effect, Persist, Reply, Ticket
from .members import Asker, Member, protocols_of
from .rebalance import Rebalances
from .records import group_record
from .states import State

_LONGEST_PREFIX = 8_000  # a member id has to remain a text that can be written, of at most 32,767 bytes
_FIRST_JOIN_WITH_REBALANCE_TIMEOUT = 1
_FIRST_JOIN_THAT_REQUIRES_MEMBER_ID = 4
_FIRST_JOIN_THAT_CAN_SKIP_ASSIGNMENT = 9


class Join:
    """One JoinGroup, while it is decided."""

    def __init__(self, rebalances: Rebalances, group: ClassicGroup, request: JoinGroupRequest, asker: Asker) -> None:
        self._rebalances = rebalances
        self._group = group
        self._request = request
        self._asker = asker
        self._protocols = protocols_of(request.protocols)
        early = asker.api_version < _FIRST_JOIN_WITH_REBALANCE_TIMEOUT
        self._rebalance_timeout_ms = request.session_timeout_ms if early else request.rebalance_timeout_ms

    def decide(self, member_ids: Iterator[str], ticket: Ticket, when: Moment) -> list[Effect]:
        group, member_id = self._group, self._request.member_id
        if not self._has_room():
            group.remove(member_id)
            return [self._refusal(ticket, ErrorCode.GROUP_MAX_SIZE_REACHED, member_id="")]
        if not group.supports(self._request.protocol_type, self._protocols):
            return [self._refusal(ticket, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)]
        return self._rejoin(ticket, when) if member_id else self._join_anew(next(member_ids), ticket, when)

    def _has_room(self) -> bool:
        group, member_id = self._group, self._request.member_id
        size = self._rebalances.limits.group_max_size
        if group.state is State.EMPTY:
            return True
        if group.state is State.PREPARING_REBALANCE:
            # Joins count, not members: where the limit was lowered, the last ones to rejoin are out.
            return member_id in group.parked_joins or len(group.parked_joins) < size
        return member_id in group.members or len(group.members) < size

    def _join_anew(self, unique: str, ticket: Ticket, when: Moment) -> list[Effect]:
        group, group_instance_id = self._group, self._request.group_instance_id
        if group_instance_id is not None:
            member_id = f"{group_instance_id[:_LONGEST_PREFIX]}-{unique}"
            if old_member_id := group.static_members.get(group_instance_id):
                return self._take_over(old_member_id, member_id, ticket, when)
            return self._add(member_id, ticket, when)
        # A null client_id means "" to Kafka.
        member_id = f"{(self._asker.client_id or '')[:_LONGEST_PREFIX]}-{unique}"
        if self._asker.api_version < _FIRST_JOIN_THAT_REQUIRES_MEMBER_ID:
            return self._add(member_id, ticket, when)
        self._rebalances.await_pending_member(group, member_id, self._request.session_timeout_ms, when.now)
        return [self._refusal(ticket, ErrorCode.MEMBER_ID_REQUIRED, member_id=member_id)]

    def _rejoin(self, ticket: Ticket, when: Moment) -> list[Effect]:
        group, member_id = self._group, self._request.member_id
        if member_id in group.pending_members:
            if self._request.group_instance_id is not None:
                return [self._refusal(ticket, ErrorCode.UNKNOWN_SERVER_ERROR, member_id="")]
            return self._add(member_id, ticket, when)
        if fault := group.fault_of(member_id, self._request.group_instance_id):
            return [self._refusal(ticket, fault)]
        member = group.members[member_id]
        if self._changes_nothing(member):
            return [Reply(ticket, joined(group, member_id))]
        superseded = self._supersede(member_id)
        self._update(member, ticket)
        return superseded + self._rebalances.prepare_or_complete(group, f"{member_id} joins again{self._reason}", when)

    def _supersede(self, member_id: str) -> list[Effect]:
        """A member that asks again gets its answer there; what still waits is told to ask again, and nobody does."""
        parked = self._group.parked_joins.get(member_id)
        if parked is None:
            return []
        return [Reply(parked.ticket, not_joined(ErrorCode.REBALANCE_IN_PROGRESS, member_id, parked.api_version))]

    def _changes_nothing(self, member: Member) -> bool:
        """Whether the current generation will do for the member: it may only have missed the answer."""
        if self._group.state is State.STABLE and member.member_id == self._group.leader:
            return False  # what the leader would assign may have changed though its metadata did not
        settled = self._group.state in (State.COMPLETING_REBALANCE, State.STABLE)
        return settled and member.matches(self._protocols)

    def _add(self, member_id: str, ticket: Ticket, when: Moment) -> list[Effect]:
        group, request = self._group, self._request
        member = Member(
            member_id,
            group_instance_id=request.group_instance_id,
            client_id=self._asker.client_id or "",
            client_host=self._asker.host,
            rebalance_timeout_ms=self._rebalance_timeout_ms,
            session_timeout_ms=request.session_timeout_ms,
            protocols=self._protocols,
        )
        member.is_new = True
        if group.is_first_rebalance:
            group.new_member_added = True
        group.add(member, request.protocol_type)
        group.parked_joins[member_id] = ParkedJoin(ticket, self._asker.api_version)
        self._rebalances.await_new_member(group, member, when.now)
        return self._rebalances.prepare_or_complete(group, f"{member_id} joins{self._reason}", when)

    def _take_over(self, old_member_id: str, member_id: str, ticket: Ticket, when: Moment) -> list[Effect]:
        """A new process speaks for a static member: the old one is fenced, its place and assignment stay."""
        group, old_leader = self._group, self._group.leader
        effects = self._fence(old_member_id)
        member = group.rename(old_member_id, member_id)
        self._update(member, ticket)
        self._rebalances.keep_session(group, member, when.now)
        if group.state is State.STABLE and group.select_protocol() == group.protocol_name:
            del group.parked_joins[member_id]
            assignments = {m.member_id: m.assignment for m in group.members.values()}
            effects.append(Persist(group.group_id, [group_record(group, assignments)]))
            effects.append(Reply(ticket, self._taken_over(member_id, old_leader)))
            return effects
        why = f"{member_id} takes over from {old_member_id}{self._reason}"
        return effects + self._rebalances.prepare_or_complete(group, why, when)

    def _taken_over(self, member_id: str, old_leader: str | None) -> JoinGroupResponse:
        if self._asker.api_version >= _FIRST_JOIN_THAT_CAN_SKIP_ASSIGNMENT:
            return joined(self._group, member_id, skip_assignment=member_id == self._group.leader)
        # An older leader would assign anew if it knew that it still leads; the id that it had keeps it a follower.
        return joined(self._group, member_id, leader=old_leader)

    def _fence(self, member_id: str) -> list[Effect]:
        group, fenced = self._group, ErrorCode.FENCED_INSTANCE_ID
        effects: list[Effect] = []
        if parked := group.parked_joins.get(member_id):
            effects.append(Reply(parked.ticket, not_joined(fenced, member_id, parked.api_version)))
        if (ticket := group.parked_syncs.get(member_id)) is not None:
            effects.append(Reply(ticket, SyncGroupResponse(error_code=fenced)))
        return effects

    def _update(self, member: Member, ticket: Ticket) -> None:
        self._group.update(
            member,
            self._protocols,
            rebalance_timeout_ms=self._rebalance_timeout_ms,
            session_timeout_ms=self._request.session_timeout_ms,
        )
        self._group.parked_joins[member.member_id] = ParkedJoin(ticket, self._asker.api_version)

    def _refusal(self, ticket: Ticket, code: ErrorCode, *, member_id: str | None = None) -> Reply:
        """A refusal; it names the member that asked, unless `member_id` is given."""
        named = self._request.member_id if member_id is None else member_id
        return Reply(ticket, not_joined(code, named, self._asker.api_version))

    @property
    def _reason(self) -> str:
        return f": {self._request.reason}" if self._request.reason else ""
