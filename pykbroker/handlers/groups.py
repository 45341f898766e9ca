"""The classic group APIs, and FindCoordinator: which broker coordinates is always this one.

What becomes of a question is the machine's business, see groups/; here is what depends on the API's version, and what
concerns the broker rather than a group.
"""

from __future__ import annotations

import re
from typing import Any

from pykbroker_protocol.apis.delete_groups import DeleteGroupsRequest, DeleteGroupsResponse
from pykbroker_protocol.apis.describe_groups import DescribeGroupsRequest, DescribeGroupsResponse
from pykbroker_protocol.apis.find_coordinator import FindCoordinatorRequest, FindCoordinatorResponse
from pykbroker_protocol.apis.heartbeat import HeartbeatRequest, HeartbeatResponse
from pykbroker_protocol.apis.join_group import JoinGroupRequest, JoinGroupResponse
from pykbroker_protocol.apis.leave_group import LeaveGroupRequest, LeaveGroupResponse
from pykbroker_protocol.apis.list_groups import ListGroupsRequest, ListGroupsResponse
from pykbroker_protocol.apis.sync_group import SyncGroupRequest, SyncGroupResponse
from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.groups.states import State
from pykbroker.runtime.later import Parked
from pykbroker.topics import names

from .authorized import NOT_ASKED, ON_GROUP
from .broker import Broker
from .client import Client

_FIRST_SYNC_WITH_PROTOCOL = 5  # KIP-559
_FIRST_LEAVE_OF_SEVERAL = 3  # KIP-345
_FIRST_DESCRIBE_WITH_NOT_FOUND = 6  # KIP-1043
_FIRST_FIND_OF_SEVERAL = 4  # KIP-699
_FIRST_FIND_OF_SHARES = 6  # KIP-932

_GROUP, _TRANSACTION, _SHARE = 0, 1, 2  # org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType
_SHARE_KEY = re.compile(r".+:[A-Za-z0-9_-]{22}:[0-9]+")  # group id, topic id, partition

# Kafka's texts for them; clients show them.
_MESSAGES = {
    ErrorCode.NONE: "NONE",
    ErrorCode.COORDINATOR_NOT_AVAILABLE: "The coordinator is not available.",
    ErrorCode.INVALID_REQUEST: (
        "This most likely occurs because of a request being malformed by the client library or the message was sent to "
        "an incompatible broker. See the broker logs for more details."
    ),
}


def find_coordinator(broker: Broker, request: FindCoordinatorRequest, client: Client) -> FindCoordinatorResponse:
    """This broker for groups, whose log it sees to.

    COORDINATOR_NOT_AVAILABLE for transactions and share groups, as long as there are no coordinators for them.
    """
    key_type, version = request.key_type, client.api_version
    if version < _FIRST_FIND_OF_SEVERAL:
        code, (node_id, host, port) = _coordinator(broker, key_type, request.key, client)
        return FindCoordinatorResponse(
            error_code=code, error_message=_MESSAGES[code], node_id=node_id, host=host, port=port
        )
    coordinators = []
    for key in request.coordinator_keys:
        code, (node_id, host, port) = _coordinator(broker, key_type, key, client)
        # From here on Kafka sends the text only where it refuses the request as a whole.
        message = "" if key_type in (_GROUP, _TRANSACTION, _SHARE) else _MESSAGES[code]
        coordinators.append(
            FindCoordinatorResponse.Coordinator(
                key=key, node_id=node_id, host=host, port=port, error_code=code, error_message=message
            )
        )
    return FindCoordinatorResponse(coordinators=coordinators)


def join_group(broker: Broker, request: JoinGroupRequest, client: Client) -> JoinGroupResponse | Parked[Any]:
    """Answered when the rebalance that it joins has its members."""
    answer: JoinGroupResponse | Parked[Any] = broker.groups.ask(broker.groups.machine.join, request, client)
    return answer


