"""Groups of 1, 3 and 12 members: joins, leaves, crashes, and different clients in one group."""

import pytest
from clients import wait_until
from conftest import CLIENTS
from groups import wait_shared_out

pytestmark = pytest.mark.capability("groups: join, leave, crash, mixed")

PARTITIONS = 12


def values_of(members):
    return sorted(record.value for member in members for record in member.records)


@pytest.mark.parametrize("size", [1, pytest.param(3, marks=pytest.mark.quick), 12])
def test_members_share_the_partitions_and_each_record_goes_to_one_of_them(use, size):
    topic, group_id = use.topic(PARTITIONS), use.name("g")
    members = [use.member(group_id, topic) for _ in range(size)]
    wait_shared_out(members, topic, PARTITIONS)
    values = use.produce(topic, 120, partitions=PARTITIONS)
    wait_until(lambda: len(values_of(members)) >= 120)
    assert values_of(members) == sorted(values)


@pytest.mark.parametrize("size", [1, 3, 12])
def test_the_partitions_of_a_member_that_leaves_go_to_the_others_who_lose_no_record(use, size):
    topic, group_id = use.topic(PARTITIONS), use.name("g")
    leaver, *others = (use.member(group_id, topic) for _ in range(size + 1))
    wait_shared_out([leaver, *others], topic, PARTITIONS)
    values = use.produce(topic, 60, partitions=PARTITIONS)
    wait_until(lambda: set(values_of([leaver, *others])) == set(values))
    leaver.leave()
    wait_shared_out(others, topic, PARTITIONS)
    values += use.produce(topic, 60, partitions=PARTITIONS, start=60)
    wait_until(lambda: set(values_of([leaver, *others])) == set(values))


@pytest.mark.parametrize("size", [1, 3, 12])
def test_the_partitions_of_a_member_that_crashes_go_to_the_others_after_its_session(use, size):
    topic, group_id = use.topic(PARTITIONS), use.name("g")
    others = [use.member(group_id, topic) for _ in range(size)]
    crasher = use.crashing_member(group_id, topic, session_timeout_ms=1000, heartbeat_interval_ms=300)
    wait_shared_out([crasher, *others], topic, PARTITIONS)
    crasher.crash()
    wait_shared_out(others, topic, PARTITIONS)
    values = use.produce(topic, 60, partitions=PARTITIONS)
    wait_until(lambda: set(values_of(others)) == set(values))


def test_members_that_join_one_after_the_other_each_get_their_share(use):
    topic, group_id = use.topic(PARTITIONS), use.name("g")
    members = []
    for _ in range(3):
        members.append(use.member(group_id, topic))
        wait_shared_out(members, topic, PARTITIONS)


def test_a_group_goes_on_where_it_was_after_everyone_had_left(use):
    topic, group_id = use.topic(PARTITIONS), use.name("g")
    for turn in range(2):
        members = [use.member(group_id, topic) for _ in range(3)]
        wait_shared_out(members, topic, PARTITIONS)
        values = use.produce(topic, 60, partitions=PARTITIONS, start=60 * turn)
        wait_until(lambda: len(values_of(members)) >= 60)  # noqa: B023
        for member in members:
            member.leave()
        assert values_of(members) == sorted(values)


@pytest.mark.quick
def test_a_member_of_each_client_shares_one_group_whichever_comes_first(use):
    topic, group_id = use.topic(PARTITIONS), use.name("g")
    members = [use.member(group_id, topic)]
    wait_shared_out(members, topic, PARTITIONS)
    members += [use.other(name).member(group_id, topic) for name in CLIENTS if name != use.client.name]
    wait_shared_out(members, topic, PARTITIONS)
    values = use.produce(topic, 60, partitions=PARTITIONS)
    wait_until(lambda: set(values_of(members)) == set(values))


def test_two_groups_read_the_same_topic_and_do_not_know_of_each_other(use):
    topic = use.topic(PARTITIONS)
    groups = [[use.member(use.name("g"), topic)], [use.member(use.name("g"), topic)]]
    values = use.produce(topic, 60, partitions=PARTITIONS)
    for members in groups:
        wait_shared_out(members, topic, PARTITIONS)
        wait_until(lambda: len(values_of(members)) >= 60)  # noqa: B023
        assert values_of(members) == sorted(values)
