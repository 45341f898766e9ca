"""SyncGroup, Heartbeat, LeaveGroup and sessions, once members have joined."""

from __future__ import annotations

import pytest
from coordination import Coordinator
from pykbroker_protocol.errors import ErrorCode


@pytest.fixture
def groups() -> Coordinator:
    return Coordinator()


def joined(groups: Coordinator, members: int, **of):
    """Members that have joined and not synced, the leader first."""
    parked = [groups.join_fully(**of) for _ in range(members)]
    groups.wait(3_000 * members)
    return sorted(parked, key=lambda one: one.member_id != one.response.leader)


def test_followers_wait_for_the_leader_and_each_gets_its_own_assignment(groups):
    leader, follower = joined(groups, 2)
    waiting = groups.sync(follower)
    assert (waiting.parked, groups.state()) == (True, "CompletingRebalance")
    first = groups.sync(leader, {leader.member_id: b"L", follower.member_id: b"F"})
    assert (first.response.assignment, waiting.response.assignment) == (b"L", b"F")
    assert (waiting.response.protocol_type, waiting.response.protocol_name) == ("consumer", "range")
    assert groups.state() == "Stable"


def test_a_member_that_the_leader_forgot_gets_an_empty_assignment(groups):
    leader, follower = joined(groups, 2)
    groups.sync(leader, {leader.member_id: b"L", "stranger": b"?"})
    assert groups.sync(follower).response.assignment == b""


def test_a_stable_group_answers_every_sync_at_once(groups):
    _, follower = groups.stable_group(2)
    assert groups.sync(follower).response.assignment == follower.member_id.encode()


@pytest.mark.parametrize(
    ("of", "error"),
    [
        ({"generation_id": 9}, ErrorCode.ILLEGAL_GENERATION),
        ({"protocol_type": "connect"}, ErrorCode.INCONSISTENT_GROUP_PROTOCOL),
        ({"protocol_name": "sticky"}, ErrorCode.INCONSISTENT_GROUP_PROTOCOL),
        ({"group_instance_id": "i"}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"group": "other"}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"group": ""}, ErrorCode.INVALID_GROUP_ID),
    ],
)
def test_a_sync_that_does_not_fit_is_refused(groups, of, error):
    (member,) = groups.stable_group()
    assert groups.sync(member, **of).error == error


def test_a_sync_while_the_group_gathers_sends_back_to_join(groups):
    (member,) = groups.stable_group()
    groups.join_fully()
    assert groups.sync(member).error == ErrorCode.REBALANCE_IN_PROGRESS


def test_an_empty_group_knows_nobody(groups):
    (member,) = groups.stable_group()
    groups.leave(member.member_id)
    assert groups.sync(member).error == ErrorCode.UNKNOWN_MEMBER_ID
    assert groups.heartbeat(member) == ErrorCode.UNKNOWN_MEMBER_ID


def test_members_that_do_not_sync_in_time_are_out(groups):
    leader, follower = joined(groups, 2, rebalance_timeout_ms=8_000)
    groups.sync(leader)
    groups.wait(8_000)
    assert groups.heartbeat(leader) == ErrorCode.REBALANCE_IN_PROGRESS
    assert groups.heartbeat(follower) == ErrorCode.UNKNOWN_MEMBER_ID


def test_a_member_that_is_sent_back_has_a_session_again(groups):
    leader, follower = joined(groups, 2, session_timeout_ms=6_000)
    groups.sync(follower)
    groups.wait(5_000)
    groups.heartbeat(leader)
    groups.wait(5_000)
    groups.leave(leader.member_id)
    groups.wait(5_999)
    assert groups.state() == "PreparingRebalance"
    groups.wait(1)
    assert groups.state() == "Empty"


def test_when_all_have_synced_nothing_is_awaited_any_more(groups):
    members = groups.stable_group(2, rebalance_timeout_ms=8_000, session_timeout_ms=20_000)
    groups.wait(8_000)
    assert [groups.heartbeat(member) for member in members] == [ErrorCode.NONE, ErrorCode.NONE]


def test_a_leader_that_never_syncs_is_out_and_those_who_wait_for_it_rejoin(groups):
    _, follower = joined(groups, 2, rebalance_timeout_ms=8_000)
    waiting = groups.sync(follower)
    groups.wait(8_000)
    assert waiting.error == ErrorCode.REBALANCE_IN_PROGRESS
    assert groups.heartbeat(follower) == ErrorCode.REBALANCE_IN_PROGRESS


@pytest.mark.parametrize(
    ("of", "error"),
    [
        ({}, ErrorCode.NONE),
        ({"generation_id": 0}, ErrorCode.ILLEGAL_GENERATION),
        ({"member_id": "ghost"}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"group_instance_id": "i"}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"group": "other"}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"group": ""}, ErrorCode.INVALID_GROUP_ID),
    ],
)
def test_a_heartbeat_is_answered_to_members_of_this_generation(groups, of, error):
    (member,) = groups.stable_group()
    assert groups.heartbeat(member, **of) == error


