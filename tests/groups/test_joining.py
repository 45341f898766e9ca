"""JoinGroup of dynamic members: who gets in, when a rebalance begins and ends."""

from __future__ import annotations

import pytest
from coordination import Coordinator
from pykbroker_protocol.errors import ErrorCode

from pykbroker.groups.limits import GroupLimits


@pytest.fixture
def groups() -> Coordinator:
    return Coordinator()


def test_a_new_member_is_handed_its_id_and_joins_with_it(groups):
    first = groups.join(client_id="shop")
    assert (first.error, first.member_id) == (ErrorCode.MEMBER_ID_REQUIRED, "shop-1")
    assert groups.join(member="shop-1").parked


@pytest.mark.parametrize(("api_version", "parked"), [(3, True), (4, False)])
def test_a_client_before_version_4_joins_at_once(groups, api_version, parked):
    assert groups.join(api_version=api_version).parked is parked


def test_a_null_client_id_is_an_empty_one(groups):
    assert groups.join(client_id=None).member_id == "-1"


@pytest.mark.parametrize("who", [{"client_id": "\N{PILE OF POO}" * 8_191}, {"instance": "\N{PILE OF POO}" * 8_191}])
def test_a_member_whose_name_is_as_long_as_a_text_may_be_has_an_id_that_can_be_recorded(groups, who):
    joined = groups.join(api_version=3 if "client_id" in who else 5, **who)
    groups.wait(3_000)
    assert groups.sync(joined).error is ErrorCode.NONE
    assert len(joined.member_id.encode()) < 2**15


def test_a_member_that_joins_twice_is_answered_twice(groups):
    member = groups.join().member_id
    first, second = groups.join(member=member), groups.join(member=member)
    assert (first.error, second.parked) == (ErrorCode.REBALANCE_IN_PROGRESS, True)


def test_the_first_rebalance_ends_after_its_delay(groups):
    joined = groups.join_fully()
    groups.wait(2_999)
    assert joined.parked
    groups.wait(1)
    assert joined.response.generation_id == 1


def test_members_that_come_during_the_delay_extend_it(groups):
    first = groups.join_fully()
    groups.wait(2_000)
    second = groups.join_fully()
    groups.wait(3_999)
    assert (first.parked, second.parked) == (True, True)
    groups.wait(1)
    assert first.response.generation_id == second.response.generation_id == 1


def test_the_delay_is_extended_up_to_the_rebalance_timeout(groups):
    first = groups.join_fully(rebalance_timeout_ms=7_000)
    for _ in range(6):
        groups.wait(1_000)
        groups.join(api_version=3, rebalance_timeout_ms=7_000)
    assert first.parked
    groups.wait(1_000)
    assert not first.parked


def test_only_the_leader_learns_the_members(groups):
    leader, follower = groups.stable_group(2)
    assert [member.member_id for member in leader.response.members] == [leader.member_id, follower.member_id]
    assert follower.response.members == []
    assert follower.response.leader == leader.member_id


def test_a_member_of_a_group_that_does_not_exist_is_unknown_and_makes_none(groups):
    answer = groups.join(member="ghost")
    assert (answer.error, answer.member_id) == (ErrorCode.UNKNOWN_MEMBER_ID, "ghost")
    assert groups.state() is None


def test_a_member_that_the_group_does_not_know_is_refused(groups):
    groups.stable_group()
    assert groups.join(member="ghost").error == ErrorCode.UNKNOWN_MEMBER_ID


@pytest.mark.parametrize(("session_timeout_ms", "refused"), [(5_999, True), (6_000, False), (1_800_001, True)])
def test_session_timeouts_have_bounds(groups, session_timeout_ms, refused):
    answer = groups.join(session_timeout_ms=session_timeout_ms)
    assert (answer.error == ErrorCode.INVALID_SESSION_TIMEOUT) is refused


def test_an_empty_group_id_is_refused(groups):
    assert groups.join(group="").error == ErrorCode.INVALID_GROUP_ID


