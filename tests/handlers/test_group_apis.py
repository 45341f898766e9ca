"""The group APIs and FindCoordinator over the wire: what depends on versions, and what the answers look like."""

from __future__ import annotations

import pytest
from pykbroker_protocol.apis.delete_groups import DeleteGroupsRequest
from pykbroker_protocol.apis.describe_groups import DescribeGroupsRequest
from pykbroker_protocol.apis.find_coordinator import FindCoordinatorRequest
from pykbroker_protocol.apis.heartbeat import HeartbeatRequest
from pykbroker_protocol.apis.join_group import JoinGroupRequest
from pykbroker_protocol.apis.leave_group import LeaveGroupRequest
from pykbroker_protocol.apis.list_groups import ListGroupsRequest
from pykbroker_protocol.apis.sync_group import SyncGroupRequest
from pykbroker_protocol.errors import ErrorCode

NOBODY = (-1, "", -1)
GROUP, TRANSACTION, SHARE = 0, 1, 2
A_SHARE = "g:AAAAAAAAAAAAAAAAAAAAAA:0"


def join(member_id="", **fields):
    protocol = JoinGroupRequest.JoinGroupRequestProtocol(name="range", metadata=b"topics")
    fields = {"group_id": "g", "session_timeout_ms": 10_000, "rebalance_timeout_ms": 60_000} | fields
    return JoinGroupRequest(member_id=member_id, protocol_type="consumer", protocols=[protocol], **fields)


@pytest.fixture
async def ask_in_time(ask, nursery):
    """`ask` of a broker whose rebalances come to an end."""
    nursery.start_soon(ask.broker.groups.keep_time)
    return ask


async def a_group_without_members(ask):
    await ask(join(), 9)


def where(found):
    return found.node_id, found.host, found.port


async def test_groups_are_coordinated_here_and_their_log_is_seen_to(ask):
    found = await ask(FindCoordinatorRequest(key="g"), 3)
    assert (found.error_code, found.error_message, *where(found)) == (0, "NONE", 1, "127.0.0.1", 9092)
    assert ask.broker.catalog.topic_by_name("__consumer_offsets").partitions == 50


async def test_several_coordinators_are_found_at_once(ask):
    found = await ask(FindCoordinatorRequest(coordinator_keys=["g", ""]), 4)
    assert [(one.key, one.error_code, one.error_message, *where(one)) for one in found.coordinators] == [
        ("g", 0, "", 1, "127.0.0.1", 9092),
        ("", 0, "", 1, "127.0.0.1", 9092),
    ]


