"""What the configuration of a resource looks like from outside: each property with its value and who gave it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pykbroker.config.client_metrics import CLIENT_METRICS_PROPERTIES
from pykbroker.config.config import broker_rows
from pykbroker.config.dynamic import DYNAMIC, dynamic_row
from pykbroker.config.group import GROUP_PROPERTIES
from pykbroker.config.layers import Layers, Source, Synonym
from pykbroker.config.topic import TOPIC_PROPERTIES, LogConfig
from pykbroker.config.values import Property, as_text

_UNTOLD = """
controller.performance.always.log.threshold.ms controller.performance.sample.period.ms
group.consumer.regex.refresh.interval.ms group.share.initialize.retry.interval.ms group.share.persister.class.name
internal.metadata.delete.delay.millis internal.metadata.log.segment.bytes internal.metadata.max.batch.size.in.bytes
log.initial.task.delay.ms producer.id.expiration.check.interval.ms remote.log.index.file.cache.ttl.ms
remote.log.manager.task.retry.backoff.max.ms remote.log.manager.task.retry.backoff.ms
remote.log.manager.task.retry.jitter server.max.startup.time.ms share.coordinator.cold.partition.snapshot.interval.ms
share.coordinator.state.topic.prune.interval.ms unclean.leader.election.interval.ms unstable.api.versions.enable
unstable.feature.versions.enable
"""
_INTERNAL = frozenset(_UNTOLD.split())  # Kafka tells of these only if they are set; so do we of our own


class Described(NamedTuple):
    """One property.  `kind`: its type, "" if nobody knows it."""

    name: str
    value: str | None
    source: Source
    synonyms: list[Synonym]
    kind: str
    documentation: str
    read_only: bool = False

    @property
    def is_sensitive(self) -> bool:
        return self.kind in ("", "password")  # what is unknown may be a plug-in's secret


def described_broker(layers: Layers) -> Iterator[Described]:
    """Every property of the broker, and what else was set."""
    told = [name for name in broker_rows() if name not in _INTERNAL and not name.startswith("pykbroker.")]
    for name in dict.fromkeys([*told, *layers.static, *layers.cluster, *layers.node]):
        yield _of_broker(name, layers, layers.synonyms(name), layers.config.value_of(name))


def described_cluster(layers: Layers) -> Iterator[Described]:
    """The dynamic configs of all brokers."""
    for name, value in layers.cluster.items():
        of_all = [s for s in layers.synonyms(name) if s.source is Source.DYNAMIC_DEFAULT_BROKER_CONFIG]
        yield _of_broker(name, layers, of_all, value)


def _of_broker(name: str, layers: Layers, synonyms: list[Synonym], value: object) -> Described:
    row = dynamic_row(name)
    if value is None and synonyms:  # not one of Config's
        value = synonyms[0].value
    return _described(name, value, synonyms, row, read_only=name not in DYNAMIC)


def described_topic(layers: Layers, overrides: Mapping[str, str], config: LogConfig) -> Iterator[Described]:
    """Every property of a topic that sets `overrides` itself, which come to `config`."""
    for name, row in TOPIC_PROPERTIES.items():
        if name.startswith("internal.") and name not in overrides:
            continue
        value = getattr(config, name.replace(".", "_"))
        synonyms = layers.synonyms(row.broker[0]) if row.broker else []
        if name in overrides:
            synonyms = [Synonym(name, as_text(value), Source.DYNAMIC_TOPIC_CONFIG), *synonyms]
        yield _described(name, value, synonyms, row)


def described_group(layers: Layers, overrides: Mapping[str, str]) -> Iterator[Described]:
    """Every property of a group that sets `overrides` itself."""
    for name, row in GROUP_PROPERTIES.items():
        of_broker = layers.synonyms(f"group.{name}")
        synonyms = of_broker or [Synonym(name, row.default, Source.DEFAULT_CONFIG)]
        value = layers.config.value_of(f"group.{name}") if of_broker else row.default
        if name in overrides:
            value = row.read(name, overrides[name])
            synonyms = [Synonym(name, as_text(value), Source.GROUP_CONFIG), *synonyms]
        yield _described(name, value, synonyms, row)


def described_client_metrics(overrides: Mapping[str, str]) -> Iterator[Described]:
    """Every property of a subscription to clients' metrics that sets `overrides`."""
    for name, row in CLIENT_METRICS_PROPERTIES.items():
        value = row.read(name, overrides[name]) if name in overrides else row.default
        own = [Synonym(name, as_text(value), Source.CLIENT_METRICS_CONFIG)] if name in overrides else []
        yield _described(name, value, own, row)


def _described(
    name: str, value: object, synonyms: list[Synonym], row: Property[Any] | None, *, read_only: bool = False
) -> Described:
    source = synonyms[0].source if synonyms else Source.DEFAULT_CONFIG
    words = (row.does or row.differs or row.later) if row else ""
    return Described(name, as_text(value), source, synonyms, row.kind if row else "", words, read_only)


def created_topic_config(
    layers: Layers, overrides: Mapping[str, str | None]
) -> Iterator[tuple[str, str | None, Source]]:
    """(name, value, source) of every setting of a new topic, by name, as CreateTopics tells them; internal ones if set.

    What a topic sets itself keeps the text that it was given.
    """
    inherited = layers.config.log_config()
    for name, row in sorted(TOPIC_PROPERTIES.items()):
        if name in overrides:
            yield name, overrides[name], Source.DYNAMIC_TOPIC_CONFIG
        elif not name.startswith("internal."):
            value = as_text(getattr(inherited, name.replace(".", "_")))
            yield name, value, _inherited_from(layers, row)


def _inherited_from(layers: Layers, row: Property[Any]) -> Source:
    for layer, source in (
        (layers.node, Source.DYNAMIC_BROKER_CONFIG),
        (layers.cluster, Source.DYNAMIC_DEFAULT_BROKER_CONFIG),
        (layers.static, Source.STATIC_BROKER_CONFIG),
    ):
        if any(synonym in layer for synonym in row.broker):
            return source
    return Source.DEFAULT_CONFIG
