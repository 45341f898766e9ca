"""Where the tools may print something else with pykbroker than with Kafka, and why.

A reason covers the lines that it is about and no others; one that is no longer needed fails the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Meant:
    """Why the lines that match `lines`, of either broker, may differ."""

    why: str
    lines: str

    def covers(self, line: str) -> bool:
        return re.search(self.lines, line) is not None


EXIT = "^-- exit status [01]$"


def not_served(api: str, lines: str, also: str = "") -> Meant:
    return Meant(f"not advertised yet: {api}{also}", rf"{lines}|does not support|{EXIT}")


UNSERVED_APIS = (
    "Sasl|Txn|DelegationToken|ClientQuotas|ScramCredentials|UnregisterBroker|Transactions|"
    "ConsumerGroup(Heartbeat|Describe)|Share|Streams|RaftVoter"
)
QUOTAS = not_served("DescribeClientQuotas", "^Error while executing config command")

MEANT: dict[str, Meant] = {
    "console-producer --topic made.on.the.way": Meant(
        "Kafka's broker hears of the new topic later, so the client warns; here it is there at once",
        r"^WARN .*\{made.on.the.way=UNKNOWN_TOPIC_OR_PARTITION\}",
    ),
    "configs --describe --entity-type brokers --entity-name 1 --all": Meant(
        "the brokers' own settings: no controller listener and no voters here, node.id and process.roles have "
        "defaults, queued.max.request.bytes is bounded, and the system sizes sockets' buffers",
        r"^  (controller\.(listener\.names|quorum\.voters)|listeners|node\.id|process\.roles"
        r"|queued\.max\.request\.bytes|socket\.(listen\.backlog\.size|(send|receive)\.buffer\.bytes))=",
    ),
    "configs --describe --entity-type broker-loggers --entity-name 1": Meant(
        "the loggers are each broker's own", r"^  \S+=(TRACE|DEBUG|INFO|WARN|ERROR|FATAL) sensitive=false synonyms="
    ),
    "configs --describe --entity-type users": QUOTAS,
    "configs --describe --entity-type clients": QUOTAS,
    "features upgrade --release-version 4.3 --dry-run": Meant(
        "kraft.version stays 0: the one voter here cannot change", f"[Cc]an (not )?(be )?upgrade|operation|{EXIT}"
    ),
    "metadata-quorum describe --status": Meant(
        "no listener for controllers, so the voter has no endpoint", "^CurrentVoters:"
    ),
    "metadata-quorum remove-controller --controller-id 1 --controller-directory-id AAAAAAAAAAAAAAAAAAAAAQ": not_served(
        "RemoveRaftVoter", "doesn't support removing voter", ", which Kafka refuses too while kraft.version is 0"
    ),
    "broker-api-versions": Meant(
        "transactions, SASL, delegation tokens, quotas, SCRAM, the consumer protocol of KIP-848, share and "
        "streams groups and changes of the voters are not advertised yet",
        rf"^\t\w*({UNSERVED_APIS})\w*\(\d+\): ",
    ),
    "transactions list": not_served("ListTransactions", "^TransactionalId"),
    "share-groups --describe --group no": not_served("ShareGroupDescribe", "Group no not found"),
}


def reason(command: str, differing: list[str]) -> str | None:
    """Why `command` may print these `differing` lines, or None when any of them has no reason."""
    meant = MEANT.get(command)
    return meant.why if meant and all(map(meant.covers, filter(str.strip, differing))) else None
