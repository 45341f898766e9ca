"""The group's properties, once: types, defaults, valid values, and the broker's that give defaults and bounds.

Source: GroupConfig, 4.3.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pykbroker.config.config import Config, row_of
from pykbroker.config.values import Boolean, ConfigInvalid, Int, Property, String, Values, refused

_NOT_CONSUMER = "The consumer group protocol is not served yet."
_NOT_SHARE = "Share groups are not served yet."
_NOT_STREAMS = "Streams groups are not served yet."
_DURATION = re.compile(r"by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,9})?S)?)?", re.IGNORECASE)
_PROTOCOLS = ("consumer", "share", "streams")


class GroupConfig(Values):
    """The table.  The default of a property is the broker's `group.` and its name, where there is one."""

    consumer_assignment_interval_ms = Int("1000", "[0,...]", later=_NOT_CONSUMER)
    consumer_heartbeat_interval_ms = Int("5000", "[1,...]", later=_NOT_CONSUMER)
    consumer_session_timeout_ms = Int("45000", "[1,...]", later=_NOT_CONSUMER)
    share_assignment_interval_ms = Int("1000", "[0,...]", later=_NOT_SHARE)
    share_auto_offset_reset = String("latest", "[latest, earliest, by_duration:PnDTnHnMn.nS]", later=_NOT_SHARE)
    share_delivery_count_limit = Int("5", "[2,...]", later=_NOT_SHARE)
    share_heartbeat_interval_ms = Int("5000", "[1,...]", later=_NOT_SHARE)
    share_isolation_level = String("read_uncommitted", "[read_committed, read_uncommitted]", later=_NOT_SHARE)
    share_partition_max_record_locks = Int("2000", "[100,...]", later=_NOT_SHARE)
    share_record_lock_duration_ms = Int("30000", "[1000,...]", later=_NOT_SHARE)
    share_renew_acknowledge_enable = Boolean("true", later=_NOT_SHARE)
    share_session_timeout_ms = Int("45000", "[1,...]", later=_NOT_SHARE)
    streams_assignment_interval_ms = Int("1000", "[0,...]", later=_NOT_STREAMS)
    streams_heartbeat_interval_ms = Int("5000", "[1,...]", later=_NOT_STREAMS)
    streams_initial_rebalance_delay_ms = Int("3000", "[0,...]", later=_NOT_STREAMS)
    streams_num_standby_replicas = Int("0", "[0,...]", later=_NOT_STREAMS)
    streams_session_timeout_ms = Int("45000", "[1,...]", later=_NOT_STREAMS)


GROUP_PROPERTIES: dict[str, Property[Any]] = GroupConfig.table()


def read_group_config(settings: Mapping[str, str], broker: Config) -> None:
    """Return if a group may set `settings`; raises ConfigInvalid with Kafka's message if not."""
    for name in settings:
        if name not in GROUP_PROPERTIES:
            raise ConfigInvalid(f"Unknown group config name: {name}")
    values = {name: GROUP_PROPERTIES[name].read(name, text) for name, text in settings.items()}
    reset = values.get("share.auto.offset.reset", "latest")
    if reset not in ("latest", "earliest") and not _DURATION.fullmatch(reset):
        name, form = "share.auto.offset.reset", "'by_duration:<PnDTnHnMn.nS>'"
        why = f"The value must be either 'earliest', 'latest' or of the format {form}."
        raise refused(name, reset, f"Invalid value `{reset}` for configuration {name}. {why}")  # as Kafka: twice
    for name, value in values.items():
        _check_bounds(name, value, broker)
    for protocol in _PROTOCOLS:
        heartbeat, session = f"{protocol}.heartbeat.interval.ms", f"{protocol}.session.timeout.ms"
        if _value(session, values, broker) <= _value(heartbeat, values, broker):
            raise ConfigInvalid(f"{session} must be greater than {heartbeat}")


def _check_bounds(name: str, value: Any, broker: Config) -> None:
    protocol, _, rest = name.partition(".")
    least, most = f"group.{protocol}.min.{rest}", f"group.{protocol}.max.{rest}"
    if name == "streams.num.standby.replicas":
        most = "group.streams.max.standby.replicas"
    if row_of(least) and value < broker.value_of(least):
        raise ConfigInvalid(f"{name} must be greater than or equal to {least}")
    if row_of(most) and value > broker.value_of(most):
        raise ConfigInvalid(f"{name} must be less than or equal to {most}")


def _value(name: str, values: Mapping[str, Any], broker: Config) -> Any:
    return values[name] if name in values else broker.value_of(f"group.{name}")