def sync_group(broker: Broker, request: SyncGroupRequest, client: Client) -> SyncGroupResponse | Parked[Any]:
    """Answered when the leader has handed in the assignment."""
    if client.api_version >= _FIRST_SYNC_WITH_PROTOCOL and None in (request.protocol_type, request.protocol_name):
        return SyncGroupResponse(error_code=ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    answer: SyncGroupResponse | Parked[Any] = broker.groups.ask(broker.groups.machine.sync, request)
    return answer


def heartbeat(broker: Broker, request: HeartbeatRequest, client: Client) -> HeartbeatResponse:
    answer: HeartbeatResponse = broker.groups.ask(broker.groups.machine.heartbeat, request)
    return answer


def leave_group(broker: Broker, request: LeaveGroupRequest, client: Client) -> LeaveGroupResponse:
    """Each member with its own error; before version 3 there is one, and its error is the answer's."""
    if client.api_version < _FIRST_LEAVE_OF_SEVERAL:
        request.members = [LeaveGroupRequest.MemberIdentity(member_id=request.member_id)]
    response: LeaveGroupResponse = broker.groups.ask(broker.groups.machine.leave, request)
    if client.api_version >= _FIRST_LEAVE_OF_SEVERAL:
        return response
    return LeaveGroupResponse(error_code=response.error_code or response.members[0].error_code)


def describe_groups(broker: Broker, request: DescribeGroupsRequest, client: Client) -> DescribeGroupsResponse:
    groups = []
    for group_id in request.groups:
        group = broker.groups.machine.describe(group_id)
        if group is None:
            group = DescribeGroupsResponse.DescribedGroup(group_id=group_id, group_state=State.DEAD)
            if client.api_version >= _FIRST_DESCRIBE_WITH_NOT_FOUND:
                group.error_code = ErrorCode.GROUP_ID_NOT_FOUND
                group.error_message = f"Group {group_id} not found."
        asked = request.include_authorized_operations and not group.error_code
        group.authorized_operations = ON_GROUP if asked else NOT_ASKED
        groups.append(group)
    return DescribeGroupsResponse(groups=groups)


def list_groups(broker: Broker, request: ListGroupsRequest, client: Client) -> ListGroupsResponse:
    return ListGroupsResponse(groups=broker.groups.machine.list_groups(request.states_filter, request.types_filter))


def delete_groups(broker: Broker, request: DeleteGroupsRequest, client: Client) -> DeleteGroupsResponse:
    """Each group by itself, whatever becomes of the others; one that is named twice is answered once."""
    return DeleteGroupsResponse(results=[_delete(broker, group_id) for group_id in dict.fromkeys(request.groups_names)])


def _delete(broker: Broker, group_id: str) -> DeleteGroupsResponse.DeletableGroupResult:
    try:
        result: DeleteGroupsResponse.DeletableGroupResult = broker.groups.ask(broker.groups.machine.delete, group_id)
        return result
    except Refused as refused:
        return DeleteGroupsResponse.DeletableGroupResult(group_id=group_id, error_code=refused.code)


def _coordinator(broker: Broker, key_type: int, key: str, client: Client) -> tuple[ErrorCode, tuple[int, str, int]]:
    nobody = (-1, "", -1)
    if key_type == _GROUP:
        if not broker.has_loaded(key):
            return ErrorCode.COORDINATOR_NOT_AVAILABLE, nobody
        broker.ensure_internal_topic(names.GROUP_METADATA)
        return ErrorCode.NONE, (broker.node_id, *broker.endpoint_for(client))
    if key_type == _TRANSACTION:
        return ErrorCode.COORDINATOR_NOT_AVAILABLE, nobody
    if key_type == _SHARE and client.api_version >= _FIRST_FIND_OF_SHARES and _SHARE_KEY.fullmatch(key):
        return ErrorCode.COORDINATOR_NOT_AVAILABLE, nobody
    return ErrorCode.INVALID_REQUEST, nobody