@pytest.mark.parametrize(
    ("key_type", "version", "key", "code"),
    [
        (TRANSACTION, 4, "t", ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (SHARE, 4, A_SHARE, ErrorCode.INVALID_REQUEST),
        (SHARE, 6, A_SHARE, ErrorCode.COORDINATOR_NOT_AVAILABLE),
        (SHARE, 6, "g:1:2", ErrorCode.INVALID_REQUEST),
        (9, 6, "g", ErrorCode.INVALID_REQUEST),
    ],
)
async def test_other_coordinators_are_not_there(ask, key_type, version, key, code):
    (found,) = (await ask(FindCoordinatorRequest(key_type=key_type, coordinator_keys=[key]), version)).coordinators
    assert (found.error_code, where(found)) == (code, NOBODY)


async def test_an_old_client_is_told_why_in_words(ask):
    found = await ask(FindCoordinatorRequest(key="t", key_type=TRANSACTION), 3)
    assert (found.error_code, found.error_message, where(found)) == (15, "The coordinator is not available.", NOBODY)


@pytest.mark.parametrize("version", range(4, 10))
async def test_a_client_joins_in_two_steps_and_syncs(ask_in_time, version):
    ask = ask_in_time
    handed = await ask(join(), version)
    assert handed.error_code == ErrorCode.MEMBER_ID_REQUIRED
    joined = await ask(join(handed.member_id), version)
    assert (joined.error_code, joined.generation_id, joined.leader) == (0, 1, handed.member_id)
    given = SyncGroupRequest.SyncGroupRequestAssignment(member_id=joined.member_id, assignment=b"all")
    sync = SyncGroupRequest(group_id="g", generation_id=1, member_id=joined.member_id, assignments=[given])
    assert (await ask(sync, 4)).assignment == b"all"


@pytest.mark.parametrize("version", range(4))
async def test_an_old_client_joins_in_one_step(ask_in_time, version):
    joined = await ask_in_time(join(), version)
    assert (joined.error_code, joined.generation_id) == (0, 1)
    assert joined.member_id.startswith("tester-")


@pytest.mark.parametrize("lacking", ["protocol_type", "protocol_name"])
async def test_since_version_5_a_sync_names_type_and_protocol(ask, lacking):
    fields = {"protocol_type": "consumer", "protocol_name": "range", lacking: None}
    response = await ask(SyncGroupRequest(group_id="g", generation_id=1, member_id="m", **fields), 5)
    assert response.error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


@pytest.mark.parametrize("version", range(5))
async def test_a_heartbeat_of_a_stranger_is_refused_in_every_version(ask, version):
    response = await ask(HeartbeatRequest(group_id="g", generation_id=1, member_id="m"), version)
    assert response.error_code == ErrorCode.UNKNOWN_MEMBER_ID


async def test_before_version_3_the_error_of_who_leaves_is_the_answers(ask):
    response = await ask(LeaveGroupRequest(group_id="g", member_id="m"), 2)
    assert response.error_code == ErrorCode.UNKNOWN_MEMBER_ID
    refused = await ask(LeaveGroupRequest(group_id="", member_id="m"), 2)
    assert refused.error_code == ErrorCode.INVALID_GROUP_ID


async def test_since_version_3_each_who_leaves_has_its_error(ask):
    leaving = LeaveGroupRequest.MemberIdentity(member_id="m", group_instance_id="i")
    response = await ask(LeaveGroupRequest(group_id="g", members=[leaving]), 5)
    assert response.error_code == ErrorCode.NONE
    (left,) = response.members
    assert (left.member_id, left.group_instance_id, left.error_code) == ("m", "i", ErrorCode.UNKNOWN_MEMBER_ID)


@pytest.mark.parametrize(("version", "code", "message"), [(5, 0, None), (6, 69, "Group nowhere not found.")])
async def test_a_group_that_does_not_exist_is_dead_and_since_version_6_not_found(ask, version, code, message):
    (group,) = (await ask(DescribeGroupsRequest(groups=["nowhere"]), version)).groups
    assert (group.group_state, group.error_code, group.error_message) == ("Dead", code, message)


@pytest.mark.parametrize(("asked", "operations"), [(True, 3400), (False, -2147483648)])
async def test_what_everybody_may_do_with_a_group_is_told_when_asked(ask, asked, operations):
    await a_group_without_members(ask)
    (group,) = (await ask(DescribeGroupsRequest(groups=["g"], include_authorized_operations=asked), 6)).groups
    assert (group.group_state, group.authorized_operations) == ("Empty", operations)


async def test_a_group_that_is_not_found_has_no_operations(ask):
    (group,) = (await ask(DescribeGroupsRequest(groups=["nowhere"], include_authorized_operations=True), 6)).groups
    assert group.authorized_operations == -2147483648


@pytest.mark.parametrize("version", range(6))
async def test_groups_are_listed_in_every_version(ask, version):
    await a_group_without_members(ask)
    assert [group.group_id for group in (await ask(ListGroupsRequest(), version)).groups] == ["g"]


async def test_groups_are_listed_by_state_and_type(ask):
    await a_group_without_members(ask)
    (group,) = (await ask(ListGroupsRequest(states_filter=["Empty"], types_filter=["classic"]), 5)).groups
    assert (group.group_state, group.group_type) == ("Empty", "classic")
    assert (await ask(ListGroupsRequest(states_filter=["Stable"]), 5)).groups == []


@pytest.mark.parametrize("version", range(3))
async def test_a_group_that_is_named_twice_is_deleted_and_answered_once(ask, version):
    await a_group_without_members(ask)
    response = await ask(DeleteGroupsRequest(groups_names=["g", "nowhere", "g"]), version)
    assert [(result.group_id, result.error_code) for result in response.results] == [
        ("g", ErrorCode.NONE),
        ("nowhere", ErrorCode.GROUP_ID_NOT_FOUND),
    ]
