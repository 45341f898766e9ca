"""Committed offsets: who may commit, what is kept, and what ends it."""

from __future__ import annotations

import pytest
from coordination import ORDERS, STARTED, Coordinator
from pykbroker_protocol.errors import ErrorCode

from pykbroker.groups.limits import GroupLimits
from pykbroker.groups.records import Committed


@pytest.fixture
def groups() -> Coordinator:
    return Coordinator()


def test_a_member_commits_in_its_generation(groups):
    (member,) = groups.stable_group()
    assert groups.commit({0: (42, "note")}, member) == [ErrorCode.NONE]
    timestamp = STARTED + groups.now
    assert groups.machine.committed("g") == {"orders": {0: Committed(42, -1, "note", timestamp, -1, ORDERS)}}


@pytest.mark.parametrize(
    ("of", "error"),
    [
        ({"generation_id_or_member_epoch": 0}, ErrorCode.ILLEGAL_GENERATION),
        ({"member_id": "ghost"}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"member_id": "", "generation_id_or_member_epoch": -1}, ErrorCode.UNKNOWN_MEMBER_ID),
        ({"group_instance_id": "i"}, ErrorCode.UNKNOWN_MEMBER_ID),
    ],
)
def test_nobody_else_commits_while_a_group_has_members(groups, of, error):
    (member,) = groups.stable_group()
    assert groups.commit({0: 1}, member, **of) == [error]
    assert groups.machine.committed("g") == {}


def test_commits_of_the_last_generation_are_taken_while_the_next_one_gathers(groups):
    (member,) = groups.stable_group()
    groups.join_fully()
    assert groups.commit({0: 1}, member) == [ErrorCode.NONE]


def test_no_commit_is_taken_while_the_assignment_is_awaited(groups):
    joined = groups.join_fully()
    groups.wait(3_000)
    assert groups.commit({0: 1}, joined) == [ErrorCode.REBALANCE_IN_PROGRESS]


def test_a_commit_keeps_the_session_alive(groups):
    (member,) = groups.stable_group(session_timeout_ms=6_000)
    groups.wait(5_000)
    groups.commit({0: 1}, member)
    groups.wait(5_000)
    assert groups.heartbeat(member) == ErrorCode.NONE


def test_a_client_without_a_group_makes_one_by_committing(groups):
    assert groups.commit({0: 1}, group="simple") == [ErrorCode.NONE]
    assert groups.state("simple") == "Empty"
    assert groups.machine.describe("simple").protocol_type == ""


def test_a_client_without_a_generation_may_commit_for_an_empty_group(groups):
    (member,) = groups.stable_group()
    groups.leave(member.member_id)
    assert groups.commit({0: 1}, member_id="whoever") == [ErrorCode.NONE]
    assert groups.commit({0: 1}, member) == [ErrorCode.UNKNOWN_MEMBER_ID]
    assert groups.commit({0: 1}, generation_id_or_member_epoch=0) == [ErrorCode.UNKNOWN_MEMBER_ID]


@pytest.mark.parametrize(
    ("api_version", "error"), [(8, ErrorCode.ILLEGAL_GENERATION), (9, ErrorCode.GROUP_ID_NOT_FOUND)]
)
def test_a_generation_of_a_group_that_does_not_exist_is_refused(groups, api_version, error):
    answer = groups.commit({0: 1}, generation_id_or_member_epoch=3, member_id="m", api_version=api_version)
    assert (answer, groups.state()) == ([error], None)


def test_too_long_a_metadata_text_costs_its_partition_only():
    groups = Coordinator(GroupLimits(offset_metadata_max_bytes=4))
    assert groups.commit({0: (1, "12345"), 1: (2, "1234")}) == [ErrorCode.OFFSET_METADATA_TOO_LARGE, ErrorCode.NONE]
    assert list(groups.machine.committed("g")["orders"]) == [1]


def test_metadata_is_measured_as_java_measures_texts():
    groups = Coordinator(GroupLimits(offset_metadata_max_bytes=2))
    assert groups.commit({0: (1, "😀"), 1: (1, "😀!")}) == [ErrorCode.NONE, ErrorCode.OFFSET_METADATA_TOO_LARGE]


def test_null_metadata_is_an_empty_text(groups):
    groups.commit({0: (1, None)})
    assert groups.machine.committed("g")["orders"][0].metadata == ""


def test_a_retention_is_kept_as_the_time_of_expiry(groups):
    groups.commit({0: 1}, retention_time_ms=5_000)
    assert groups.machine.committed("g")["orders"][0].expire_timestamp == STARTED + 5_000


def test_a_commit_of_nothing_is_answered_and_makes_no_group(groups):
    assert groups.commit({}) == []
    assert (groups.log, groups.state()) == ([], None)


def test_an_unwritten_commit_is_not_answered_and_not_kept(groups):
    groups.log_fails = True
    assert groups.commit({0: 1}) is None
    assert groups.machine.committed("g") == {}


def test_deleting_a_group_ends_its_offsets(groups):
    groups.commit({0: 1, 1: 2})
    groups.ask(groups.machine.delete, "g")
    groups.restart()
    assert (groups.machine.committed("g"), groups.state()) == ({}, None)


def test_the_end_of_a_topic_ends_its_offsets_in_every_group(groups):
    for group in ("g", "h"):
        groups.commit({0: 1}, group=group)
    groups.commit({0: 7}, group="g", topic="kept")
    groups.carry_out(groups.machine.forget_topic("orders", now=0, timestamp=STARTED))
    groups.restart()
    assert (list(groups.machine.committed("g")), groups.machine.committed("h")) == (["kept"], {})


def test_a_retention_without_end_is_kept_as_the_last_time_there_is(groups):
    assert groups.commit({0: 1}, retention_time_ms=2**63 - 1) == [ErrorCode.NONE]
    assert groups.machine.committed("g")["orders"][0].expire_timestamp == 2**63 - 1
