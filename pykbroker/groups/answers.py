"""The responses of the classic group APIs, as Kafka fills them."""

from __future__ import annotations

from pykbroker_protocol.apis.describe_groups import DescribeGroupsResponse
from pykbroker_protocol.apis.join_group import JoinGroupResponse
from pykbroker_protocol.apis.list_groups import ListGroupsResponse
from pykbroker_protocol.apis.sync_group import SyncGroupResponse
from pykbroker_protocol.errors import ErrorCode

from .classic import ClassicGroup
from .members import Member
from .states import State

_FIRST_JOIN_WITH_NULL_PROTOCOL = 7


def joined(
    group: ClassicGroup, member_id: str, *, leader: str | None = None, skip_assignment: bool = False
) -> JoinGroupResponse:
    """`member_id` is in the group's generation.  `leader` is who to name instead of the real one.

    The members are told to the one that is named as leader, and to nobody else.
    """
    leader = (group.leader if leader is None else leader) or ""
    members = []
    if member_id == leader:
        members = [
            JoinGroupResponse.JoinGroupResponseMember(
                member_id=member.member_id,
                group_instance_id=member.group_instance_id,
                metadata=member.protocols[group.protocol_name or ""],
            )
            for member in group.members.values()
        ]
    return JoinGroupResponse(
        generation_id=group.generation_id,
        protocol_type=group.protocol_type,
        protocol_name=group.protocol_name,
        leader=leader,
        skip_assignment=skip_assignment,
        member_id=member_id,
        members=members,
    )


def not_joined(code: ErrorCode, member_id: str, api_version: int) -> JoinGroupResponse:
    null = None if api_version >= _FIRST_JOIN_WITH_NULL_PROTOCOL else ""
    return JoinGroupResponse(error_code=code, member_id=member_id, protocol_name=null)


def synced(group: ClassicGroup, assignment: bytes) -> SyncGroupResponse:
    return SyncGroupResponse(
        protocol_type=group.protocol_type, protocol_name=group.protocol_name, assignment=assignment
    )


def described(group: ClassicGroup) -> DescribeGroupsResponse.DescribedGroup:
    """The group; only a stable one has its protocol and its members' metadata in it."""
    protocol = group.protocol_name if group.state is State.STABLE else None
    return DescribeGroupsResponse.DescribedGroup(
        group_id=group.group_id,
        group_state=group.state,
        protocol_type=group.protocol_type or "",
        protocol_data=protocol or "",
        members=[_described_member(member, protocol) for member in group.members.values()],
    )


def listed(group: ClassicGroup) -> ListGroupsResponse.ListedGroup:
    return ListGroupsResponse.ListedGroup(
        group_id=group.group_id,
        protocol_type=group.protocol_type or "",
        group_state=group.state,
        group_type="classic",
    )


def _described_member(
    member: Member, protocol: str | None
) -> DescribeGroupsResponse.DescribedGroup.DescribedGroupMember:
    return DescribeGroupsResponse.DescribedGroup.DescribedGroupMember(
        member_id=member.member_id,
        group_instance_id=member.group_instance_id,
        client_id=member.client_id,
        client_host=member.client_host,
        member_metadata=b"" if protocol is None else member.protocols[protocol],
        member_assignment=member.assignment,
    )