@pytest.mark.parametrize("lacking", [{"protocols": ""}, {"protocol_type": ""}])
def test_a_join_without_protocols_is_refused_and_its_group_exists(groups, lacking):
    assert groups.join(**lacking).error == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert groups.state() == "Empty"


@pytest.mark.parametrize(("api_version", "null"), [(6, ""), (7, None)])
def test_a_refusal_has_a_null_protocol_where_the_version_allows_it(groups, api_version, null):
    assert groups.join(group="", api_version=api_version).response.protocol_name == null


@pytest.mark.parametrize("other", [{"protocols": "roundrobin"}, {"protocol_type": "connect"}])
def test_a_member_must_share_a_protocol_with_all_others(groups, other):
    groups.stable_group()
    assert groups.join(**other).error == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


def test_the_protocol_that_all_support_with_most_votes_wins(groups):
    parked = [groups.join(api_version=3, protocols=p) for p in ("a b c", "c b", "c b")]
    groups.wait(6_000)
    assert {joined.response.protocol_name for joined in parked} == {"c"}


def test_metadata_is_that_of_the_chosen_protocol(groups):
    joined = groups.join_fully(protocols={"range": b"1", "sticky": b"2"})
    groups.wait(3_000)
    assert [member.metadata for member in joined.response.members] == [b"1"]


def test_a_joining_member_sends_the_others_back_to_join(groups):
    (member,) = groups.stable_group()
    second = groups.join_fully()
    assert groups.state() == "PreparingRebalance"
    assert groups.heartbeat(member) == ErrorCode.REBALANCE_IN_PROGRESS
    again = groups.join(member=member.member_id)
    assert again.response.generation_id == second.response.generation_id == 2


def test_a_follower_that_changes_nothing_gets_the_current_generation(groups):
    _, follower = groups.stable_group(2)
    again = groups.join(member=follower.member_id)
    assert (again.response.generation_id, again.response.members, groups.state()) == (1, [], "Stable")


def test_a_follower_with_other_metadata_begins_a_rebalance(groups):
    _, follower = groups.stable_group(2)
    assert groups.join(member=follower.member_id, protocols={"range": b"new"}).parked
    assert groups.state() == "PreparingRebalance"


def test_a_leader_that_joins_again_begins_a_rebalance(groups):
    leader, _ = groups.stable_group(2)
    assert groups.join(member=leader.member_id).parked


def test_a_leader_that_missed_its_answer_gets_it_again_before_it_synced(groups):
    leader = groups.join_fully()
    groups.wait(3_000)
    again = groups.join(member=leader.member_id)
    assert again.response == leader.response


def test_other_metadata_before_the_sync_sends_all_who_wait_for_it_back(groups):
    parked = [groups.join_fully() for _ in range(2)]
    groups.wait(6_000)
    leader, follower = sorted(parked, key=lambda joined: joined.member_id != joined.response.leader)
    waiting = groups.sync(follower)
    assert waiting.parked
    groups.join(member=leader.member_id, protocols={"range": b"new"})
    assert waiting.error == ErrorCode.REBALANCE_IN_PROGRESS


def test_members_that_do_not_rejoin_in_time_are_out(groups):
    leader, follower = groups.stable_group(2, session_timeout_ms=100_000)
    again = groups.join(member=leader.member_id, rebalance_timeout_ms=60_000)
    groups.wait(59_999)
    assert again.parked
    groups.wait(1)
    assert [member.member_id for member in again.response.members] == [leader.member_id]
    assert groups.heartbeat(follower) == ErrorCode.UNKNOWN_MEMBER_ID


def test_a_leader_that_does_not_rejoin_hands_over(groups):
    _, follower = groups.stable_group(2, session_timeout_ms=100_000)
    again = groups.join(member=follower.member_id, protocols={"range": b"new"})
    groups.wait(60_000)
    assert again.response.leader == follower.member_id


