"""What a catalog holds that is not served yet: going on would lose it, or leave it without its effect.

Replayed beside the catalog, at start only.  Each kind has its own end: what was taken away again is no hindrance.
Source: the records of KIP-631, and the images that Kafka 4.3.1 makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pykbroker_protocol.records.cluster_metadata import (
    AccessControlEntryRecord,
    BrokerRegistrationChangeRecord,
    ClientQuotaRecord,
    ConfigRecord,
    DelegationTokenRecord,
    PartitionChangeRecord,
    PartitionRecord,
    RegisterBrokerRecord,
    RemoveAccessControlEntryRecord,
    RemoveDelegationTokenRecord,
    RemoveTopicRecord,
    RemoveUserScramCredentialRecord,
    TopicRecord,
    UnregisterBrokerRecord,
    UserScramCredentialRecord,
)

from .catalog import TOPIC_RESOURCE
from .frames import Versioned

_NAMED = 3  # of the things of one kind; the others are counted
_MECHANISMS = {1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512"}
REMOTE_STORAGE = "remote.storage.enable"
_Id = tuple[str, Any]  # kind, and what tells it from the others of its kind

# kind -> what one of them is called, what becomes of them here, and how Kafka lets go of them.
_WORDS = {
    "acl": ("ACL", "nobody would be kept out", "kafka-acls --remove"),
    "scram": ("SCRAM credential", "nobody could log in", "kafka-configs --delete-config"),
    "quota": ("client quota", "nobody would be held back", "kafka-configs --delete-config"),
    "token": ("delegation token", "nobody could log in", "kafka-delegation-tokens --expire"),
    "broker": ("other broker", "one broker is served", "kafka-cluster unregister, once nothing is on it"),
    "replicas": ("partition with other replicas", "one broker is served", "kafka-reassign-partitions"),
    "directories": ("broker with several log.dirs", "one is served", "kafka-reassign-partitions into one of them"),
    "tiered": ("topic in tiered storage", "only what is local is served", "remote.storage.enable=false"),
}


class Unserved:
    """What is there of each kind; `node_id` is this broker's."""

    def __init__(self, node_id: int) -> None:
        self._node_id = node_id
        self._found: dict[_Id, str] = {}
        self._topics: dict[bytes, str] = {}

    def replay(self, records: Iterable[Versioned]) -> None:
        for record in records:
            apply = _APPLY.get(type(record.value))
            if apply is not None:
                apply(self, record.value)

    def faults(self) -> Iterator[str]:
        """A line for each kind that is there: how many, which, what would become of them, and what to do."""
        for kind, (noun, fate, remedy) in _WORDS.items():
            found = [text for (of, _), text in self._found.items() if of == kind]
            if found:
                yield told(noun, found, fate, remedy)

    def _put(self, identity: _Id, text: str, there: bool = True) -> None:
        if there:
            self._found[identity] = text
        else:
            self._found.pop(identity, None)

    def _acl(self, record: Any) -> None:
        self._put(("acl", record.id), f"{record.principal} on {record.resource_name}")

    def _no_acl(self, record: Any) -> None:
        self._found.pop(("acl", record.id), None)

    def _scram(self, record: Any) -> None:
        text = f"{record.name} {_MECHANISMS.get(record.mechanism, record.mechanism)}"
        self._put(("scram", (record.name, record.mechanism)), text)

    def _no_scram(self, record: Any) -> None:
        self._found.pop(("scram", (record.name, record.mechanism)), None)

    def _quota(self, record: Any) -> None:
        entity = " ".join(f"{part.entity_type} {part.entity_name or '<default>'}" for part in record.entity)
        self._put(("quota", (entity, record.key)), f"{entity} {record.key}", not record.remove)

    def _token(self, record: Any) -> None:
        self._put(("token", record.token_id), f"{record.token_id} of {record.owner}")

    def _no_token(self, record: Any) -> None:
        self._found.pop(("token", record.token_id), None)

    def _broker(self, record: Any) -> None:
        if record.broker_id != self._node_id:
            self._put(("broker", record.broker_id), f"node.id {record.broker_id}")
        else:
            self._directories(record)

    def _changed_broker(self, record: Any) -> None:
        if record.broker_id == self._node_id and record.log_dirs:
            self._directories(record)

    def _directories(self, record: Any) -> None:
        count = len(record.log_dirs)
        self._put(("directories", record.broker_id), f"node.id {record.broker_id} has {count}", count > 1)

    def _no_broker(self, record: Any) -> None:
        self._found.pop(("broker", record.broker_id), None)

    def _topic(self, record: Any) -> None:
        self._topics[record.topic_id] = record.name

    def _no_topic(self, record: Any) -> None:
        name = self._topics.pop(record.topic_id)
        gone = [key for key in self._found if key == ("tiered", name) or (key[0] == "replicas" and key[1][0] == name)]
        for key in gone:
            del self._found[key]

    def _partition(self, record: Any) -> None:
        replicas = record.replicas  # None in a change: they stay
        if replicas is None or (len(replicas) == 1 and replicas[0] == self._node_id and not self._found):
            return
        name = self._topics[record.topic_id]
        text = f"{name}-{record.partition_id} on {','.join(map(str, replicas))}"
        self._put(("replicas", (name, record.partition_id)), text, list(replicas) != [self._node_id])

    def _config(self, record: Any) -> None:
        if record.resource_type == TOPIC_RESOURCE and record.name == REMOTE_STORAGE:
            self._put(("tiered", record.resource_name), record.resource_name, record.value == "true")


def told(noun: str, found: list[str], fate: str, remedy: str) -> str:
    """`3 ACLs (a, b, c): nobody would be kept out; in Kafka: kafka-acls --remove`"""
    others = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    many = noun if len(found) == 1 else _plural(noun)
    return f"{len(found)} {many} ({', '.join(found[:_NAMED])}{others}): {fate}; in Kafka: {remedy}"


def _plural(noun: str) -> str:
    first, space, rest = noun.partition(" ")
    if rest.startswith(("with ", "in ", "of ")):
        return f"{first}s{space}{rest}"
    return f"{noun}s"


_APPLY: dict[type, Callable[[Unserved, Any], None]] = {
    AccessControlEntryRecord: Unserved._acl,
    RemoveAccessControlEntryRecord: Unserved._no_acl,
    UserScramCredentialRecord: Unserved._scram,
    RemoveUserScramCredentialRecord: Unserved._no_scram,
    ClientQuotaRecord: Unserved._quota,
    DelegationTokenRecord: Unserved._token,
    RemoveDelegationTokenRecord: Unserved._no_token,
    RegisterBrokerRecord: Unserved._broker,
    BrokerRegistrationChangeRecord: Unserved._changed_broker,
    UnregisterBrokerRecord: Unserved._no_broker,
    TopicRecord: Unserved._topic,
    RemoveTopicRecord: Unserved._no_topic,
    PartitionRecord: Unserved._partition,
    PartitionChangeRecord: Unserved._partition,
    ConfigRecord: Unserved._config,
}
