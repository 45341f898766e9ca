"""Offsets that somebody deletes, and offsets that end by themselves."""

from __future__ import annotations

import pytest
from coordination import Coordinator
from pykbroker_protocol.errors import ErrorCode
from pykbroker_protocol.records.consumer_protocol import CONSUMER_PROTOCOL_SUBSCRIPTION, ConsumerProtocolSubscription

from pykbroker import codec
from pykbroker.groups.limits import GroupLimits

RETENTION_MS = 7 * 24 * 3600 * 1000


@pytest.fixture
def groups() -> Coordinator:
    return Coordinator()


def reading(*topics, version=3, name="range"):
    """What a consumer of `topics` joins with."""
    subscription = ConsumerProtocolSubscription(topics=topics)
    metadata = version.to_bytes(2, "big") + codec.encode(CONSUMER_PROTOCOL_SUBSCRIPTION, version, subscription)
    return {"protocols": {name: metadata}, "session_timeout_ms": 1_800_000}


def emptied(groups):
    """A group whose only member committed partition 0 and left a minute later."""
    (member,) = groups.stable_group(session_timeout_ms=1_800_000)
    groups.commit({0: 1}, member)
    groups.wait(60_000)
    groups.leave(member.member_id)


def kept_alive(groups, member, ms):
    for _ in range(ms // 1_000_000):
        groups.wait(1_000_000)
        assert groups.heartbeat(member) == ErrorCode.NONE
    groups.wait(ms % 1_000_000)


# Deletion


def test_a_deleted_offset_is_gone_and_the_others_stay(groups):
    groups.commit({0: 1, 1: 1})
    assert groups.delete_offsets({"orders": [0, 5], "other": [0]}) == [0, 0, 0]
    assert groups.offsets() == {"orders": [1]}
    groups.restart()
    assert groups.offsets() == {"orders": [1]}


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_what_consumers_read_stays(groups, version):
    (member,) = groups.stable_group(**reading("orders", version=version))
    groups.commit({0: 1}, member)
    groups.commit({0: 1}, member, topic="other")
    deleted = groups.delete_offsets({"orders": [0], "other": [0]})
    assert deleted == [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.NONE]
    assert groups.offsets() == {"orders": [0]}
    groups.leave(member.member_id)
    assert groups.delete_offsets({"orders": [0]}) == [ErrorCode.NONE]


def test_what_any_member_reads_stays(groups):
    parked = [groups.join_fully(**reading("orders")), groups.join_fully(**reading("other"))]
    groups.wait(6_000)
    groups.settle(parked)
    subscribed = ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC
    assert groups.delete_offsets({"orders": [0], "other": [0], "third": [0]}) == [subscribed, subscribed, 0]


def test_consumers_that_do_not_say_what_they_read_may_read_anything(groups):
    groups.stable_group(protocols={"range": b"\0\0\0\0\0\7"})
    assert groups.delete_offsets({"orders": [0]}) == [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]


def test_a_consumer_that_is_about_to_join_may_read_anything(groups):
    groups.join_fully(**reading("orders"))
    assert groups.delete_offsets({"other": [0]}) == [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC]


def test_a_group_of_no_consumers_is_deleted_from_when_it_is_empty(groups):
    (member,) = groups.stable_group(protocol_type="connect", **reading("orders"))
    groups.commit({0: 1}, member)
    assert groups.delete_offsets({"orders": [0]}) == ErrorCode.NON_EMPTY_GROUP
    groups.leave(member.member_id)
    assert groups.delete_offsets({"orders": [0]}) == [ErrorCode.NONE]


def test_a_group_that_does_not_exist_has_nothing_to_delete(groups):
    assert groups.delete_offsets({"orders": [0]}) == ErrorCode.GROUP_ID_NOT_FOUND
    assert groups.delete_offsets({"orders": [0]}, group="") == ErrorCode.INVALID_GROUP_ID


# Expiry


def test_offsets_of_an_empty_group_end_a_retention_after_its_last_member_left_and_it_with_them(groups):
    emptied(groups)
    groups.wait(RETENTION_MS - 1)
    groups.expire_offsets()
    assert groups.offsets() == {"orders": [0]}
    groups.wait(1)
    groups.expire_offsets()
    assert (groups.offsets(), groups.state()) == ({}, None)
    groups.restart()
    assert (groups.offsets(), groups.state()) == ({}, None)


def test_a_restart_does_not_begin_the_retention_anew(groups):
    emptied(groups)
    groups.wait(RETENTION_MS - 1)
    groups.restart()
    groups.wait(1)
    groups.expire_offsets()
    assert groups.offsets() == {}


def test_offsets_of_a_client_without_group_end_a_retention_after_each_was_committed(groups):
    groups.commit({0: 1})
    groups.wait(1_000)
    groups.commit({1: 1})
    groups.wait(RETENTION_MS - 1_000)
    groups.expire_offsets()
    assert (groups.offsets(), groups.state()) == ({"orders": [1]}, "Empty")
    groups.wait(1_000)
    groups.expire_offsets()
    assert (groups.offsets(), groups.state()) == ({}, None)


def test_what_a_stable_group_reads_never_ends_and_what_it_reads_no_more_does(groups):
    (member,) = groups.stable_group(**reading("orders"))
    groups.commit({0: 1}, member)
    groups.commit({0: 1}, member, topic="other")
    kept_alive(groups, member, RETENTION_MS)
    groups.expire_offsets()
    assert (groups.offsets(), groups.state()) == ({"orders": [0]}, "Stable")


@pytest.mark.parametrize("of", [{"protocol_type": "connect"}, {"protocols": {"range": b""}}])
def test_nothing_ends_of_a_group_that_does_not_say_what_it_reads(groups, of):
    (member,) = groups.stable_group(session_timeout_ms=1_800_000, **of)
    groups.commit({0: 1}, member)
    kept_alive(groups, member, RETENTION_MS)
    groups.expire_offsets()
    assert groups.offsets() == {"orders": [0]}


def test_nothing_ends_while_members_gather(groups):
    (member,) = groups.stable_group(**reading("orders"))
    groups.commit({0: 1}, member, topic="other")
    kept_alive(groups, member, RETENTION_MS)
    groups.join_fully(**reading("orders"))
    groups.expire_offsets()
    assert groups.offsets() == {"other": [0]}


def test_an_offset_with_a_retention_of_its_own_goes_by_that(groups):
    groups.commit({0: 1}, retention_time_ms=1_000, api_version=4)
    groups.commit({1: 1}, retention_time_ms=2 * RETENTION_MS, api_version=4)
    groups.wait(999)
    groups.expire_offsets()
    assert groups.offsets() == {"orders": [0, 1]}
    groups.wait(1)
    groups.expire_offsets()
    assert groups.offsets() == {"orders": [1]}
    groups.wait(RETENTION_MS)
    groups.expire_offsets()
    assert groups.offsets() == {"orders": [1]}


def test_an_empty_group_that_keeps_nothing_goes(groups):
    (member,) = groups.stable_group()
    groups.leave(member.member_id)
    groups.expire_offsets()
    assert groups.state() is None


def test_a_group_with_members_stays_without_offsets(groups):
    groups.stable_group()
    groups.expire_offsets()
    assert groups.state() == "Stable"


def test_a_group_that_is_gone_has_nothing_that_could_end(groups):
    groups.expire_offsets("gone")
    assert groups.log == []


def test_the_retention_is_the_operators(groups):
    groups = Coordinator(GroupLimits(offsets_retention_ms=60_000))
    groups.commit({0: 1})
    groups.wait(60_000)
    groups.expire_offsets()
    assert groups.offsets() == {}
