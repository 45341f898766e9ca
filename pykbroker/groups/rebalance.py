"""How a classic group gets from one generation to the next, and what its deadlines do.

Every way into a rebalance ends in `prepare`, every way out in `complete_join` and the leader's sync.

Source: org.apache.kafka.coordinator.group.GroupMetadataManager.
"""

from __future__ import annotations

import logging
from functools import partial

from pykbroker_protocol.apis.sync_group import SyncGroupResponse
from pykbroker_protocol.errors import ErrorCode

from .answers import joined, not_joined
from .classic import ClassicGroup
from .deadlines import Deadlines, Moment, Timer
from .effects import Effect, Persist, Reply
from .limits import GroupLimits
from .members import Member
from .records import group_record
from .states import State

log = logging.getLogger("pykbroker.groups")


class Rebalances:
    """Moves groups; holds no group."""

    def __init__(self, limits: GroupLimits, deadlines: Deadlines) -> None:
        self.limits = limits
        self.deadlines = deadlines

    def keep_session(self, group: ClassicGroup, member: Member, now: int) -> None:
        """Give a member its session timeout from now on."""
        self._arm_session(group, member, now + member.session_timeout_ms)

    def await_new_member(self, group: ClassicGroup, member: Member, now: int) -> None:
        """Give a member whose first join is parked the time that such joins have."""
        self._arm_session(group, member, now + self.limits.new_member_join_timeout_ms)

    def await_pending_member(self, group: ClassicGroup, member_id: str, session_timeout_ms: int, now: int) -> None:
        """Hand out `member_id`: it is expected until its session ends."""
        session = group.pending_members[member_id] = Timer()
        expire = partial(self._pending_member_expired, group, member_id)
        self.deadlines.arm(session, now + session_timeout_ms, expire)

    def prepare_or_complete(self, group: ClassicGroup, why: str, when: Moment) -> list[Effect]:
        """Begin a rebalance; if one gathers its members already, end that when it has them all."""
        return self.prepare(group, why, when) if group.can_rebalance else self.maybe_complete_join(group, when)

    def prepare(self, group: ClassicGroup, why: str, when: Moment) -> list[Effect]:
        """Gather the members: until all have joined, or the rebalance timeout.  A first time lasts for its delay."""
        effects: list[Effect] = []
        if group.state is State.COMPLETING_REBALANCE:
            effects = self._send_back(group, when.now)
        group.awaited_syncs.clear()
        group.sync_timer.cancel()
        group.become(State.PREPARING_REBALANCE, why, when.timestamp)
        if group.is_first_rebalance:
            group.new_member_added = False
            delay_ms = self.limits.group_initial_rebalance_delay_ms
            remaining_ms = max(group.rebalance_timeout_ms - delay_ms, 0)
            self._delay_first_rebalance(group, delay_ms, remaining_ms, when.now)
        elif group.all_have_joined:
            effects += self.complete_join(group, when)
        else:
            self._arm_join_timer(group, when.now)
        return effects

    def maybe_complete_join(self, group: ClassicGroup, when: Moment) -> list[Effect]:
        """End the gathering if everybody is there, unless it is a first one, which lasts as long as it lasts."""
        gathers = group.state is State.PREPARING_REBALANCE and not group.is_first_rebalance
        return self.complete_join(group, when) if gathers and group.all_have_joined else []

    def complete_join(self, group: ClassicGroup, when: Moment) -> list[Effect]:
        """Begin the next generation with who has joined; dynamic members that have not are out."""
        group.join_timer.cancel()
        absent = [m.member_id for m in group.members.values() if m.member_id not in group.parked_joins]
        late = [member_id for member_id in absent if not group.members[member_id].is_static]
        for member_id in late:
            group.remove(member_id)
        if late:
            log.info("members out: group=%r members=%r why=they did not rejoin", group.group_id, late)
        if group.members and not group.elect_joined_leader():
            # Only static members, and none has come back: their sessions decide how long the group waits.
            self._arm_join_timer(group, when.now)
            return []
        group.generation_id += 1
        return self._begin_generation(group, when) if group.members else self._record_empty(group, when)

    def remove(self, group: ClassicGroup, member: Member) -> list[Effect]:
        """Put a member out.  What it has parked is told so; a client that is still there joins anew."""
        effects: list[Effect] = []
        if parked := group.parked_joins.get(member.member_id):
            effects.append(Reply(parked.ticket, not_joined(ErrorCode.UNKNOWN_MEMBER_ID, "", parked.api_version)))
        if (ticket := group.parked_syncs.get(member.member_id)) is not None:
            effects.append(Reply(ticket, SyncGroupResponse(error_code=ErrorCode.UNKNOWN_MEMBER_ID)))
        group.remove(member.member_id)
        return effects

    def _begin_generation(self, group: ClassicGroup, when: Moment) -> list[Effect]:
        group.protocol_name = group.select_protocol()
        why = f"generation {group.generation_id} has {len(group.members)} members"
        group.become(State.COMPLETING_REBALANCE, why, when.timestamp)
        effects: list[Effect] = []
        for member in group.members.values():
            if parked := group.parked_joins.get(member.member_id):
                effects.append(Reply(parked.ticket, joined(group, member.member_id)))
            member.is_new = False
            self.keep_session(group, member, when.now)
        group.parked_joins.clear()
        group.awaited_syncs.update(group.members)
        expire = partial(self._sync_deadline_passed, group)
        self.deadlines.arm(group.sync_timer, when.now + group.rebalance_timeout_ms, expire)
        return effects

    def _record_empty(self, group: ClassicGroup, when: Moment) -> list[Effect]:
        # Should the record fail, the log keeps the generation before: its members are gone, and a restart finds it out
        # by their sessions.
        group.protocol_name = None
        group.become(State.EMPTY, "no member is left", when.timestamp)
        return [Persist(group.group_id, [group_record(group, {})])]

    def _send_back(self, group: ClassicGroup, now: int) -> list[Effect]:
        """Let those that wait for an assignment rejoin; it will not come."""
        effects: list[Effect] = []
        for member in group.members.values():
            member.assignment = b""
            ticket = group.parked_syncs.pop(member.member_id, None)
            if ticket is not None:
                effects.append(Reply(ticket, SyncGroupResponse(error_code=ErrorCode.REBALANCE_IN_PROGRESS)))
                self.keep_session(group, member, now)
        return effects

    def _arm_session(self, group: ClassicGroup, member: Member, at: int) -> None:
        if member.session.at is None:
            self.deadlines.arm(member.session, at, partial(self._session_expired, group, member))
        else:
            self.deadlines.move(member.session, at)

    def _arm_join_timer(self, group: ClassicGroup, now: int) -> None:
        expire = partial(self.complete_join, group)
        self.deadlines.arm(group.join_timer, now + group.rebalance_timeout_ms, expire)

    def _delay_first_rebalance(self, group: ClassicGroup, delay_ms: int, remaining_ms: int, now: int) -> None:
        expire = partial(self._first_delay_passed, group, delay_ms, remaining_ms)
        self.deadlines.arm(group.join_timer, now + delay_ms, expire)

    def _first_delay_passed(self, group: ClassicGroup, delay_ms: int, remaining_ms: int, when: Moment) -> list[Effect]:
        if group.new_member_added and remaining_ms:
            group.new_member_added = False
            next_delay_ms = min(self.limits.group_initial_rebalance_delay_ms, remaining_ms)
            self._delay_first_rebalance(group, next_delay_ms, max(remaining_ms - delay_ms, 0), when.now)
            return []
        return self.complete_join(group, when)

    def _session_expired(self, group: ClassicGroup, member: Member, when: Moment) -> list[Effect]:
        parked = member.member_id in group.parked_joins or member.member_id in group.parked_syncs
        if parked and not member.is_new:
            return []  # the answer that it waits for begins its next session
        log.info("members out: group=%r members=%r why=the session ended", group.group_id, [member.member_id])
        effects = self.remove(group, member)
        if group.state in (State.STABLE, State.COMPLETING_REBALANCE):
            return effects + self.prepare(group, f"the session of {member.member_id} has ended", when)
        return effects + self._complete_if_all_joined(group, when)

    def _pending_member_expired(self, group: ClassicGroup, member_id: str, when: Moment) -> list[Effect]:
        group.forget_pending(member_id)
        return self._complete_if_all_joined(group, when)

    def _complete_if_all_joined(self, group: ClassicGroup, when: Moment) -> list[Effect]:
        # Unlike a join, a session that ends cuts the delay of a first rebalance short.
        gathers = group.state is State.PREPARING_REBALANCE
        return self.complete_join(group, when) if gathers and group.all_have_joined else []

    def _sync_deadline_passed(self, group: ClassicGroup, when: Moment) -> list[Effect]:
        # Parked syncs are not awaited any more, so nobody who waits is put out here.
        late = [member_id for member_id in group.members if member_id in group.awaited_syncs]
        for member_id in late:
            group.remove(member_id)
        return self.prepare(group, f"no sync came from {', '.join(late)}", when) if late else []
