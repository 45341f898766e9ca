"""DescribeAcls, CreateAcls, DeleteAcls, of a broker without an authorizer."""

from __future__ import annotations

from both.client import Broker
from pykbroker_protocol.apis.create_acls import CREATE_ACLS, CreateAclsRequest
from pykbroker_protocol.apis.delete_acls import DELETE_ACLS, DeleteAclsRequest
from pykbroker_protocol.apis.describe_acls import DESCRIBE_ACLS

from . import Answers, scenario

ANY, MATCH, TOPIC, READ, ALLOW, LITERAL = 1, 2, 2, 3, 3, 3


@scenario(DESCRIBE_ACLS)
def acls_that_cannot_be(broker: Broker, version: int) -> Answers:
    for kind in (ANY, TOPIC, 99):
        yield (
            f"resource type {kind}",
            broker.ask(
                DESCRIBE_ACLS,
                version,
                resource_type_filter=kind,
                resource_name_filter=None,
                pattern_type_filter=LITERAL,
                principal_filter=None,
                host_filter=None,
                operation=ANY,
                permission_type=ANY,
            ),
        )


@scenario(CREATE_ACLS)
def acls_that_are_not_made(broker: Broker, version: int) -> Answers:
    creation = CreateAclsRequest.AclCreation(
        resource_type=TOPIC,
        resource_name="t",
        resource_pattern_type=LITERAL,
        principal="User:ada",
        host="*",
        operation=READ,
        permission_type=ALLOW,
    )
    for count in (0, 1, 2):
        yield f"{count} of them", broker.ask(CREATE_ACLS, version, creations=[creation] * count)


@scenario(DELETE_ACLS)
def acls_that_are_not_there(broker: Broker, version: int) -> Answers:
    one = DeleteAclsRequest.DeleteAclsFilter(
        resource_type_filter=TOPIC,
        resource_name_filter=None,
        pattern_type_filter=MATCH,
        principal_filter=None,
        host_filter=None,
        operation=ANY,
        permission_type=ANY,
    )
    for count in (0, 1, 2):
        yield f"{count} of them", broker.ask(DELETE_ACLS, version, filters=[one] * count)
