"""Where the tools may print something else with pykbroker than with Kafka, and why.

A reason that is no longer needed fails the run.
"""

from __future__ import annotations

AT_ONCE = (
    "Kafka's broker hears of the new topic from its controller later and the client warns; here it is there at once"
)
OWN_SETTINGS = (
    "the brokers' own settings: no controller listener and no voters here, node.id and process.roles have defaults, "
    "and queued.max.request.bytes is bounded"
)
LOGGERS = "the loggers are each broker's own"
NO_CONTROLLERS = "no listener for controllers, so the voter has no endpoint"
FIXED_VOTERS = "kraft.version stays 0: the one voter here cannot change, so that nothing has to be upgraded"
NOT_SERVED = "not advertised yet: {}"
QUOTAS = NOT_SERVED.format("DescribeClientQuotas")
VERSIONS = (
    "transactions, SASL, ACLs, delegation tokens, quotas, SCRAM, next-generation consumer, share and streams groups "
    "and changes of the voters are not advertised yet"
)

MEANT: dict[str, str] = {  # command -> why
    "console-producer --topic made.on.the.way": AT_ONCE,
    "configs --describe --entity-type brokers --entity-name 1 --all": OWN_SETTINGS,
    "configs --describe --entity-type broker-loggers --entity-name 1": LOGGERS,
    "configs --describe --entity-type users": QUOTAS,
    "configs --describe --entity-type clients": QUOTAS,
    "features upgrade --release-version 4.3 --dry-run": FIXED_VOTERS,
    "metadata-quorum describe --status": NO_CONTROLLERS,
    "metadata-quorum remove-controller --controller-id 1 --controller-directory-id AAAAAAAAAAAAAAAAAAAAAQ": (
        NOT_SERVED.format("RemoveRaftVoter, which Kafka refuses too while kraft.version is 0")
    ),
    "broker-api-versions": VERSIONS,
    "transactions list": NOT_SERVED.format("ListTransactions"),
    "acls --list": NOT_SERVED.format("DescribeAcls, which Kafka refuses too without an authorizer"),
    "share-groups --describe --group no": NOT_SERVED.format("ShareGroupDescribe"),
}
