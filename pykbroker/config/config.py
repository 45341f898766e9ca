"""The broker's configuration as everyone reads it: `config.log_segment_bytes`, typed, frozen, checked as a whole.

What Kafka refuses is refused in its words, with where the value came from and what is valid.  A key that it does not
know is refused too, which Kafka does not do: a misspelt setting that is silently ignored costs more than a start that
says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pykbroker.config.listeners import Endpoint, read_listeners, read_metrics_listener
from pykbroker.config.table import BrokerProperties
from pykbroker.config.topic import LogConfig, check_together, read_topic_config
from pykbroker.config.unread import PREFIXES, unread
from pykbroker.config.values import ConfigInvalid, Contradiction, Property

_TABLE = BrokerProperties.table()
NOT_OF_ONE_LISTENER = "Settings of one listener, or of a plug-in, are not read."
_ALL = "*"
_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")
_HOST = re.compile(r"\[?[0-9a-zA-Z%._:-]*\]?")
_MEBIBYTE = 1024 * 1024
_HOUR_MS, _MINUTE_MS = 3_600_000, 60_000


class Config(BrokerProperties):
    """Every property of the table as an attribute, what follows from several of them, and `explicit`: who set what.

    `warnings` has one line for each property that was set and has no effect.
    """

    warnings: tuple[str, ...]
    explicit: Mapping[str, str]
    """The text of each property that was set, by its name; the others have their defaults."""
    sources: Mapping[str, str]
    """Where each of those came from, for people: `server.properties line 3`, `KAFKA_LISTENERS`, `-c`."""
    endpoints: tuple[Endpoint, ...]
    advertised_endpoints: tuple[Endpoint, ...]
    metrics_endpoint: Endpoint | None
    data_directory: str
    is_cordoned: bool
    """No new partitions in the data directory."""
    connections_per_address: Mapping[str, int]
    """max.connections.per.ip of the addresses that have one of their own."""

    def __init__(self, settings: Mapping[str, str] | None = None, sources: Mapping[str, str] | None = None) -> None:
        """From texts by property name.  Raises ConfigInvalid."""
        settings, sources = dict(settings or {}), dict(sources or {})
        values: dict[str, Any] = {name: row.of_default(name) for name, row in _TABLE.items()}
        warnings = []
        for name, text in settings.items():
            row = _row(name, sources.get(name))
            if row is not None:
                values[name] = _read(row, name, text, sources.get(name))
            if row is None or row.later:
                why = NOT_OF_ONE_LISTENER if row is None else row.later
                warnings.append(f"{name} is accepted and has no effect: {why}")
        self.__dict__.update({_attribute(name): values[name] for name in _TABLE})
        self.__dict__.update(explicit=settings, sources=sources, warnings=tuple(warnings))
        self.__dict__.update(self._node(), **self._memory(), **self._directory(), **self._listening())
        self.__dict__["connections_per_address"] = self._per_address()
        self._check_together()
        defaults = self._topic_defaults()
        self.__dict__.update(_log_defaults=defaults, _broker_log_config=LogConfig(**defaults))

    def log_config(self, overrides: Mapping[str, str | None] | None = None) -> LogConfig:
        """The settings of a topic that sets `overrides` itself; raises ConfigInvalid with Kafka's message.

        Without overrides it is one object for all topics.  What the brokers' defaults, which may change, contradict of
        them is no fault here: a topic that was there before goes on.
        """
        if not overrides:
            return self._broker_log_config
        return LogConfig(**(self._log_defaults | read_topic_config(overrides)))

    def check_topic_config(self, overrides: Mapping[str, str | None] | None) -> None:
        """Return if a topic can set `overrides` now; raises ConfigInvalid with Kafka's message."""
        if overrides:
            check_together(self.log_config(overrides))

    def value_of(self, name: str) -> Any:
        """The value of any property by its name, also of one that nobody reads; None if there is none of that name."""
        if name in _TABLE:
            return getattr(self, _attribute(name))
        row = unread().get(name)
        if row is None:
            return None
        return row.read(name, self.explicit[name]) if name in self.explicit else row.of_default(name)

    _log_defaults: dict[str, Any]
    _broker_log_config: LogConfig

    def _topic_defaults(self) -> dict[str, Any]:
        defaults = {"producer_id_expiration_ms": self.producer_id_expiration_ms}
        for name, row in LogConfig.table().items():
            for synonym in row.broker:
                value = getattr(self, _attribute(synonym))
                if value is not None:
                    defaults[_attribute(name)] = _in_ms(synonym, value)
                    break
        return defaults

    def _node(self) -> dict[str, Any]:
        if "broker" not in self.process_roles:
            raise ConfigInvalid("process.roles must contain broker: a controller of its own is not offered")
        if "classic" not in self.group_coordinator_rebalance_protocols:
            raise ConfigInvalid("Disabling the 'classic' protocol is not supported.")
        if "broker.id" not in self.explicit or self.broker_id < 0:
            return {"broker_id": self.node_id}
        if "node.id" in self.explicit and self.node_id != self.broker_id:
            raise ConfigInvalid("You must set `node.id` to the same value as `broker.id`.")
        return {"node_id": self.broker_id}

    def _memory(self) -> dict[str, Any]:
        bound, largest = self.queued_max_request_bytes, self.socket_request_max_bytes
        if 0 < bound < largest and "queued.max.request.bytes" in self.explicit:
            raise ConfigInvalid("queued.max.request.bytes must be larger or equal to socket.request.max.bytes")
        bound = bound if bound > 0 else int(BrokerProperties.queued_max_request_bytes.default or 0)
        return {"queued_max_request_bytes": max(bound, largest)}

    def _directory(self) -> dict[str, Any]:
        directories = self.log_dir if self.log_dirs is None else self.log_dirs
        if len(directories) > 1:
            raise ConfigInvalid(
                f"log.dirs has {len(directories)} directories, {', '.join(directories)}: one is served; "
                "name the one that has, or will have, the data"
            )
        if _ALL in self.cordoned_log_dirs and len(self.cordoned_log_dirs) > 1:
            raise Contradiction("When cordoned.log.dirs is set to *, it must not contain other values")
        if missing := set(self.cordoned_log_dirs) - {_ALL, *directories}:
            raise Contradiction(
                "All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : "
                + ", ".join(sorted(missing))
            )
        return {"data_directory": directories[0], "is_cordoned": bool(self.cordoned_log_dirs)}

    def _listening(self) -> dict[str, Any]:
        listening = read_listeners(
            self.listeners,
            self.advertised_listeners,
            protocol_map=self.listener_security_protocol_map,
            map_is_default="listener.security.protocol.map" not in self.explicit,
            controller_names=tuple(name.upper() for name in self.controller_listener_names),
            inter_broker_name=self.inter_broker_listener_name,
            client_address_is_told=self.pykbroker_advertise_client_address,
        )
        return {
            "endpoints": listening.bound,
            "advertised_endpoints": listening.advertised,
            "metrics_endpoint": read_metrics_listener(self.pykbroker_metrics_listener),
        }

    def _per_address(self) -> dict[str, int]:
        limits = {}
        for entry in filter(None, (word.strip() for word in self.max_connections_per_ip_overrides.split(","))):
            address, colon, limit = entry.rpartition(":")
            if not colon or not address or not _INTEGER.fullmatch(limit.strip()):
                raise ConfigInvalid(
                    f"max.connections.per.ip.overrides has {entry}: write ADDRESS:CONNECTIONS, several with commas"
                )
            if not _HOST.fullmatch(address):
                raise ConfigInvalid(f"max.connections.per.ip.overrides contains invalid addresses : {address}")
            limits[address.strip().strip("[]")] = int(limit)
        return limits

    def _check_together(self) -> None:
        if self.inter_broker_listener_name is not None and "security.inter.broker.protocol" in self.explicit:
            raise Contradiction(
                "Only one of inter.broker.listener.name and security.inter.broker.protocol should be set."
            )
        if self.log_cleaner_dedupe_buffer_size // max(self.value_of("log.cleaner.threads"), 1) <= _MEBIBYTE:
            raise Contradiction("log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.")
        if self.max_connections_per_ip == 0 and not self.connections_per_address:
            raise Contradiction(
                "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set."
            )
        if self.log_roll_ms is not None and self.log_roll_ms < 1:
            raise Contradiction("log.roll.ms must be greater than or equal to 1")
        if self.log_roll_jitter_ms is not None and self.log_roll_jitter_ms < 0:
            raise Contradiction("log.roll.jitter.ms must be greater than or equal to 0")
        for name in ("log.retention.ms", "log.retention.minutes", "log.retention.hours"):
            if getattr(self, _attribute(name)) == 0:
                raise Contradiction(f"{name} must be unlimited (-1) or, greater than or equal to 1")


