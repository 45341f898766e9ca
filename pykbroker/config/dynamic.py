"""Which of the broker's properties can change while it runs, and whether a change of them can be.

Source: DynamicBrokerConfig, DynamicConfig and ConfigHelper, 4.3.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pykbroker.config.config import Config, row_of
from pykbroker.config.values import ConfigInvalid, Long, Property

_DYNAMIC = """
background.threads compression.gzip.level compression.lz4.level compression.type compression.zstd.level
config.providers cordoned.log.dirs follower.fetch.last.tiered.offset.enable group.consumer.assignment.interval.ms
group.coordinator.cached.buffer.max.bytes group.share.assignment.interval.ms group.streams.assignment.interval.ms
listener.security.protocol.map listeners log.cleaner.backoff.ms log.cleaner.dedupe.buffer.size
log.cleaner.delete.retention.ms log.cleaner.io.buffer.load.factor log.cleaner.io.buffer.size
log.cleaner.io.max.bytes.per.second log.cleaner.max.compaction.lag.ms log.cleaner.min.cleanable.ratio
log.cleaner.min.compaction.lag.ms log.cleaner.threads log.cleanup.policy log.flush.interval.messages
log.flush.interval.ms log.index.interval.bytes log.index.size.max.bytes log.local.retention.bytes
log.local.retention.ms log.message.timestamp.after.max.ms log.message.timestamp.before.max.ms
log.message.timestamp.type log.preallocate log.retention.bytes log.retention.ms log.roll.jitter.ms log.roll.ms
log.segment.bytes log.segment.delete.delay.ms max.connection.creation.rate max.connections max.connections.per.ip
max.connections.per.ip.overrides message.max.bytes metric.reporters min.insync.replicas num.io.threads
num.network.threads num.recovery.threads.per.data.dir num.replica.fetchers principal.builder.class
producer.id.expiration.ms remote.fetch.max.wait.ms remote.list.offsets.request.timeout.ms
remote.log.index.file.cache.total.size.bytes remote.log.manager.copier.thread.pool.size
remote.log.manager.copy.max.bytes.per.second remote.log.manager.expiration.thread.pool.size
remote.log.manager.fetch.max.bytes.per.second remote.log.manager.follower.thread.pool.size remote.log.reader.threads
sasl.enabled.mechanisms sasl.jaas.config sasl.kerberos.kinit.cmd sasl.kerberos.min.time.before.relogin
sasl.kerberos.principal.to.local.rules sasl.kerberos.service.name sasl.kerberos.ticket.renew.jitter
sasl.kerberos.ticket.renew.window.factor sasl.login.refresh.buffer.seconds sasl.login.refresh.min.period.seconds
sasl.login.refresh.window.factor sasl.login.refresh.window.jitter sasl.mechanism.inter.broker.protocol
share.coordinator.cached.buffer.max.bytes ssl.cipher.suites ssl.client.auth ssl.enabled.protocols
ssl.endpoint.identification.algorithm ssl.engine.factory.class ssl.key.password ssl.keymanager.algorithm
ssl.keystore.certificate.chain ssl.keystore.key ssl.keystore.location ssl.keystore.password ssl.keystore.type
ssl.protocol ssl.provider ssl.secure.random.implementation ssl.trustmanager.algorithm ssl.truststore.certificates
ssl.truststore.location ssl.truststore.password ssl.truststore.type transaction.partition.verification.enable
unclean.leader.election.enable
"""
DYNAMIC = frozenset(_DYNAMIC.split())
"""The properties that a 4.3.1 describes as not read-only."""

QUOTAS: dict[str, Property[int]] = {
    name: Long("9223372036854775807", "[0,...]", later="There is one replica: nothing is replicated.")
    for name in (
        "follower.replication.throttled.rate",
        "leader.replication.throttled.rate",
        "replica.alter.log.dirs.io.max.bytes.per.second",
    )
}
"""Properties that exist as dynamic ones only."""

_STORES = """
ssl.keystore.type ssl.keystore.location ssl.keystore.password ssl.key.password ssl.keystore.certificate.chain
ssl.keystore.key ssl.truststore.type ssl.truststore.location ssl.truststore.password ssl.truststore.certificates
"""
_SECURITY = frozenset(_STORES.split())
_PER_BROKER = re.compile(
    r"(ssl|sasl)\..*|principal\.builder\.class|listeners|cordoned\.log\.dirs|listener\.security\.protocol\.map"
)
_OF_LISTENER = re.compile(r"listener\.name\.[^.]*\.(.*)")
_CLUSTER_WIDE_OF_LISTENER = {"max.connections", "max.connection.creation.rate", "num.network.threads"}
_THREADS = re.compile(r".*\.threads|.*\.thread\.pool\.size|num\.replica\.fetchers|num\.recovery\.threads\..*")
BOUND_AT_START = ("listeners", "listener.security.protocol.map")
_SAME_SETTING = (
    ("log.roll.ms", "log.roll.hours"),
    ("log.roll.jitter.ms", "log.roll.jitter.hours"),
    ("log.retention.ms", "log.retention.minutes", "log.retention.hours"),
)


def base_name(name: str) -> str:
    """The property that a listener's own setting is one of; any other is itself."""
    of_listener = _OF_LISTENER.fullmatch(name)
    return of_listener[1] if of_listener else name


