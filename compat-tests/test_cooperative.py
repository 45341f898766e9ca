"""Cooperative rebalancing: members keep what they need not give away."""

import pytest
from groups import wait_shared_out
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

pytestmark = [
    pytest.mark.capability("groups: cooperative-sticky"),
    pytest.mark.clients("kafka-python", "confluent-kafka"),
]


@pytest.fixture
def cooperative(use):
    confluent = use.client.name == "confluent-kafka"
    return {"partition_assignment_strategy": "cooperative-sticky" if confluent else [CooperativeStickyAssignor]}


@pytest.mark.quick
def test_a_member_that_joins_takes_only_its_share_away(use, cooperative):
    topic, group_id = use.topic(6), use.name("g")
    first = use.member(group_id, topic, **cooperative)
    wait_shared_out([first], topic, 6)
    second = use.member(group_id, topic, **cooperative)
    wait_shared_out([first, second], topic, 6)
    assert set().union(*first.rebalances.revoked) == second.assignment


def test_members_keep_what_they_have_when_another_leaves(use, cooperative):
    topic, group_id = use.topic(6), use.name("g")
    members = [use.member(group_id, topic, **cooperative) for _ in range(3)]
    wait_shared_out(members, topic, 6)
    leaver, *others = members
    held = [set(member.assignment) for member in others]
    revocations = [sum(map(len, member.rebalances.revoked)) for member in others]
    leaver.leave()
    wait_shared_out(others, topic, 6)
    assert all(before <= member.assignment for before, member in zip(held, others, strict=True))
    assert [sum(map(len, member.rebalances.revoked)) for member in others] == revocations