def _attribute(name: str) -> str:
    return name.replace(".", "_")


def row_of(name: str) -> Property[Any] | None:
    """The row of one of the broker's properties."""
    return _TABLE.get(name) or unread().get(name)


def broker_rows() -> dict[str, Property[Any]]:
    """Every property of the broker, by name."""
    return {**_TABLE, **unread()}


def _row(name: str, source: str | None) -> Property[Any] | None:
    """The property's row; None for one that is known by its prefix; raises ConfigInvalid if it does not exist."""
    row = row_of(name)
    if row is None and not name.startswith(PREFIXES):
        raise ConfigInvalid(unknown(name, source))
    return row


def unknown(name: str, source: str | None = None) -> str:
    """What to say of a property that does not exist."""
    near = nearest(name)
    advice = f"did you mean {near}?" if near else "Kafka 4.3 has none of that name; take it out"
    return f"Unknown property {name}{_from(source)}: {advice}"


def nearest(name: str) -> str | None:
    """The property of the broker whose name is nearly `name`."""
    from difflib import get_close_matches  # which a start does without

    near = get_close_matches(name, [*_TABLE, *unread()], n=1)
    return near[0] if near else None


def is_known(name: str) -> bool:
    return name in _TABLE or name.startswith(PREFIXES) or name in unread()


def _read(row: Property[Any], name: str, text: str, source: str | None) -> object:
    try:
        return row.read(name, text)
    except ConfigInvalid as refusal:
        valid = f", {row.valid}" if row.valid else ""
        raise ConfigInvalid(f"{refusal}{_from(source)}; valid: {row.kind}{valid}") from None


def _from(source: str | None) -> str:
    return f" (from {source})" if source else ""


def _in_ms(synonym: str, value: Any) -> Any:
    """A broker's value as the topic's: hours and minutes in milliseconds, and any negative time as unlimited."""
    if synonym.startswith("log.retention.") and synonym != "log.retention.bytes" and value < 0:
        return -1
    if synonym.endswith(".hours"):
        return value * _HOUR_MS
    return value * _MINUTE_MS if synonym.endswith(".minutes") else value
