"""The broker is killed or stopped and started again on its directory; clients notice as little as may be."""

import threading
import time

import pytest
from broker_process import Broker
from clients import Partition, read, wait_until
from groups import wait_shared_out

pytestmark = pytest.mark.capability("broker restarts: kill -9 and clean")

# A KRaft controller keeps the registration of a broker that vanished for 9 s by default; each kill would wait for it.
SESSIONS = {
    "broker.session.timeout.ms": 2000,
    "broker.heartbeat.interval.ms": 400,
    "group.initial.rebalance.delay.ms": 0,
}


@pytest.fixture(scope="module")
def mortal_broker(start_broker):
    return start_broker(**SESSIONS)


@pytest.fixture
def broker(mortal_broker: Broker) -> Broker:
    if not mortal_broker.running:
        mortal_broker.start()
    return mortal_broker


def all_records(use, topic, count, partitions=1):
    return sorted((r.partition, r.offset, r.value) for r in read(use.reader(topic, partitions), count))


@pytest.mark.parametrize("kill", [True, False], ids=["kill", "stop"])
def test_records_offsets_and_topics_are_as_they_were(use, broker, kill):
    topic, gone, group_id = use.topic(2, max_message_bytes="5000"), use.topic(), use.name("g")
    use.produce(topic, 100, partitions=2)
    commit(use, group_id, {Partition(topic, 0): 40})
    use.admin.delete_topic(gone)
    wait_until(lambda: gone not in use.admin.topics())
    before, topics = all_records(use, topic, 100, 2), use.admin.topics()
    broker.restart(kill)
    assert all_records(use, topic, 100, 2) == before
    wait_until(lambda: committed(use, group_id, Partition(topic, 0)) == 40)
    assert use.consumer().end_offset(Partition(topic, 0)) == 50
    assert use.client.admin(use.address).topics() == topics
    assert use.producer().send(topic, b"next", partition=0)().offset == 50


def commit(use, group_id, offsets):
    consumer = use.client.consumer(use.address, group_id=group_id)
    consumer.assign(offsets)
    consumer.commit(offsets)
    consumer.close()


def committed(use, group_id, partition):
    consumer = use.client.consumer(use.address, group_id=group_id)
    consumer.assign([partition])
    try:
        return consumer.committed(partition)
    finally:
        consumer.close()


def test_an_idempotent_producer_goes_on_across_a_kill_without_loss_or_duplicates(use, broker):
    topic, producer, sent = use.topic(), use.producer(enable_idempotence=True), []
    killer = threading.Thread(target=broker.restart, args=(True,))
    while killer.ident is None or killer.is_alive() or len(sent) % 1000:
        sent.append(producer.send(topic, b"%d" % len(sent)))
        if len(sent) == 500:
            sent[100]()
            killer.start()
        time.sleep(0.0005)  # the stream must last for the restart, and not pile up in it
    places = [acknowledged() for acknowledged in sent]
    assert [place.offset for place in places] == list(range(len(sent)))
    assert [int(value) for _, _, value in all_records(use, topic, len(sent))] == list(range(len(sent)))
    assert use.consumer().end_offset(Partition(topic, 0)) == len(sent)


def test_groups_of_1_3_and_12_members_go_on_across_a_kill_and_lose_no_record(use, broker):
    groups = {size: (use.topic(12), use.name("g")) for size in (1, 3, 12)}
    members = {size: [use.member(group_id, topic) for _ in range(size)] for size, (topic, group_id) in groups.items()}
    sent = {size: [] for size in groups}
    for start in (0, 60):
        for size, (topic, _) in groups.items():
            wait_shared_out(members[size], topic, 12)
            sent[size] += use.produce(topic, 60, partitions=12, start=start)
        wait_until(lambda: all(received(members[size]) == set(sent[size]) for size in groups))
        if start == 0:
            broker.restart(kill=True)


def received(members):
    return {record.value for member in members for record in member.records}


def test_members_that_stay_are_still_members_afterwards(use, broker):
    topic, group_id = use.topic(4), use.name("g")
    members = [use.member(group_id, topic) for _ in range(2)]
    wait_shared_out(members, topic, 4)
    before = described(use, group_id)
    broker.restart(kill=True)
    wait_until(lambda: described(use, group_id) == before)
    values = use.produce(topic, 20, partitions=4)
    wait_until(lambda: received(members) == set(values))


def described(use, group_id):
    """By a client that did not see the restart: librdkafka's may wait a minute for an answer that was lost in it."""
    admin = use.client.admin(use.address)
    try:
        return admin.describe_group(group_id).members
    finally:
        admin.close()