def test_a_full_group_refuses_new_members_and_keeps_its_own():
    groups = Coordinator(GroupLimits(group_max_size=1))
    (member,) = groups.stable_group()
    answer = groups.join()
    assert (answer.error, answer.member_id) == (ErrorCode.GROUP_MAX_SIZE_REACHED, "")
    assert groups.heartbeat(member) == ErrorCode.NONE


def test_while_a_full_group_gathers_the_last_to_join_is_out():
    groups = Coordinator(GroupLimits(group_max_size=2))
    first, second = groups.join(api_version=3), groups.join(api_version=3)
    assert groups.join(api_version=3).error == ErrorCode.GROUP_MAX_SIZE_REACHED
    groups.wait(6_000)
    assert first.response.generation_id == second.response.generation_id == 1


def test_a_pending_member_holds_a_rebalance_up_until_its_session_ends(groups):
    (member,) = groups.stable_group(session_timeout_ms=100_000)
    groups.join(session_timeout_ms=6_000)
    again = groups.join(member=member.member_id)
    groups.wait(5_999)
    assert again.parked
    groups.wait(1)
    assert again.response.generation_id == 2


def test_a_new_member_that_waits_too_long_is_out(groups):
    (member,) = groups.stable_group(session_timeout_ms=1_000_000, rebalance_timeout_ms=1_000_000)
    newcomer = groups.join_fully()
    groups.wait(300_000)
    assert newcomer.error == ErrorCode.UNKNOWN_MEMBER_ID
    assert groups.heartbeat(member) == ErrorCode.REBALANCE_IN_PROGRESS


def test_a_member_that_waits_for_the_others_outlives_its_session(groups):
    leader, _ = groups.stable_group(2, session_timeout_ms=6_000)
    groups.join(member=leader.member_id, session_timeout_ms=6_000)
    groups.wait(6_000)
    assert [member.member_id for member in groups.machine.describe("g").members] == [leader.member_id]


def test_a_pending_member_cannot_turn_static(groups):
    pending = groups.join()
    assert groups.join(member=pending.member_id, instance="i").error == ErrorCode.UNKNOWN_SERVER_ERROR


@pytest.mark.parametrize(("api_version", "rebalance_timeout_ms"), [(0, 15_000), (1, 20_000)])
def test_version_0_takes_the_session_timeout_for_the_rebalance_timeout(groups, api_version, rebalance_timeout_ms):
    of = {"api_version": api_version, "rebalance_timeout_ms": 20_000, "session_timeout_ms": 15_000}
    member = groups.join(**of)
    groups.wait(3_000)
    groups.sync(member)
    newcomer = groups.join(**of)
    groups.wait(rebalance_timeout_ms - 10_000)
    groups.heartbeat(member)
    groups.wait(9_999)
    assert newcomer.parked
    groups.wait(1)
    assert newcomer.response.generation_id == 2


def test_a_rebalance_that_ended_early_has_no_deadline_any_more(groups):
    (member,) = groups.stable_group(session_timeout_ms=100_000)
    newcomer = groups.join_fully(session_timeout_ms=100_000)
    again = groups.join(member=member.member_id, session_timeout_ms=100_000)
    groups.settle([newcomer, again])
    groups.wait(60_000)
    assert (groups.state(), groups.heartbeat(again)) == ("Stable", ErrorCode.NONE)


def test_a_second_first_rebalance_is_not_extended_by_members_of_the_first(groups):
    parked = [groups.join(api_version=3, rebalance_timeout_ms=3_000) for _ in range(2)]
    groups.wait(3_000)
    groups.leave(*[joined.member_id for joined in parked])
    again = groups.join(api_version=3)
    groups.wait(3_000)
    assert not again.parked


def test_a_member_that_a_lowered_limit_leaves_no_room_for_is_out():
    groups = Coordinator()
    first, second = groups.stable_group(2)
    groups.limits = GroupLimits(group_max_size=1)
    groups.restart()
    assert groups.join(member=first.member_id).parked
    assert groups.join(member=second.member_id).error == ErrorCode.GROUP_MAX_SIZE_REACHED
    assert groups.heartbeat(second) == ErrorCode.UNKNOWN_MEMBER_ID