def dynamic_row(name: str) -> Property[Any] | None:
    """The row of a property of the broker, also one that is dynamic only, or a listener's; None if it is unknown."""
    return row_of(base_name(name)) or QUOTAS.get(name)


def synonyms_of(name: str) -> tuple[str, ...]:
    """The properties that say what `name` says, the strongest first."""
    if name == "log.flush.interval.ms":
        return name, "log.flush.scheduler.interval.ms"
    if name != base_name(name):
        return name, base_name(name)
    return next((same for same in _SAME_SETTING if name in same), (name,))


def merged(*layers: Mapping[str, str]) -> dict[str, str]:
    """The settings of all layers, the later ones win, and a setting takes the place of its synonyms further down."""
    settings: dict[str, str] = {}
    for layer in layers:
        for name, value in layer.items():
            if name == base_name(name):
                for synonym in synonyms_of(name):
                    settings.pop(synonym, None)
            settings[name] = value
    return settings


def readable(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that `Config` knows: a dynamic config may have any name, for plug-ins to read."""
    return {name: value for name, value in settings.items() if row_of(name) is not None}


def check_names_and_values(settings: Mapping[str, str], *, cluster_wide: bool) -> None:
    """Return if each setting for itself can be one of a node, or of all; raises ConfigInvalid in Kafka's words."""
    fixed = [name for name in settings if row_of(name) is not None and name not in DYNAMIC]
    _refuse(fixed, "Cannot update these configs dynamically")
    _refuse(
        _SECURITY & settings.keys(),
        "These security configs can be dynamically updated only per-listener using the listener prefix",
    )
    for name, value in settings.items():
        if row := dynamic_row(name):
            try:
                row.read(base_name(name), value)
            except ConfigInvalid as invalid:
                raise (invalid if base_name(name) == name else _not_dynamically(str(invalid))) from None
    if cluster_wide:
        _refuse(
            filter(_is_per_broker, settings),
            "Cannot update these configs at default cluster level, broker id must be specified",
        )


def check_change(settings: Mapping[str, str], now: Config, changed: Config) -> None:
    """Return if `settings`, which make `changed` of `now`, can change while the broker runs; raises ConfigInvalid."""
    for name in BOUND_AT_START:
        if name in settings and settings[name] != now.explicit.get(name):
            raise ConfigInvalid(f"{name} cannot change while the broker runs: set it in its file and restart it")
    if settings.get("metric.reporters", "") not in ("", _default("metric.reporters")):
        raise ConfigInvalid("metric.reporters names Java classes, and none can be loaded here: leave it as it is")
    for name, value in settings.items():
        base = base_name(name)
        if base in DYNAMIC and _THREADS.fullmatch(base) and (row := row_of(base)):
            _check_threads(base, row.read(base, value), now.value_of(base))
    _check_local_retention(changed)


def _not_dynamically(why: str) -> ConfigInvalid:
    """As Kafka words it, with the name of its own exception."""
    raised = f"org.apache.kafka.common.config.ConfigException: {why}"
    return ConfigInvalid(f"Invalid value {raised} for configuration Invalid dynamic configuration")


def _check_threads(name: str, wanted: int, current: int) -> None:
    if name == "log.cleaner.threads":
        _check_cleaner_threads(wanted, current)
        return
    failed = f"Dynamic thread count update validation failed for {name}={wanted}, value should"
    if wanted < current // 2:
        raise _not_dynamically(f"{failed} be at least half the current value {current}")
    if wanted > current * 2:
        raise _not_dynamically(f"{failed} not be greater than double the current value {current}")


def _check_cleaner_threads(wanted: int, current: int) -> None:
    if wanted < 1:
        raise _not_dynamically("Log cleaner threads should be at least 1")
    if wanted < current // 2:
        raise _not_dynamically(f"Log cleaner threads cannot be reduced to less than half the current value {current}")
    if wanted > current * 2:
        raise _not_dynamically(
            f"Log cleaner threads cannot be increased to more than double the current value {current}"
        )


def _check_local_retention(config: Config) -> None:
    topics = config.log_config()
    for unit, local, whole in (
        ("ms", topics.local_retention_ms, topics.retention_ms),
        ("bytes", topics.local_retention_bytes, topics.retention_bytes),
    ):
        if whole != -1 and (local == -1 or local > whole):
            raise _not_dynamically(
                f"Invalid value {local} for configuration log.local.retention.{unit}: "
                f"Value must not be more than log.retention.{unit} property value: {whole}"
            )


def _default(name: str) -> str | None:
    row = row_of(name)
    return row.default if row else None


def _is_per_broker(name: str) -> bool:
    base = base_name(name)
    if base != name:
        return base not in _CLUSTER_WIDE_OF_LISTENER
    return name in DYNAMIC and _PER_BROKER.fullmatch(name) is not None


def _refuse(names: Iterable[str], why: str) -> None:
    if listed := ", ".join(names):
        raise ConfigInvalid(f"{why}: [{listed}]")
