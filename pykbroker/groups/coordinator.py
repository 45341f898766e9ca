"""Every classic group of the broker and every group's offsets, as one machine.

Pure: `now` and `timestamp` are handed in, unique text for member ids too, and effects come out.

A question ends in one Reply to its ticket, at once or with a later effect, and a refusal is such a reply: nothing is
raised.  A question has at most one Persist, and the answers that depend on it stand behind it.
Hard state, that is a group's assignment in its generation, deletions and offsets, changes in `replay` only.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping

from pykbroker_protocol.apis.delete_groups import DeleteGroupsResponse
from pykbroker_protocol.apis.describe_groups import DescribeGroupsResponse
from pykbroker_protocol.apis.heartbeat import HeartbeatRequest, HeartbeatResponse
from pykbroker_protocol.apis.join_group import JoinGroupRequest
from pykbroker_protocol.apis.leave_group import LeaveGroupRequest, LeaveGroupResponse
from pykbroker_protocol.apis.list_groups import ListGroupsResponse
from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest
from pykbroker_protocol.apis.offset_delete import OffsetDeleteRequest, OffsetDeleteResponse
from pykbroker_protocol.apis.sync_group import SyncGroupRequest, SyncGroupResponse
from pykbroker_protocol.errors import ErrorCode, Malformed
from pykbroker_protocol.records.group_offsets import GroupMetadataKey

from . import membership, offsets
from .answers import described, listed, not_joined
from .classic import ClassicGroup
from .deadlines import Deadlines, Moment
from .effects import Effect, Persist, Reply, Ticket
from .expiry import expired
from .joining import Join
from .limits import GroupLimits
from .members import Asker
from .offsets import Offsets
from .rebalance import Rebalances
from .records import (
    Committed,
    group_tombstone,
    new_group_record,
    offset_tombstone,
    read_group,
    read_key,
    read_offset,
    restored,
)
from .states import State
from .subscriptions import CONSUMER, subscribed_topics
from .unserved import unserved_groups

_FIRST_COMMIT_THAT_KNOWS_GROUP_ID_NOT_FOUND = 9

log = logging.getLogger("pykbroker.groups")


class Groups:
    """The machine.  Replay what `__consumer_offsets` holds, say `loaded`, and ask.

    member_ids: an endless iterator of texts that never come twice; a member id is its client's or instance's id, a
    hyphen, and one of these.
    """

    def __init__(self, limits: GroupLimits, member_ids: Iterator[str]) -> None:
        self._limits = limits
        self._member_ids = member_ids
        self._groups: dict[str, ClassicGroup] = {}
        self._offsets = Offsets()
        self._deadlines = Deadlines()
        self._rebalances = Rebalances(limits, self._deadlines)
        # Until `loaded`: the last value of each key.  Only what survives is ever read, however long the log is.
        self._loading: dict[bytes, bytes] | None = {}

    # Questions

    def join(
        self, request: JoinGroupRequest, asker: Asker, *, ticket: Ticket, now: int, timestamp: int
    ) -> list[Effect]:
        """Answered when the rebalance that it joins has its members, or at once when it joins none."""
        if code := self._join_refusal(request):
            return [Reply(ticket, not_joined(code, request.member_id, asker.api_version))]
        group = self._groups.get(request.group_id)
        is_new = group is None
        if group is None:
            group = self._groups[request.group_id] = ClassicGroup(request.group_id, timestamp)
        join = Join(self._rebalances, group, request, asker)
        effects = join.decide(self._member_ids, ticket, Moment(now, timestamp))
        # A group exists for everybody once somebody has asked to join it, so it has to outlive a restart.
        return [Persist(group.group_id, [new_group_record(group.group_id, timestamp)]), *effects] if is_new else effects

    def sync(self, request: SyncGroupRequest, *, ticket: Ticket, now: int, timestamp: int) -> list[Effect]:
        """Answered with the member's assignment, when the leader has handed it in."""
        group = self._groups.get(request.group_id)
        if group is None:
            code = ErrorCode.UNKNOWN_MEMBER_ID if request.group_id else ErrorCode.INVALID_GROUP_ID
            return [Reply(ticket, SyncGroupResponse(error_code=code))]
        return membership.sync(self._rebalances, group, request, ticket, Moment(now, timestamp))

    def heartbeat(self, request: HeartbeatRequest, *, ticket: Ticket, now: int, timestamp: int) -> list[Effect]:
        """Answered at once."""
        group = self._groups.get(request.group_id)
        if group is None:
            code = ErrorCode.UNKNOWN_MEMBER_ID if request.group_id else ErrorCode.INVALID_GROUP_ID
            return [Reply(ticket, HeartbeatResponse(error_code=code))]
        member_id, generation_id = request.member_id, request.generation_id
        return [
            Reply(
                ticket,
                membership.heartbeat(self._rebalances, group, member_id, request.group_instance_id, generation_id, now),
            )
        ]

    def leave(self, request: LeaveGroupRequest, *, ticket: Ticket, now: int, timestamp: int) -> list[Effect]:
        """Answered at once, for each of `request.members`."""
        if not request.group_id:
            return [Reply(ticket, LeaveGroupResponse(error_code=ErrorCode.INVALID_GROUP_ID))]
        group = self._groups.get(request.group_id)
        if group is None:
            # Nobody is in such a group, which is what an empty one answers.
            group = ClassicGroup(request.group_id, timestamp)
        return membership.leave(self._rebalances, group, request.members, ticket, Moment(now, timestamp))

    def delete(self, group_id: str, *, ticket: Ticket, now: int, timestamp: int) -> list[Effect]:
        """Answered with a DeletableGroupResult: the group goes with its offsets if it has no members."""
        group = self._groups.get(group_id)
        if group is None:
            return [Reply(ticket, _deletion(group_id, ErrorCode.GROUP_ID_NOT_FOUND))]
        if group.state is not State.EMPTY:
            return [Reply(ticket, _deletion(group_id, ErrorCode.NON_EMPTY_GROUP))]
        records = [*self._offsets.tombstones(group_id), group_tombstone(group_id)]
        return [Persist(group_id, records), Reply(ticket, _deletion(group_id, ErrorCode.NONE))]

    def commit(
        self, request: OffsetCommitRequest, asker: Asker, *, ticket: Ticket, now: int, timestamp: int
    ) -> list[Effect]:
        """Answered when the offsets are in the log.  Its topics have both their name and their id."""
        if code := self._take_commit(request, asker.api_version, now):
            return [Reply(ticket, offsets.commit_refused(request, code))]
        records, response = offsets.commit(request, self._limits.offset_metadata_max_bytes, timestamp)
        answer = Reply(ticket, response)
        return [Persist(request.group_id, records), answer] if records else [answer]

    def may_commit(self, request: OffsetCommitRequest, api_version: int, *, now: int) -> bool:
        """Whether `commit` would take it now; if so it has begun a new session, as with `commit`."""
        return not self._take_commit(request, api_version, now)

    def delete_offsets(self, request: OffsetDeleteRequest, *, ticket: Ticket, now: int, timestamp: int) -> list[Effect]:
        """Answered at once, for each topic of the request: what the group's members read stays."""
        group = self._groups.get(request.group_id)
        if not request.group_id:  # it can have offsets, and Kafka's OffsetDelete still does not know it
            return [Reply(ticket, OffsetDeleteResponse(error_code=ErrorCode.INVALID_GROUP_ID))]
        if group is None:
            return [Reply(ticket, OffsetDeleteResponse(error_code=ErrorCode.GROUP_ID_NOT_FOUND))]
        if group.state is not State.EMPTY and group.protocol_type != CONSUMER:
            return [Reply(ticket, OffsetDeleteResponse(error_code=ErrorCode.NON_EMPTY_GROUP))]
        committed, subscribed = self._offsets.of(request.group_id), subscribed_topics(group)
        records, response = offsets.delete(request, committed, subscribed)
        answer = Reply(ticket, response)
        return [Persist(request.group_id, records), answer] if records else [answer]

    def expire_offsets(self, group_id: str, *, now: int, timestamp: int) -> list[Effect]:
        """End what is over of a group's offsets, and an empty group that has none left.  It has no answer."""
        group = self._groups.get(group_id)
        if group is None:
            return []
        committed = self._offsets.of(group_id)
        over = expired(group, committed, retention_ms=self._limits.offsets_retention_ms, timestamp=timestamp)
        records = [offset_tombstone(group_id, topic, partition) for topic, partition in over]
        if group.state is State.EMPTY and len(over) == sum(map(len, committed.values())):
            records.append(group_tombstone(group_id))
        if records:
            log.info("offsets expired: group=%r offsets=%d", group_id, len(over))
        return [Persist(group_id, records)] if records else []

    def forget_topic(self, topic: str, *, now: int, timestamp: int) -> list[Effect]:
        """End every group's offsets of a deleted topic.  It has no answer."""
        tombstones = self._offsets.topic_tombstones(topic)
        return [Persist(group_id, records) for group_id, records in tombstones.items()]

    # Values

    def describe(self, group_id: str) -> DescribeGroupsResponse.DescribedGroup | None:
        group = self._groups.get(group_id)
        return None if group is None else described(group)

    def list_groups(
        self, states: Collection[str] = (), types: Collection[str] = ()
    ) -> list[ListGroupsResponse.ListedGroup]:
        """The groups in one of `states` and of one of `types`, where these name any; upper and lower case are one."""
        wanted = {state.strip().lower() for state in states}
        if types and "classic" not in {kind.strip().lower() for kind in types}:
            return []
        return [listed(group) for group in self._groups.values() if not wanted or group.state.lower() in wanted]

    def group_ids(self) -> list[str]:
        return list(self._groups)

    def member_count(self, group_id: str) -> int:
        group = self._groups.get(group_id)
        return 0 if group is None else len(group.members)

    def committed(self, group_id: str) -> Mapping[str, Mapping[int, Committed]]:
        """topic -> partition -> offset of a group, known or not."""
        return self._offsets.of(group_id)

    # Time

    @property
    def next_deadline(self) -> int | None:
        return self._deadlines.next_deadline

    def tick(self, *, now: int, timestamp: int) -> list[Effect]:
        """What is due.  It stops behind a Persist, so that a log that fails one group takes no other with it."""
        effects: list[Effect] = []
        when = Moment(now, timestamp)
        while (timer := self._deadlines.pop_due(now)) is not None:
            due = timer.expire(when)
            effects += due
            if any(type(effect) is Persist for effect in due):
                break
        return effects

    # The log

    def replay(self, key: bytes, value: bytes | None) -> None:
        """Take over what a record of `__consumer_offsets` says; no value is a tombstone.

        Raises:
            Malformed: Kafka would not have written it.
        """
        if self._loading is None:
            self._apply(key, value)
        elif value is None:
            self._loading.pop(key, None)
        else:
            self._loading[key] = value

    def replay_offset(self, group_id: str, topic: str, partition: int, committed: Committed | None) -> None:
        """As `replay` of the record that says so, for whoever knows what is in it."""
        self._offsets.replay(group_id, topic, partition, committed)
        if committed is not None and group_id not in self._groups:
            self._groups[group_id] = ClassicGroup(group_id, committed.commit_timestamp)

    def unserved(self) -> dict[str, str]:
        """Until `loaded`: group id -> kind, of the groups that are of a kind which is not served yet."""
        return unserved_groups(self._loading or ())

    def loaded(self, *, now: int, timestamp: int) -> None:
        """The whole log has been replayed: from here on there is time, and every member has a fresh session."""
        for key, value in (self._loading or {}).items():
            try:
                self._apply(key, value)
            except Malformed as fault:
                # One unreadable record must not keep every other group from being served.
                log.error("record passed over: topic=__consumer_offsets why=%s", fault)
        self._loading = None
        for group in self._groups.values():
            for member in group.members.values():
                self._rebalances.keep_session(group, member, now)
            if len(group.members) > self._limits.group_max_size:
                why = f"{len(group.members)} members are more than group.max.size allows"
                self._rebalances.prepare(group, why, Moment(now, timestamp))
        log.info("groups loaded: groups=%d", len(self._groups))

    def _apply(self, key: bytes, value: bytes | None) -> None:
        named = read_key(key)
        if named is None:
            return  # of a kind of group that is not served yet
        if type(named) is GroupMetadataKey:
            self._apply_group(named.group, value)
            return
        self.replay_offset(named.group, named.topic, named.partition, None if value is None else read_offset(value))

    def _apply_group(self, group_id: str, value: bytes | None) -> None:
        group = self._groups.get(group_id)
        if value is None:
            if group is not None:
                group.bury()
                del self._groups[group_id]
            return
        recorded = read_group(value)
        if group is None or self._loading is not None:
            self._groups[group_id] = restored(group_id, recorded)
        else:
            assignments = {member.member_id: member.assignment for member in recorded.members}
            group.settle(recorded.generation, assignments, recorded.current_state_timestamp)

    def _join_refusal(self, request: JoinGroupRequest) -> ErrorCode:
        if not request.group_id:
            return ErrorCode.INVALID_GROUP_ID
        limits = self._limits
        session_timeout_ms = request.session_timeout_ms
        if not limits.group_min_session_timeout_ms <= session_timeout_ms <= limits.group_max_session_timeout_ms:
            return ErrorCode.INVALID_SESSION_TIMEOUT
        # A member that the group does not know cannot have been in one that does not exist.
        unknown = request.member_id and request.group_id not in self._groups
        return ErrorCode.UNKNOWN_MEMBER_ID if unknown else ErrorCode.NONE

    def _take_commit(self, request: OffsetCommitRequest, api_version: int, now: int) -> ErrorCode:
        """Why the commit is refused; if it is not, its member has a new session."""
        if code := self._commit_refusal(request, api_version):
            return code
        group = self._groups.get(request.group_id)
        if group is not None and group.state in (State.STABLE, State.PREPARING_REBALANCE):
            self._rebalances.keep_session(group, group.members[request.member_id], now)
        return ErrorCode.NONE

    def _commit_refusal(self, request: OffsetCommitRequest, api_version: int) -> ErrorCode:
        generation_id = request.generation_id_or_member_epoch
        group = self._groups.get(request.group_id)
        if group is not None:
            return membership.commit_refusal(group, request.member_id, request.group_instance_id, generation_id)
        if generation_id < 0:
            return ErrorCode.NONE  # whoever manages partitions itself makes its group by committing
        if api_version >= _FIRST_COMMIT_THAT_KNOWS_GROUP_ID_NOT_FOUND:
            return ErrorCode.GROUP_ID_NOT_FOUND
        return ErrorCode.ILLEGAL_GENERATION


def _deletion(group_id: str, code: ErrorCode) -> DeleteGroupsResponse.DeletableGroupResult:
    return DeleteGroupsResponse.DeletableGroupResult(group_id=group_id, error_code=code)
