"""DescribeAcls, CreateAcls, DeleteAcls: there is no authorizer, so there are no ACLs, as in a Kafka without one.

Source of the texts: Kafka's AclApis.
"""

from __future__ import annotations

from pykbroker_protocol.apis.create_acls import CreateAclsRequest, CreateAclsResponse
from pykbroker_protocol.apis.delete_acls import DeleteAclsRequest, DeleteAclsResponse
from pykbroker_protocol.apis.describe_acls import DescribeAclsRequest, DescribeAclsResponse
from pykbroker_protocol.errors import ErrorCode

from .broker import Broker
from .client import Client

_NOBODY = "No Authorizer is configured"
_WHY = f"{_NOBODY}."


def describe_acls(broker: Broker, request: DescribeAclsRequest, client: Client) -> DescribeAclsResponse:
    return DescribeAclsResponse(error_code=ErrorCode.SECURITY_DISABLED, error_message=f"{_NOBODY} on the broker")


def create_acls(broker: Broker, request: CreateAclsRequest, client: Client) -> CreateAclsResponse:
    refused = CreateAclsResponse.AclCreationResult(error_code=ErrorCode.SECURITY_DISABLED, error_message=_WHY)
    return CreateAclsResponse(results=[refused] * len(request.creations))


def delete_acls(broker: Broker, request: DeleteAclsRequest, client: Client) -> DeleteAclsResponse:
    refused = DeleteAclsResponse.DeleteAclsFilterResult(error_code=ErrorCode.SECURITY_DISABLED, error_message=_WHY)
    return DeleteAclsResponse(filter_results=[refused] * len(request.filters))
