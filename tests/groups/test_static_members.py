"""Members with a group.instance.id (KIP-345), which come back under a new member id and keep their place."""

from __future__ import annotations

import pytest
from coordination import Coordinator
from pykbroker_protocol.errors import ErrorCode


@pytest.fixture
def groups() -> Coordinator:
    return Coordinator()


@pytest.fixture
def members(groups):
    """Static members "a", who leads, and "b" in a stable group."""
    parked = [groups.join(instance=instance, session_timeout_ms=30_000) for instance in "ab"]
    groups.wait(6_000)
    groups.settle(parked)
    return parked


def test_a_static_member_joins_at_once_and_is_named_after_its_instance(groups):
    joined = groups.join(instance="till-4", api_version=9)
    groups.wait(3_000)
    assert joined.member_id == "till-4-1"


def test_one_that_comes_back_to_a_stable_group_keeps_its_assignment_without_a_rebalance(groups, members):
    _, b = members
    again = groups.join(instance="b")
    assert (again.response.generation_id, groups.state()) == (1, "Stable")
    assert again.member_id != b.member_id
    assert groups.sync(again, group_instance_id="b").response.assignment == b.member_id.encode()


def test_the_one_that_it_replaces_is_fenced(groups, members):
    _, b = members
    groups.join(instance="b")
    assert groups.heartbeat(b, group_instance_id="b") == ErrorCode.FENCED_INSTANCE_ID
    assert groups.sync(b, group_instance_id="b").error == ErrorCode.FENCED_INSTANCE_ID
    assert groups.join(member=b.member_id, instance="b").error == ErrorCode.FENCED_INSTANCE_ID
    assert groups.commit({0: 1}, b, group_instance_id="b") == [ErrorCode.FENCED_INSTANCE_ID]
    assert groups.leave(b.member_id, instance="b") == [ErrorCode.FENCED_INSTANCE_ID]


def test_what_the_replaced_one_waits_for_is_fenced_too(groups, members):
    a, _ = members
    waiting = groups.join(member=a.member_id, instance="a")
    again = groups.join(instance="a")
    assert (waiting.error, waiting.member_id, again.parked) == (ErrorCode.FENCED_INSTANCE_ID, a.member_id, True)


def test_a_leader_that_comes_back_skips_the_assignment_where_it_can_be_told(groups, members):
    again = groups.join(instance="a", api_version=9)
    assert again.response.skip_assignment is True
    assert again.response.leader == again.member_id
    assert len(again.response.members) == 2


def test_an_older_leader_that_comes_back_is_kept_from_assigning_by_its_old_id(groups, members):
    a, _ = members
    again = groups.join(instance="a", api_version=8)
    assert (again.response.leader, again.response.members) == (a.member_id, [])
    follower = groups.join(instance="b")
    assert follower.response.leader == again.member_id


def test_another_favourite_protocol_begins_a_rebalance(groups):
    only = groups.join(instance="a", protocols="range")
    groups.wait(3_000)
    groups.settle([only])
    again = groups.join(instance="a", protocols="sticky range")
    assert (again.response.generation_id, again.response.protocol_name) == (2, "sticky")


def test_coming_back_before_the_assignment_begins_a_rebalance(groups):
    parked = [groups.join(instance=instance) for instance in "ab"]
    groups.wait(6_000)
    a, b = parked
    waiting = groups.sync(b)
    again = groups.join(instance="b")
    assert (waiting.error, again.parked) == (ErrorCode.FENCED_INSTANCE_ID, True)
    groups.join(member=a.member_id, instance="a")
    assert again.response.generation_id == 2


def test_a_static_member_that_does_not_rejoin_stays_until_its_session_ends(groups, members):
    a, b = members
    again = groups.join(member=a.member_id, instance="a", rebalance_timeout_ms=60_000, session_timeout_ms=90_000)
    groups.wait(20_000)
    groups.heartbeat(b, group_instance_id="b")
    groups.wait(20_000)
    groups.heartbeat(b, group_instance_id="b")
    groups.wait(20_000)
    assert [member.group_instance_id for member in again.response.members] == ["a", "b"]


def test_a_group_of_static_members_waits_for_one_to_come_back(groups):
    parked = [groups.join(instance=i, session_timeout_ms=1_000_000, rebalance_timeout_ms=8_000) for i in "abc"]
    groups.wait(9_000)
    groups.settle(parked)
    groups.leave("", instance="a")
    groups.wait(500_000)
    assert groups.state() == "PreparingRebalance"
    again = groups.join(instance="b", session_timeout_ms=1_000_000, rebalance_timeout_ms=8_000)
    groups.wait(8_000)
    assert {member.group_instance_id for member in again.response.members} == {"b", "c"}
    assert again.response.leader == again.member_id


def test_an_admin_removes_a_static_member_by_its_instance_id_alone(groups, members):
    assert groups.leave("", instance="a") == [ErrorCode.NONE]
    assert groups.leave("", instance="a") == [ErrorCode.UNKNOWN_MEMBER_ID]
    assert [member.group_instance_id for member in groups.machine.describe("g").members] == ["b"]


def test_an_unknown_instance_is_unknown_whatever_its_member_id(groups, members):
    a, _ = members
    assert groups.heartbeat(a, group_instance_id="z") == ErrorCode.UNKNOWN_MEMBER_ID


def test_one_that_came_back_and_is_not_heard_of_again_is_out(groups, members):
    again = groups.join(instance="b", session_timeout_ms=6_000)
    groups.wait(6_000)
    assert groups.heartbeat(again, group_instance_id="b") == ErrorCode.UNKNOWN_MEMBER_ID
