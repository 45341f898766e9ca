"""The properties of a subscription to clients' metrics, once: types, defaults, and Kafka's refusals.

Source: ClientMetricsConfigs, 4.3.1 (KIP-714).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pykbroker.config.values import ConfigInvalid, Int, List, Property, Values

_LATER = "No metrics are asked of clients yet."
_MAX_EXPRESSION = 4096  # a longer one would hold everyone up while it is compiled
_SELECTORS = (
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
)


class ClientMetricsConfig(Values):
    """The table."""

    interval_ms = Int("300000", later=_LATER)
    match = List("", later=_LATER)
    metrics = List("", later=_LATER)


CLIENT_METRICS_PROPERTIES: dict[str, Property[Any]] = ClientMetricsConfig.table()


class SubscriptionInvalid(Exception):
    """A subscription that Kafka refuses as a request rather than as a config; the message says why."""


def read_client_metrics_config(name: str, settings: Mapping[str, str]) -> None:
    """Return if the subscription `name` may set `settings`.

    Raises:
        SubscriptionInvalid, ConfigInvalid: with Kafka's message.
    """
    if not name:
        raise SubscriptionInvalid("Subscription name can't be empty")
    for key in settings:
        if key not in CLIENT_METRICS_PROPERTIES:
            raise SubscriptionInvalid(f"Unknown client metrics configuration: {key}")
    values = {key: CLIENT_METRICS_PROPERTIES[key].read(key, text) for key, text in settings.items()}
    interval_ms = values.get("interval.ms")
    if interval_ms is not None and not 100 <= interval_ms <= 3_600_000:
        why = f"Invalid value {interval_ms} for interval.ms, interval must be between 100 and 3600000 (1 hour)"
        raise SubscriptionInvalid(why)
    for pattern in values.get("match", ()):
        selector, equals, expression = pattern.partition("=")
        if not equals or selector.strip() not in _SELECTORS or not _compiles(expression.strip()):
            raise ConfigInvalid(f"Illegal client matching pattern: {pattern}")


def _compiles(expression: str) -> bool:
    if len(expression) > _MAX_EXPRESSION:
        return False
    try:
        re.compile(expression)
    except (re.error, RecursionError, OverflowError):
        return False
    return True
