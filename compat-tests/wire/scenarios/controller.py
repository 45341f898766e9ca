"""What the controller answers: the quorum and the features."""

from __future__ import annotations

from typing import Any

from both.client import Broker
from pykbroker_protocol.apis.describe_quorum import DESCRIBE_QUORUM
from pykbroker_protocol.apis.update_features import UPDATE_FEATURES

from . import Answers, scenario

CATALOG = "__cluster_metadata"
Quorum, Update = DESCRIBE_QUORUM.request.type, UPDATE_FEATURES.request.type


@scenario(DESCRIBE_QUORUM)
def the_quorum(broker: Broker, version: int) -> Answers:
    def ask(*topics: tuple[str, list[int]]) -> Any:
        asked = [
            Quorum.TopicData(
                topic_name=name, partitions=[Quorum.TopicData.PartitionData(partition_index=p) for p in ps]
            )
            for name, ps in topics
        ]
        return broker.ask(DESCRIBE_QUORUM, version, topics=asked)

    answer = ask((CATALOG, [0]))
    (partition,) = answer.topics[0].partitions
    (voter,) = partition.current_voters
    assert 0 < partition.high_watermark <= voter.log_end_offset
    assert partition.leader_epoch > 0
    partition.high_watermark = voter.log_end_offset = partition.leader_epoch = 0
    yield "the catalog", answer
    for label, topics in {
        "two partitions": [(CATALOG, [0, 1])],
        "partition 1": [(CATALOG, [1])],
        "another topic": [("t", [0])],
        "another topic beside": [(CATALOG, [0]), ("t", [0])],
        "twice": [(CATALOG, [0]), (CATALOG, [0])],
        "no partition": [(CATALOG, [])],
        "no partition of one": [(CATALOG, [0]), (CATALOG, [])],
        "no topic": [],
    }.items():
        yield label, ask(*topics)


def update(broker: Broker, version: int, *levels: tuple[str, int], **fields: Any) -> Any:
    of_each = {name: fields.pop(name) for name in ("upgrade_type", "allow_downgrade") if name in fields}
    updates = [Update.FeatureUpdateKey(feature=name, max_version_level=level, **of_each) for name, level in levels]
    return broker.ask(UPDATE_FEATURES, version, **{"feature_updates": updates, "timeout_ms": 1000} | fields)


@scenario(UPDATE_FEATURES)
def features_that_stay(broker: Broker, version: int) -> Answers:
    for name, level in (("metadata.version", 30), ("group.version", 1), ("transaction.version", 2)):
        yield f"{name} {level}", update(broker, version, (name, level))
        for other in (level + 1, -1, 0):
            yield f"{name} {other}", update(broker, version, (name, other))
            yield f"{name} {other}, allowed", update(broker, version, (name, other), allow_downgrade=version == 0)
    yield "unheard of", update(broker, version, ("nonsense", 1))
    yield "unheard of, 0", update(broker, version, ("nonsense", 0))
    yield "no name", update(broker, version, ("", 1))
    yield "two", update(broker, version, ("group.version", 1), ("share.version", 1))
    yield "one good, one not", update(broker, version, ("group.version", 1), ("nonsense", 1))
    yield "one twice", update(broker, version, ("group.version", 1), ("group.version", 1))
    yield "none", update(broker, version)
    for timeout_ms in (0, -1):
        yield f"within {timeout_ms} ms", update(broker, version, ("group.version", 1), timeout_ms=timeout_ms)


@scenario(UPDATE_FEATURES, since=1)
def features_that_would_change(broker: Broker, version: int) -> Answers:
    for name in ("metadata.version", "group.version", "share.version", "kraft.version", "nonsense"):
        for level in (-1, 0, 1, 2, 7, 29, 30, 31):
            for upgrade_type in (-1, 0, 1, 2, 3, 4):
                answer = update(broker, version, (name, level), upgrade_type=upgrade_type, validate_only=True)
                yield f"{name} {level} by {upgrade_type}", answer
