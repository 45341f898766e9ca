"""A broker with Kafka's own defaults for groups, on which topics do not come into being by themselves."""

import time

import pytest
from clients import Failed, Partition, wait_until
from groups import wait_shared_out

pytestmark = pytest.mark.capability("broker settings: no auto-creation, rebalance delay, session limits")


@pytest.fixture
def broker(strict_broker):
    return strict_broker


def test_producing_to_an_unknown_topic_fails_and_creates_nothing(use):
    topic, patience = use.name(), {"max_block_ms": 1500}
    if use.client.name == "confluent-kafka":
        patience = {"topic_metadata_propagation_max_ms": 500, "message_timeout_ms": 5000}
    if use.client.name == "aiokafka":
        patience = {"request_timeout_ms": 1500}
    producer = use.producer(**patience)
    with pytest.raises((Failed, TimeoutError)):
        producer.send(topic, b"x")()
    assert topic not in use.admin.topics()


def test_subscribing_to_an_unknown_topic_creates_nothing(use):
    topic = use.name()
    consumer = use.consumer(topic, group_id=use.name("g"))
    for _ in range(2):
        try:
            assert consumer.poll(1.0) == []
        except Failed as fault:
            assert fault.code == 3  # noqa: PT017
    assert topic not in use.admin.topics()


def test_a_new_group_waits_three_seconds_for_more_members(use):
    topic, started = use.topic(2), time.monotonic()
    member = use.member(use.name("g"), topic)
    wait_shared_out([member], topic, 2)
    assert 3.0 <= time.monotonic() - started < 8
    assert len(member.rebalances.assigned) == 1


@pytest.mark.parametrize("session_timeout_ms", [5999, 1_800_001])
def test_a_session_timeout_outside_the_brokers_limits_is_refused(use, session_timeout_ms):
    topic = use.topic()
    longer = {"max_poll_interval_ms": 2_000_000}
    if use.client.name == "kafka-python":
        longer |= {"request_timeout_ms": 30000}
    member = use.member(use.name("g"), topic, session_timeout_ms=session_timeout_ms, **longer)
    wait_until(lambda: member.failed)
    with pytest.raises(Failed) as refused:
        member.leave()
    assert refused.value.code == 26  # INVALID_SESSION_TIMEOUT


def test_members_with_the_clients_own_heartbeat_interval_share_the_partitions(use):
    topic, group_id = use.topic(4), use.name("g")
    members = [use.member(group_id, topic, heartbeat_interval_ms=3000) for _ in range(2)]
    wait_shared_out(members, topic, 4)


def test_what_exists_works_as_ever(use):
    topic = use.topic()
    use.produce(topic, 5)
    assert use.consumer().end_offset(Partition(topic, 0)) == 5
