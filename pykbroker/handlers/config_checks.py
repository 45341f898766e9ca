"""Whether a resource may have the settings that somebody wants it to have: Kafka's codes and words.

Source: ControllerConfigurationValidator and ConfigurationControlManager, 4.3.1.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from pykbroker_protocol.errors import ErrorCode, Refused

from pykbroker.config.client_metrics import SubscriptionInvalid, read_client_metrics_config
from pykbroker.config.dynamic import DYNAMIC, dynamic_row
from pykbroker.config.group import read_group_config
from pykbroker.config.layers import without_effect
from pykbroker.config.topic import TOPIC_PROPERTIES
from pykbroker.config.values import ConfigInvalid
from pykbroker.topics import names
from pykbroker.topics.catalog import (
    BROKER_RESOURCE,
    CLIENT_METRICS_RESOURCE,
    GROUP_RESOURCE,
    TOPIC_RESOURCE,
)

from .broker import Broker

_ELIGIBLE_LEADER_REPLICAS = "eligible.leader.replicas.version"
_MIN_INSYNC_REPLICAS = "min.insync.replicas"

_MOST_TOLD = 20

log = logging.getLogger("pykbroker.config")


def check_broker(broker: Broker, name: str, wanted: Mapping[str, str]) -> None:
    """Return if `wanted` can be all dynamic configs of this broker or, without `name`, of all.

    Raises:
        Refused: INVALID_REQUEST.
    """
    try:
        broker.layers.check(wanted, cluster_wide=not name)
    except ConfigInvalid as invalid:
        raise Refused(ErrorCode.INVALID_REQUEST, str(invalid)) from None


def check_min_insync_replicas(broker: Broker, name: str, changes: Mapping[str, str | None]) -> None:
    """Return if `changes` leave min.insync.replicas as eligible leader replicas need it (KIP-966).

    Raises:
        Refused: INVALID_CONFIG.
    """
    if _MIN_INSYNC_REPLICAS not in changes or not broker.catalog.features.get(_ELIGIBLE_LEADER_REPLICAS):
        return
    if name:
        why = "Broker-level min.insync.replicas cannot be altered while ELR is enabled."
        raise Refused(ErrorCode.INVALID_CONFIG, why)
    if changes[_MIN_INSYNC_REPLICAS] is None:
        why = "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."
        raise Refused(ErrorCode.INVALID_CONFIG, why)


def _check_topic(broker: Broker, name: str, wanted: Mapping[str, str]) -> None:
    if not name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Default topic resources are not allowed.")
    if why := names.why_illegal(name):
        raise Refused(ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic name is invalid: {why}")
    try:
        broker.config.check_topic_config(wanted)
    except ConfigInvalid as invalid:
        raise Refused(ErrorCode.INVALID_CONFIG, str(invalid)) from None
    if broker.catalog.topic_by_name(name) is None:
        raise Refused(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, f"The topic '{name}' does not exist.")


def _check_group(broker: Broker, name: str, wanted: Mapping[str, str]) -> None:
    if not name:
        raise Refused(ErrorCode.INVALID_REQUEST, "Default group resources are not allowed.")
    try:
        read_group_config(wanted, broker.config)
    except ConfigInvalid as invalid:
        raise Refused(ErrorCode.INVALID_CONFIG, str(invalid)) from None


def _check_client_metrics(broker: Broker, name: str, wanted: Mapping[str, str]) -> None:
    try:
        read_client_metrics_config(name, wanted)
    except SubscriptionInvalid as invalid:
        raise Refused(ErrorCode.INVALID_REQUEST, str(invalid)) from None
    except ConfigInvalid as invalid:
        raise Refused(ErrorCode.INVALID_CONFIG, str(invalid)) from None


CHECKS: dict[int, Callable[[Broker, str, Mapping[str, str]], None]] = {
    TOPIC_RESOURCE: _check_topic,
    CLIENT_METRICS_RESOURCE: _check_client_metrics,
    GROUP_RESOURCE: _check_group,
}


def list_default(resource_type: int, name: str, operation: str) -> str:
    """What an APPEND or SUBTRACT begins from when nothing is set.

    Raises:
        Refused: INVALID_CONFIG if `name` has no list for its value, UNKNOWN_SERVER_ERROR as Kafka if it is fixed.
    """
    if resource_type == BROKER_RESOURCE:
        return _brokers_list_default(name, operation)
    row = TOPIC_PROPERTIES.get(name) if resource_type == TOPIC_RESOURCE else None
    if row is None or row.kind != "list":
        why = f"Can't {operation} to key {name} because its type is not LIST."
        raise Refused(ErrorCode.INVALID_CONFIG, why)
    return row.default or ""


def _brokers_list_default(name: str, operation: str) -> str:
    row = dynamic_row(name)
    if row is None:
        raise Refused(ErrorCode.INVALID_CONFIG, f"Unknown config name: {name}")
    if name not in DYNAMIC and row.kind == "list":
        raise Refused(ErrorCode.UNKNOWN_SERVER_ERROR)
    if row.kind != "list":
        why = f"Config value {operation.lower()} is not allowed for config key: {name}"
        raise Refused(ErrorCode.INVALID_CONFIG, why)
    return row.default or ""


def tell_without_effect(changes: Mapping[str, str | None]) -> None:
    """One line of log for each broker property that was set and has no effect, as far as people read on."""
    settings = [(name, value) for name, value in changes.items() if value is not None]
    for line in without_effect(dict(settings[:_MOST_TOLD])):
        log.warning("%s", line)
