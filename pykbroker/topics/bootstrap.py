"""What the catalog's log says at a first start, and at every start, as a single KRaft node would have it.

Source: org.apache.kafka.controller.QuorumController and BootstrapMetadata, 4.3.1.
"""

from __future__ import annotations

from collections.abc import Iterable

from pykbroker_protocol.records.cluster_metadata import (
    BeginTransactionRecord,
    BrokerRegistrationChangeRecord,
    ConfigRecord,
    EndTransactionRecord,
    FeatureLevelRecord,
    RegisterBrokerRecord,
)
from pykbroker_protocol.records.control import LeaderChangeMessage

from .catalog import BROKER_RESOURCE
from .frames import Versioned

METADATA_TOPIC_ID = bytes(15) + b"\x01"  # Uuid.METADATA_TOPIC_ID

# The levels of a newly formatted 4.3 cluster.
_FEATURES = (
    ("metadata.version", 30),
    ("eligible.leader.replicas.version", 1),
    ("group.version", 1),
    ("share.version", 1),
    ("streams.version", 1),
    ("transaction.version", 2),
)
_UNFENCED = -1  # of BrokerRegistrationChangeRecord


def leader_change(node_id: int) -> LeaderChangeMessage:
    """What KRaft writes when a node begins to lead: this one, elected by itself."""
    voters = [LeaderChangeMessage.Voter(voter_id=node_id)]
    return LeaderChangeMessage(version=0, leader_id=node_id, voters=voters, granting_voters=voters)


def first_records() -> list[Versioned]:
    """What a newly formatted cluster begins with."""
    features = [Versioned(FeatureLevelRecord(name=name, feature_level=level)) for name, level in _FEATURES]
    # With eligible leader replicas Kafka pins this config for the cluster (KIP-966).
    pinned = ConfigRecord(resource_type=BROKER_RESOURCE, resource_name="", name="min.insync.replicas", value="1")
    return [
        Versioned(BeginTransactionRecord(name="Bootstrap records")),
        *features,
        Versioned(pinned),
        Versioned(EndTransactionRecord()),
    ]


def registration(
    node_id: int,
    endpoints: Iterable[tuple[str, str, int]],
    *,
    incarnation_id: bytes,
    directory_id: bytes,
    broker_epoch: int,
    rack: str | None,
    supported_features: Iterable[tuple[str, int, int]],
) -> list[Versioned]:
    """That the broker is there, and listens on (name, host, port).  `broker_epoch` is the first one's offset."""
    return [
        Versioned(
            RegisterBrokerRecord(
                broker_id=node_id,
                incarnation_id=incarnation_id,
                broker_epoch=broker_epoch,
                end_points=[
                    RegisterBrokerRecord.BrokerEndpoint(name=name, host=host, port=port, security_protocol=0)
                    for name, host, port in endpoints
                ],
                features=[
                    RegisterBrokerRecord.BrokerFeature(name=name, min_supported_version=low, max_supported_version=high)
                    for name, low, high in supported_features
                ],
                rack=rack,
                fenced=True,
                log_dirs=[directory_id],
            ),
            version=4,
        ),
        Versioned(
            BrokerRegistrationChangeRecord(broker_id=node_id, broker_epoch=broker_epoch, fenced=_UNFENCED), version=0
        ),
    ]
