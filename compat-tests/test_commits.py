"""Committed offsets: by hand, by themselves, and refused."""

import pytest
from clients import Failed, Partition, read, wait_until

pytestmark = pytest.mark.capability("commits: automatic, manual, refused")

COMMIT_REFUSED = (
    22,  # ILLEGAL_GENERATION
    25,  # UNKNOWN_MEMBER_ID
    -1,  # kafka-python's and aiokafka's own CommitFailedError, which they raise for either
)


def committed(use, group_id, partition):
    """What the broker says to a consumer that is not a member."""
    consumer = use.client.consumer(use.address, group_id=group_id)
    consumer.assign([partition])
    offset = consumer.committed(partition)
    consumer.close()
    return offset


@pytest.mark.quick
def test_a_group_goes_on_where_it_committed(use):
    topic, group_id = use.topic(), use.name("g")
    settings = {"group_id": group_id, "auto_offset_reset": "earliest", "enable_auto_commit": False}
    use.produce(topic, 20)
    first = use.client.consumer(use.address, topic, **settings)
    read(first, 20)
    first.commit({Partition(topic, 0): 12})
    assert first.committed(Partition(topic, 0)) == 12
    first.close()
    assert read(use.consumer(topic, **settings), 8)[0].offset == 12


def test_a_commit_without_offsets_commits_the_position(use):
    topic, group_id = use.topic(), use.name("g")
    use.produce(topic, 20)
    consumer = use.consumer(topic, group_id=group_id, auto_offset_reset="earliest", enable_auto_commit=False)
    read(consumer, 20)
    consumer.commit()
    assert committed(use, group_id, Partition(topic, 0)) == 20


def test_nothing_is_committed_by_itself_when_auto_commit_is_off(use):
    topic, group_id = use.topic(), use.name("g")
    use.produce(topic, 20)
    consumer = use.client.consumer(
        use.address, topic, group_id=group_id, auto_offset_reset="earliest", enable_auto_commit=False
    )
    read(consumer, 20)
    consumer.close()
    assert committed(use, group_id, Partition(topic, 0)) is None


@pytest.mark.quick
def test_a_consumer_that_closes_commits_what_it_was_given_by_default(use):
    topic, group_id = use.topic(), use.name("g")
    use.produce(topic, 20)
    consumer = use.client.consumer(use.address, topic, group_id=group_id, auto_offset_reset="earliest")
    read(consumer, 20)
    consumer.poll(0.1)
    consumer.close()
    assert committed(use, group_id, Partition(topic, 0)) == 20


def test_a_consumer_commits_at_its_interval_while_it_runs(use):
    topic, group_id = use.topic(), use.name("g")
    use.produce(topic, 20)
    consumer = use.consumer(topic, group_id=group_id, auto_offset_reset="earliest", auto_commit_interval_ms=200)
    read(consumer, 20)
    wait_until(lambda: consumer.poll(0.2) or committed(use, group_id, Partition(topic, 0)) == 20)


def test_offsets_of_many_partitions_and_of_two_groups_are_kept_apart(use):
    topic, groups = use.topic(partitions=3), [use.name("g"), use.name("g")]
    for group, group_id in enumerate(groups):
        consumer = use.client.consumer(use.address, group_id=group_id)
        consumer.assign([Partition(topic, partition) for partition in range(3)])
        consumer.commit({Partition(topic, partition): 100 * group + partition for partition in range(3)})
        consumer.close()
    for group, group_id in enumerate(groups):
        offsets = [committed(use, group_id, Partition(topic, partition)) for partition in range(3)]
        assert offsets == [100 * group, 100 * group + 1, 100 * group + 2]


def test_a_commit_may_go_back(use):
    topic, group_id = use.topic(), use.name("g")
    consumer, partition = use.consumer(group_id=group_id), Partition(topic, 0)
    consumer.assign([partition])
    for offset in (9, 4):
        consumer.commit({partition: offset})
        assert committed(use, group_id, partition) == offset


def test_a_consumer_that_was_removed_from_its_group_cannot_commit(use):
    topic, group_id = use.topic(), use.name("g")
    use.produce(topic, 5)
    consumer = use.consumer(topic, group_id=group_id, auto_offset_reset="earliest", enable_auto_commit=False)
    read(consumer, 5)
    remove_members(use, group_id)
    with pytest.raises(Failed) as refused:
        consumer.commit({Partition(topic, 0): 5})
    assert refused.value.code in COMMIT_REFUSED
    assert committed(use, group_id, Partition(topic, 0)) is None


def remove_members(use, group_id):
    """As an operator does it, whatever the test's client is."""
    from kafka.admin import MemberToRemove

    admin = use.other("kafka-python").admin
    members = list(admin.describe_group(group_id).members)
    admin.client.remove_group_members(group_id, [MemberToRemove(member_id=member) for member in members])


def test_an_outsider_cannot_commit_for_a_group_that_has_members(use):
    topic, group_id = use.topic(), use.name("g")
    use.produce(topic, 5)
    member = use.consumer(topic, group_id=group_id, auto_offset_reset="earliest", enable_auto_commit=False)
    read(member, 5)
    outsider = use.consumer(group_id=group_id, enable_auto_commit=False)
    outsider.assign([Partition(topic, 0)])
    with pytest.raises(Failed) as refused:
        outsider.commit({Partition(topic, 0): 3})
    assert refused.value.code in COMMIT_REFUSED
