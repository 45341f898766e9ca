"""Who set the broker's properties: the operator at start, and since then dynamic configs, of all brokers or its own."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from pykbroker.config.config import NOT_OF_ONE_LISTENER, Config, nearest, row_of
from pykbroker.config.dynamic import (
    base_name,
    check_change,
    check_names_and_values,
    dynamic_row,
    merged,
    readable,
    synonyms_of,
)
from pykbroker.config.values import ConfigInvalid, Contradiction


class Source(IntEnum):
    """Who gave a property its value, as CreateTopics and DescribeConfigs number it."""

    DYNAMIC_TOPIC_CONFIG = 1
    DYNAMIC_BROKER_CONFIG = 2
    DYNAMIC_DEFAULT_BROKER_CONFIG = 3
    STATIC_BROKER_CONFIG = 4
    DEFAULT_CONFIG = 5
    DYNAMIC_BROKER_LOGGER_CONFIG = 6
    CLIENT_METRICS_CONFIG = 7
    GROUP_CONFIG = 8


class Synonym(NamedTuple):
    """One of the settings from which a property has its value."""

    name: str
    value: str | None
    source: Source


class Layers:
    """The settings of each layer, and `config`: what they come to.

    Dynamic configs that cannot be, which only another broker can have written, are left out; `ignored` says why.
    """

    config: Config
    ignored: tuple[str, ...]

    def __init__(self, started: Config, cluster: Mapping[str, str], node: Mapping[str, str]) -> None:
        """started: as the operator set it.  cluster, node: the dynamic configs of all brokers, and of this one."""
        self.started = started
        ignored: list[str] = []
        self.cluster = _possible(cluster, ignored, cluster_wide=True)
        self.node = _possible(node, ignored, cluster_wide=False)
        try:
            self.config = _together(started, self.cluster, self.node)
        except ConfigInvalid as invalid:
            ignored.append(f"the dynamic configs together cannot be: {invalid}")
            self.cluster, self.node, self.config = {}, {}, started
        self.ignored = tuple(ignored)

    @property
    def static(self) -> Mapping[str, str]:
        explicit = self.started.explicit
        if "node.id" in explicit and "broker.id" not in explicit:
            return {**explicit, "broker.id": explicit["node.id"]}  # as Kafka, which reads one for the other
        return explicit

    def check(self, settings: Mapping[str, str], *, cluster_wide: bool) -> None:
        """Return if `settings` can be all brokers', or this one's, dynamic configs; raises ConfigInvalid."""
        check_names_and_values(settings, cluster_wide=cluster_wide)
        cluster, node = (settings, self.node) if cluster_wide else (self.cluster, settings)
        try:
            changed = _together(self.started, cluster, node)
        except Contradiction as contradiction:
            raise ConfigInvalid(f"requirement failed: {contradiction}") from None  # as Kafka words it
        check_change(settings, self.config, changed)

    def synonyms(self, name: str) -> list[Synonym]:
        """All settings from which the broker's property `name` can have its value, the one that it has first."""
        found = [
            Synonym(synonym, layer[synonym], source)
            for layer, source in (
                (self.node, Source.DYNAMIC_BROKER_CONFIG),
                (self.cluster, Source.DYNAMIC_DEFAULT_BROKER_CONFIG),
                (self.static, Source.STATIC_BROKER_CONFIG),
            )
            for synonym in synonyms_of(name)
            if synonym in layer
        ]
        for synonym in synonyms_of(name):
            row = row_of(synonym)
            if row is not None and row.default is not None:
                found.append(Synonym(synonym, row.default, Source.DEFAULT_CONFIG))
        own = [synonym.name for synonym in found]
        return found[own.index(name) :] if name in own else []  # as Kafka: what stands before is of another name


def _together(started: Config, cluster: Mapping[str, str], node: Mapping[str, str]) -> Config:
    if not cluster and not node:
        return started
    return Config(merged(started.explicit, readable(cluster), readable(node)), started.sources)


def _possible(settings: Mapping[str, str], ignored: list[str], *, cluster_wide: bool) -> dict[str, str]:
    possible = {}
    for name, value in settings.items():
        try:
            check_names_and_values({name: value}, cluster_wide=cluster_wide)
            possible[name] = value
        except ConfigInvalid as invalid:
            ignored.append(f"the dynamic config {name} is ignored: {invalid}")
    return possible


def without_effect(settings: Mapping[str, str]) -> list[str]:
    """One line for each of `settings` that is accepted and has no effect."""
    lines = []
    for name in settings:
        row = dynamic_row(name)
        why = NOT_OF_ONE_LISTENER if base_name(name) != name else row.later if row else _nobodys(name)
        if why:
            lines.append(f"{_printable(name)} is accepted and has no effect: {why}")
    return lines


def _nobodys(name: str) -> str:
    near = nearest(name)
    return f"Kafka 4.3 has none of that name{f', did you mean {near}?' if near else '; nothing reads it.'}"


def _printable(name: str) -> str:
    """A client chose it: it must not begin a line of its own."""
    return name if name.isprintable() else repr(name)
