"""Groups from outside: listed, described and deleted."""

import pytest
from clients import Failed, read, wait_until
from groups import wait_shared_out

pytestmark = pytest.mark.capability("groups: list, describe, delete")

can_delete = pytest.mark.clients("kafka-python", "confluent-kafka")
NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND = 68, 69


def group_that_was(use):
    """An empty group with a committed offset."""
    topic, group_id = use.topic(), use.name("g")
    use.produce(topic, 3)
    consumer = use.client.consumer(use.address, topic, group_id=group_id, auto_offset_reset="earliest")
    read(consumer, 3)
    consumer.commit()
    consumer.close()
    wait_until(lambda: use.admin.describe_group(group_id).state == "Empty")
    return group_id


@pytest.mark.quick
def test_a_group_with_members_is_listed_and_described_with_who_holds_what(use):
    topic, group_id = use.topic(4), use.name("g")
    members = [use.member(group_id, topic) for _ in range(2)]
    wait_shared_out(members, topic, 4)
    assert group_id in use.admin.groups()
    described = use.admin.describe_group(group_id)
    assert described.state == "Stable"
    assert sorted(map(sorted, described.members.values())) == sorted(sorted(member.assignment) for member in members)


def test_a_group_that_everyone_left_is_empty_and_still_listed(use):
    group_id = group_that_was(use)
    assert group_id in use.admin.groups()
    assert use.admin.describe_group(group_id).members == {}


@can_delete
def test_a_deleted_group_is_gone_with_its_offsets(use):
    group_id = group_that_was(use)
    use.admin.delete_group(group_id)
    assert group_id not in use.admin.groups()
    with pytest.raises(Failed) as refused:
        use.admin.delete_group(group_id)
    assert refused.value.code == GROUP_ID_NOT_FOUND


@can_delete
def test_a_group_with_members_cannot_be_deleted(use):
    topic, group_id = use.topic(), use.name("g")
    wait_shared_out([use.member(group_id, topic)], topic, 1)
    with pytest.raises(Failed) as refused:
        use.admin.delete_group(group_id)
    assert refused.value.code == NON_EMPTY_GROUP


@can_delete
def test_groups_are_listed_by_state(use):
    topic, full, empty = use.topic(), use.name("g"), group_that_was(use)
    wait_shared_out([use.member(full, topic)], topic, 1)
    assert full in use.admin.groups(state="Stable")
    assert empty not in use.admin.groups(state="Stable")
    assert empty in use.admin.groups(state="Empty")
