"""Members with a group.instance.id: they may go and come back unnoticed, and there is one of each."""

import pytest
from clients import wait_until
from groups import wait_shared_out

pytestmark = pytest.mark.capability("groups: static members")


@pytest.mark.quick
def test_a_static_member_that_comes_back_in_time_has_its_partitions_and_disturbs_nobody(use):
    topic, group_id = use.topic(6), use.name("g")
    other, member = (use.member(group_id, topic, group_instance_id=name) for name in ("other", "member"))
    wait_shared_out([member, other], topic, 6)
    held, rebalances = member.assignment, len(other.rebalances.assigned)
    member.leave()
    member = use.member(group_id, topic, group_instance_id="member")
    wait_until(lambda: member.assignment == held)
    values = use.produce(topic, 60, partitions=6)
    wait_until(lambda: {r.value for m in (member, other) for r in m.records} == set(values))
    assert len(other.rebalances.assigned) == rebalances


def test_a_static_member_that_stays_away_longer_than_its_session_loses_its_partitions(use):
    topic, group_id = use.topic(6), use.name("g")
    session = {"session_timeout_ms": 2000, "heartbeat_interval_ms": 500}
    other, member = (use.member(group_id, topic, group_instance_id=name, **session) for name in ("other", "member"))
    wait_shared_out([member, other], topic, 6)
    member.leave()
    wait_shared_out([other], topic, 6)


@pytest.mark.clients("kafka-python", "confluent-kafka")  # two of aiokafka's go on putting each other out
def test_a_second_member_with_the_same_instance_id_puts_out_the_first(use):
    topic, group_id = use.topic(6), use.name("g")
    first = use.member(group_id, topic, group_instance_id="one")
    wait_shared_out([first], topic, 6)
    second = use.member(group_id, topic, group_instance_id="one")
    wait_shared_out([second], topic, 6)
    wait_until(lambda: first.failed)
    with pytest.raises(Exception, match=r"(?i)fenced"):
        first.leave()


def test_a_static_member_keeps_its_instance_id_in_the_groups_description(use):
    from kafka import KafkaAdminClient

    topic, group_id = use.topic(6), use.name("g")
    wait_shared_out([use.member(group_id, topic, group_instance_id="one")], topic, 6)
    admin = KafkaAdminClient(bootstrap_servers=use.address)
    (member,) = admin.describe_groups([group_id])[group_id]["members"]
    admin.close()
    assert member["group_instance_id"] == "one"