def test_heartbeats_are_fine_while_the_assignment_is_awaited(groups):
    leader, follower = joined(groups, 2)
    assert groups.heartbeat(leader) == groups.heartbeat(follower) == ErrorCode.NONE


def test_a_session_lasts_from_the_last_heartbeat(groups):
    (member,) = groups.stable_group(session_timeout_ms=6_000)
    groups.wait(5_000)
    assert groups.heartbeat(member) == ErrorCode.NONE
    groups.wait(5_999)
    assert groups.state() == "Stable"
    groups.wait(1)
    assert groups.state() == "Empty"


def test_a_session_that_ends_sends_the_others_back_to_join(groups):
    first, second = groups.stable_group(2, session_timeout_ms=6_000)
    groups.wait(4_000)
    groups.heartbeat(first)
    groups.wait(2_000)
    assert groups.heartbeat(first) == ErrorCode.REBALANCE_IN_PROGRESS
    assert groups.heartbeat(second) == ErrorCode.UNKNOWN_MEMBER_ID


def test_the_last_member_to_expire_leaves_an_empty_group_in_the_next_generation(groups):
    groups.stable_group(session_timeout_ms=6_000)
    groups.wait(6_000)
    again = groups.join_fully()
    groups.wait(3_000)
    assert again.response.generation_id == 3


def test_leaving_members_are_answered_one_by_one(groups):
    first, second = groups.stable_group(2)
    answers = groups.leave(first.member_id, first.member_id, "ghost")
    assert answers == [ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.UNKNOWN_MEMBER_ID]
    assert groups.heartbeat(second) == ErrorCode.REBALANCE_IN_PROGRESS


def test_a_stranger_that_leaves_disturbs_nobody(groups):
    (member,) = groups.stable_group()
    groups.leave("ghost")
    assert groups.heartbeat(member) == ErrorCode.NONE


def test_leaving_a_group_that_does_not_exist_makes_none(groups):
    assert groups.leave("ghost", group="other") == [ErrorCode.UNKNOWN_MEMBER_ID]
    assert groups.state("other") is None


def test_a_pending_member_can_leave_and_holds_nothing_up_any_more(groups):
    (member,) = groups.stable_group()
    pending = groups.join()
    again = groups.join(member=member.member_id)
    assert again.parked
    assert groups.leave(pending.member_id) == [ErrorCode.NONE]
    assert again.response.generation_id == 2


def test_a_member_that_is_put_out_while_its_join_waits_learns_it(groups):
    groups.stable_group()
    member_id = groups.join().member_id
    newcomer = groups.join(member=member_id)
    groups.leave(member_id)
    assert (newcomer.error, newcomer.member_id) == (ErrorCode.UNKNOWN_MEMBER_ID, "")


def test_a_member_that_is_put_out_while_its_sync_waits_learns_it(groups):
    _, follower = joined(groups, 2)
    waiting = groups.sync(follower)
    groups.leave(follower.member_id)
    assert waiting.error == ErrorCode.UNKNOWN_MEMBER_ID


def test_when_the_leader_leaves_another_one_leads(groups):
    leader, follower = groups.stable_group(2)
    groups.leave(leader.member_id)
    again = groups.join(member=follower.member_id)
    assert again.response.leader == follower.member_id


def test_a_described_group_shows_metadata_when_stable_only(groups):
    (member,) = groups.stable_group(protocols={"range": b"topics"}, client_id="shop")
    described = groups.machine.describe("g")
    assert (described.protocol_type, described.protocol_data) == ("consumer", "range")
    (shown,) = described.members
    assert (shown.client_id, shown.client_host, shown.member_metadata) == ("shop", "/127.0.0.1", b"topics")
    assert shown.member_assignment == member.member_id.encode()
    groups.join_fully()
    described = groups.machine.describe("g")
    assert (described.protocol_data, described.members[0].member_metadata) == ("", b"")


def test_groups_are_listed_by_state_and_type_in_any_case(groups):
    groups.stable_group(group="busy")
    groups.join(group="idle")
    names = lambda **of: [listed.group_id for listed in groups.machine.list_groups(**of)]  # noqa: E731
    assert names() == ["busy", "idle"]
    assert names(states=["stable"]) == ["busy"]
    assert names(states=["EMPTY", "dead"], types=["Classic"]) == ["idle"]
    assert names(types=["consumer"]) == names(states=["nonsense"]) == []


def test_a_group_with_members_is_not_deleted_and_an_empty_one_is(groups):
    (member,) = groups.stable_group()
    deletion = lambda: groups.ask(groups.machine.delete, "g").error  # noqa: E731
    assert deletion() == ErrorCode.NON_EMPTY_GROUP
    groups.leave(member.member_id)
    assert deletion() == ErrorCode.NONE
    assert deletion() == ErrorCode.GROUP_ID_NOT_FOUND


def test_a_deleted_group_leaves_no_deadline_that_does_anything(groups):
    groups.join(session_timeout_ms=6_000)
    groups.ask(groups.machine.delete, "g")
    written = len(groups.log)
    groups.wait(10_000)
    assert (len(groups.log), groups.state(), groups.machine.next_deadline) == (written, None, None)
