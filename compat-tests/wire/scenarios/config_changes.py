"""IncrementalAlterConfigs and AlterConfigs."""

from __future__ import annotations

import time

from both.client import Broker
from pykbroker_protocol.apis.alter_configs import ALTER_CONFIGS
from pykbroker_protocol.apis.incremental_alter_configs import INCREMENTAL_ALTER_CONFIGS

from . import Answers, scenario
from .configs import (
    APPEND,
    BROKER,
    DELETE,
    GROUP,
    LOGGER,
    METRICS,
    SET,
    SLOW_S,
    SUBTRACT,
    TOPIC,
    Replaced,
    asked,
    change,
    changed,
    describe,
    explicit,
    replace,
    replaced,
)

OPERATIONS: list[tuple[str, list[tuple[str, int, str | None]]]] = [
    ("set", [("retention.ms", SET, "1000"), ("segment.ms", SET, " 77 ")]),
    ("set again", [("retention.ms", SET, "1000")]),
    ("set another", [("retention.ms", SET, "2000")]),
    ("delete", [("retention.ms", DELETE, None)]),
    ("delete with a value", [("segment.ms", DELETE, "5")]),
    ("delete what is not set", [("retention.ms", DELETE, None)]),
    ("append", [("cleanup.policy", APPEND, "compact")]),
    ("append what is there", [("cleanup.policy", APPEND, "compact")]),
    ("subtract", [("cleanup.policy", SUBTRACT, "delete")]),
    ("subtract what is not there", [("cleanup.policy", SUBTRACT, "delete")]),
    ("append two", [("cleanup.policy", APPEND, "delete,compact")]),
    ("append blanks", [("cleanup.policy", APPEND, " delete ")]),
    ("subtract all", [("cleanup.policy", SUBTRACT, "delete,compact")]),
    ("append to no list", [("retention.ms", APPEND, "1")]),
    ("subtract from no list", [("retention.ms", SUBTRACT, "1")]),
    ("append to the unknown", [("unheard.of", APPEND, "1")]),
    ("append throttles", [("leader.replication.throttled.replicas", APPEND, "0:1,1:1")]),
    ("append throttles again", [("leader.replication.throttled.replicas", APPEND, "0:1,2:1")]),
    ("append no throttle", [("leader.replication.throttled.replicas", APPEND, "x")]),
    ("subtract throttles", [("leader.replication.throttled.replicas", SUBTRACT, "0:1,1:1,2:1")]),
    ("append nothing", [("leader.replication.throttled.replicas", APPEND, "")]),
    ("set the unknown", [("unheard.of", SET, "1")]),
    ("delete the unknown", [("unheard.of", DELETE, None)]),
    ("set a wrong one", [("retention.ms", SET, "often")]),
    ("set one good, one wrong", [("retention.ms", SET, "5"), ("segment.bytes", SET, "1")]),
    ("set null", [("retention.ms", SET, None)]),
    ("set two nulls", [("retention.ms", SET, None), ("segment.ms", SET, None)]),
    ("append null", [("cleanup.policy", APPEND, None)]),
    ("set an empty value", [("retention.ms", SET, "")]),
    ("set an empty policy", [("cleanup.policy", SET, "")]),
    ("the same twice", [("retention.ms", SET, "1"), ("retention.ms", DELETE, None)]),
    ("operation 4", [("retention.ms", 4, "1")]),
    ("operation -1", [("retention.ms", -1, "1")]),
    ("nothing", []),
    ("an empty name", [("", SET, "1")]),
    ("compaction lags that conflict", [("min.compaction.lag.ms", SET, "9"), ("max.compaction.lag.ms", SET, "3")]),
    ("remote storage", [("remote.storage.enable", SET, "true")]),
    ("an internal one", [("internal.segment.bytes", SET, "1000")]),
    ("min.insync.replicas", [("min.insync.replicas", SET, "2")]),
    ("min.insync.replicas again", [("min.insync.replicas", DELETE, None)]),
]


@scenario(INCREMENTAL_ALTER_CONFIGS)
def a_topics_changes(broker: Broker, version: int) -> Answers:
    topic = broker.topic("topic")
    for label, operations in OPERATIONS:
        checked = change(broker, version, changed(TOPIC, topic.name, *operations), validate_only=True)
        yield f"{label}, only checked", checked
        yield label, change(broker, version, changed(TOPIC, topic.name, *operations))
        yield f"{label}: now", explicit(broker, TOPIC, topic.name)


@scenario(INCREMENTAL_ALTER_CONFIGS)
def changes_of_nothing(broker: Broker, version: int) -> Answers:
    good, one = broker.topic("good"), [("retention.ms", SET, "1000")]
    for name in ("nowhere", "", ".", "in valid", "x" * 250):
        yield f"topic {name:.10}", change(broker, version, changed(TOPIC, name, *one))
        yield f"topic {name:.10}, nothing", change(broker, version, changed(TOPIC, name))
    yield (
        "nowhere, a wrong value",
        change(broker, version, changed(TOPIC, "nowhere", ("retention.ms", SET, "often"))),
    )
    yield "none", change(broker, version)
    yield (
        "the same topic twice, and another",
        change(broker, version, changed(TOPIC, "a", *one), changed(TOPIC, good.name, *one), changed(TOPIC, "a", *one)),
    )
    yield "good and bad", change(broker, version, changed(TOPIC, good.name, *one), changed(TOPIC, "nowhere", *one))
    yield "now", explicit(broker, TOPIC, good.name)
    for kind in (0, 1, 3, 64, -1):
        yield f"type {kind}", change(broker, version, changed(kind, "x", *one))
        yield f"type {kind}, nothing", change(broker, version, changed(kind, "x"))


BROKERS: list[tuple[str, list[tuple[str, int, str | None]]]] = [
    ("set", [("log.retention.ms", SET, "5000")]),
    ("set again", [("log.retention.ms", SET, "5000")]),
    ("set a synonym", [("log.retention.minutes", SET, "2")]),
    ("set what is fixed", [("log.dirs", SET, "/x")]),
    ("set two that are fixed", [("num.partitions", SET, "3"), ("auto.create.topics.enable", SET, "false")]),
    ("delete what is fixed", [("log.dirs", DELETE, None)]),
    ("set the unknown", [("unheard.of", SET, "1")]),
    ("append to the unknown", [("never.heard.of", APPEND, "1")]),
    ("delete the unknown", [("unheard.of", DELETE, None)]),
    ("delete", [("log.retention.ms", DELETE, None)]),
    ("set a wrong one", [("log.cleaner.threads", SET, "many")]),
    ("set zero threads", [("num.io.threads", SET, "0")]),
    ("set too many threads", [("num.io.threads", SET, "100")]),
    ("set too few threads", [("num.io.threads", SET, "1")]),
    ("set threads", [("num.io.threads", SET, "9")]),
    ("set null", [("num.io.threads", SET, None)]),
    ("append", [("log.cleanup.policy", APPEND, "compact")]),
    ("subtract", [("log.cleanup.policy", SUBTRACT, "delete")]),
    ("append to no list", [("log.retention.ms", APPEND, "1")]),
    ("subtract from no list", [("log.retention.ms", SUBTRACT, "1")]),
    ("append to what is fixed", [("process.roles", APPEND, "broker")]),
    ("append to metric.reporters", [("metric.reporters", APPEND, "no.such.Class")]),
    ("operation 4", [("log.retention.ms", 4, "1")]),
    ("the same twice", [("log.retention.ms", SET, "1"), ("log.retention.ms", SET, "1")]),
    ("nothing", []),
    ("set a keystore", [("ssl.keystore.location", SET, "/x")]),
    ("set a listener's keystore", [("listener.name.plaintext.ssl.keystore.type", SET, "PKCS12")]),
    ("set connections", [("max.connections", SET, "100")]),
    ("set a rate", [("max.connection.creation.rate", SET, "100")]),
    ("set connections per ip", [("max.connections.per.ip.overrides", SET, "127.0.0.1:50")]),
    ("set a throttle", [("leader.replication.throttled.rate", SET, "1000")]),
    ("set a bad throttle", [("leader.replication.throttled.rate", SET, "-1")]),
    ("set message.max.bytes", [("message.max.bytes", SET, "2000000")]),
    ("set segment bytes", [("log.segment.bytes", SET, "1")]),
    ("set a lag", [("log.cleaner.min.compaction.lag.ms", SET, "-1")]),
    ("set local retention", [("log.local.retention.ms", SET, "99999999999")]),
    ("set advertised.listeners", [("advertised.listeners", SET, "PLAINTEXT://127.0.0.1:1")]),
    ("set producer expiry", [("producer.id.expiration.ms", SET, "5000")]),
    ("set uncleanness", [("unclean.leader.election.enable", SET, "true")]),
    ("set min.insync.replicas", [("min.insync.replicas", SET, "2")]),
    ("delete min.insync.replicas", [("min.insync.replicas", DELETE, None)]),
    ("set roll hours", [("log.roll.hours", SET, "5")]),
    ("set roll ms", [("log.roll.ms", SET, "-5")]),
    ("set retention 0", [("log.retention.ms", SET, "0")]),
    ("set wrong overrides", [("max.connections.per.ip.overrides", SET, "127.0.0.1")]),
    ("set overrides to many", [("max.connections.per.ip.overrides", SET, "127.0.0.1:many")]),
    ("set negative overrides", [("max.connections.per.ip.overrides", SET, "127.0.0.1:-1")]),
    ("set an address's overrides by name", [("max.connections.per.ip.overrides", SET, "no.such.host.invalid:5")]),
    ("set overrides of no address", [("max.connections.per.ip.overrides", SET, "a b:5")]),
    ("delete overrides", [("max.connections.per.ip.overrides", DELETE, None)]),
    ("set no connections per address", [("max.connections.per.ip", SET, "0")]),
    ("set negative connections", [("max.connections", SET, "-1")]),
    ("set connections per address", [("max.connections.per.ip", SET, "1000")]),
    ("set a negative rate", [("max.connection.creation.rate", SET, "-1")]),
    ("set a listener's connections", [("listener.name.plaintext.max.connections", SET, "1000")]),
    ("set a listener's wrong connections", [("listener.name.plaintext.max.connections", SET, "many")]),
    ("set a listener's network threads", [("listener.name.plaintext.num.network.threads", SET, "100")]),
    ("set recovery threads", [("num.recovery.threads.per.data.dir", SET, "100")]),
    ("set background threads", [("background.threads", SET, "1")]),
    ("set cleaner threads", [("log.cleaner.threads", SET, "3")]),
    ("set a small dedupe buffer", [("log.cleaner.dedupe.buffer.size", SET, "1000")]),
    ("set an io buffer", [("log.cleaner.io.buffer.size", SET, "1000")]),
    ("set a load factor", [("log.cleaner.io.buffer.load.factor", SET, "0.5")]),
    ("set a dirty ratio", [("log.cleaner.min.cleanable.ratio", SET, "1.5")]),
    ("set a backoff", [("log.cleaner.backoff.ms", SET, "-1")]),
    (
        "set contradicting lags",
        [("log.cleaner.min.compaction.lag.ms", SET, "9"), ("log.cleaner.max.compaction.lag.ms", SET, "3")],
    ),
    ("set no policy", [("log.cleanup.policy", SET, "")]),
    ("set a wrong policy", [("log.cleanup.policy", SET, "keep")]),
    ("set a codec", [("compression.type", SET, "brotli")]),
    ("set a level", [("compression.gzip.level", SET, "0")]),
    ("set a timestamp type", [("log.message.timestamp.type", SET, "Mine")]),
    ("set times", [("log.message.timestamp.before.max.ms", SET, "-1")]),
    ("set an index", [("log.index.size.max.bytes", SET, "3")]),
    ("set flushes", [("log.flush.interval.messages", SET, "0")]),
    ("set retention bytes", [("log.retention.bytes", SET, "-2")]),
    ("set jitter", [("log.roll.jitter.ms", SET, "-1")]),
    ("set a delay", [("log.segment.delete.delay.ms", SET, "-1")]),
    ("cordon elsewhere", [("cordoned.log.dirs", SET, "/no/such")]),
    ("cordon elsewhere too", [("cordoned.log.dirs", SET, "*,/no/such")]),
    ("set a wrong boolean", [("log.preallocate", SET, "maybe")]),
    ("set mechanisms", [("sasl.enabled.mechanisms", SET, "PLAIN")]),
    ("set a wrong map", [("listener.security.protocol.map", SET, "PLAINTEXT")]),
    ("set group timeout", [("group.max.session.timeout.ms", SET, "1800001")]),
]


def clear(broker: Broker, name: str) -> None:
    """The broker's dynamic configs are gone, so that the next scenario finds them as this one did."""
    keep = {"min_insync_replicas": "1"} if name == "" else {}
    replace(broker, 2, replaced(BROKER, name, **keep))
    time.sleep(SLOW_S)


@scenario(INCREMENTAL_ALTER_CONFIGS)
def a_brokers_changes(broker: Broker, version: int) -> Answers:
    for name in ("1", ""):
        for label, operations in BROKERS:
            label = f"{label}, {name or 'cluster'}"
            yield (
                f"{label}, only checked",
                change(broker, version, changed(BROKER, name, *operations), validate_only=True),
            )
            yield label, change(broker, version, changed(BROKER, name, *operations))
            yield f"{label}: now", explicit(broker, BROKER, name)
        clear(broker, name)
        yield f"cleared, {name or 'cluster'}", explicit(broker, BROKER, name)
    for name in ("2", "-1", "x", "01"):
        yield f"broker {name}", change(broker, version, changed(BROKER, name, ("num.io.threads", SET, "9")))
    clear(broker, "1")


@scenario(INCREMENTAL_ALTER_CONFIGS)
def defaults_that_change(broker: Broker, version: int) -> Answers:
    """What a topic inherits."""
    topic = broker.topic("topic")
    keys = ("retention.ms", "segment.ms", "max.message.bytes")
    for name, minutes in (("", "3"), ("1", "4")):
        change(broker, version, changed(BROKER, name, ("log.retention.minutes", SET, minutes)))
        change(broker, version, changed(BROKER, name, ("message.max.bytes", SET, f"{minutes}000000")))
        time.sleep(SLOW_S)
        label = name or "cluster"
        yield f"topic, {label}", describe(broker, 4, asked(TOPIC, topic.name, *keys), include_synonyms=True)
        yield (
            f"broker, {label}",
            describe(
                broker,
                4,
                asked(BROKER, "1", "log.retention.ms", "log.retention.minutes", "log.retention.hours"),
                include_synonyms=True,
            ),
        )
        yield f"cluster, {label}", describe(broker, 4, asked(BROKER, ""), include_synonyms=True)
    for name in ("1", ""):
        clear(broker, name)


@scenario(INCREMENTAL_ALTER_CONFIGS)
def changes_of_others(broker: Broker, version: int) -> Answers:
    group, metrics = broker.name("group"), broker.name("metrics")
    for label, kind, name, operations in (
        ("group", GROUP, group, [("consumer.session.timeout.ms", SET, "50000")]),
        ("group, too little", GROUP, group, [("consumer.session.timeout.ms", SET, "1")]),
        ("group, too much", GROUP, group, [("consumer.heartbeat.interval.ms", SET, "60000")]),
        ("group, unequal", GROUP, group, [("consumer.heartbeat.interval.ms", SET, "15000")]),
        ("group, no number", GROUP, group, [("consumer.session.timeout.ms", SET, "x")]),
        ("group, unknown", GROUP, group, [("unheard.of", SET, "x")]),
        ("group, append", GROUP, group, [("consumer.session.timeout.ms", APPEND, "x")]),
        ("group, share", GROUP, group, [("share.auto.offset.reset", SET, "earliest")]),
        ("group, share wrong", GROUP, group, [("share.auto.offset.reset", SET, "never")]),
        ("group, share locks", GROUP, group, [("share.record.lock.duration.ms", SET, "1")]),
        ("group, streams", GROUP, group, [("streams.num.standby.replicas", SET, "9")]),
        ("group, isolation", GROUP, group, [("share.isolation.level", SET, "read_committed")]),
        ("group, empty name", GROUP, "", [("consumer.session.timeout.ms", SET, "50000")]),
        ("group, delete", GROUP, group, [("share.auto.offset.reset", DELETE, None)]),
        ("metrics", METRICS, metrics, [("interval.ms", SET, "1000"), ("metrics", SET, "a,b")]),
        ("metrics, append", METRICS, metrics, [("metrics", APPEND, "c")]),
        ("metrics, subtract", METRICS, metrics, [("metrics", SUBTRACT, "a")]),
        ("metrics, append to no list", METRICS, metrics, [("interval.ms", APPEND, "1")]),
        ("metrics, too often", METRICS, metrics, [("interval.ms", SET, "1")]),
        ("metrics, too seldom", METRICS, metrics, [("interval.ms", SET, "3600001")]),
        ("metrics, no number", METRICS, metrics, [("interval.ms", SET, "x")]),
        ("metrics, unknown", METRICS, metrics, [("unheard.of", SET, "1")]),
        ("metrics, match", METRICS, metrics, [("match", SET, "client_id=a.*")]),
        ("metrics, match unknown", METRICS, metrics, [("match", SET, "colour=red")]),
        ("metrics, match nothing", METRICS, metrics, [("match", SET, "client_id")]),
        ("metrics, match wrongly", METRICS, metrics, [("match", SET, "client_id=[")]),
        ("metrics, empty name", METRICS, "", [("interval.ms", SET, "1000")]),
        ("metrics, delete", METRICS, metrics, [("match", DELETE, None)]),
        ("metrics, delete the rest", METRICS, metrics, [("interval.ms", DELETE, None), ("metrics", DELETE, None)]),
    ):
        yield label, change(broker, version, changed(kind, name, *operations))
        if name:
            yield f"{label}: now", explicit(broker, kind, name)


@scenario(INCREMENTAL_ALTER_CONFIGS)
def loggers(broker: Broker, version: int) -> Answers:
    for label, name, operations in (
        ("unknown level", "1", [("root", SET, "LOUD")]),
        ("unknown logger", "1", [("unheard.of", SET, "DEBUG")]),
        ("delete root", "1", [("root", DELETE, None)]),
        ("delete unknown", "1", [("unheard.of", DELETE, None)]),
        ("append", "1", [("root", APPEND, "DEBUG")]),
        ("subtract", "1", [("root", SUBTRACT, "DEBUG")]),
        ("operation 4", "1", [("root", 4, "DEBUG")]),
        ("null", "1", [("root", SET, None)]),
        ("nothing", "1", []),
        ("root", "1", [("root", SET, "INFO")]),
        ("another broker", "2", [("root", SET, "INFO")]),
        ("no number", "x", [("root", SET, "INFO")]),
        ("no name", "", [("root", SET, "INFO")]),
    ):
        yield f"{label}, only checked", change(broker, version, changed(LOGGER, name, *operations), validate_only=True)
        yield label, change(broker, version, changed(LOGGER, name, *operations))


@scenario(ALTER_CONFIGS)
def replacements(broker: Broker, version: int) -> Answers:
    topic = broker.topic("topic", retention_ms="1", segment_ms="2")
    for label, configs in (
        ("one", {"retention_ms": "1000"}),
        ("another", {"segment_ms": "1000"}),
        ("wrong", {"segment_ms": "x"}),
        ("unknown", {"unheard_of": "x"}),
        ("null", {"segment_ms": None}),
        ("two nulls", {"segment_ms": None, "retention_ms": None}),
        ("two", {"segment_ms": "7", "retention_ms": "8"}),
        ("none", {}),
    ):
        yield (
            f"{label}, only checked",
            replace(broker, version, replaced(TOPIC, topic.name, **configs), validate_only=True),
        )
        yield label, replace(broker, version, replaced(TOPIC, topic.name, **configs))
        yield f"{label}: now", explicit(broker, TOPIC, topic.name)
    entry = Replaced.AlterableConfig(name="segment.ms", value="1")
    twice = Replaced(resource_type=TOPIC, resource_name=topic.name, configs=[entry, entry])
    yield "the same twice", replace(broker, version, twice)
    # One resource twice is not asked: Kafka never answers it.
    for name in ("nowhere", "", ".", "x" * 250):
        yield f"topic {name:.10}", replace(broker, version, replaced(TOPIC, name, retention_ms="1"))
    yield "none at all", replace(broker, version)


@scenario(ALTER_CONFIGS)
def replacements_of_others(broker: Broker, version: int) -> Answers:
    group, metrics = broker.name("group"), broker.name("metrics")
    yield "broker", replace(broker, version, replaced(BROKER, "1", log_retention_ms="9000"))
    yield "broker: now", explicit(broker, BROKER, "1")
    yield "broker, fixed", replace(broker, version, replaced(BROKER, "1", log_dirs="/x"))
    yield "broker, wrong", replace(broker, version, replaced(BROKER, "1", log_retention_ms="x"))
    yield "another broker", replace(broker, version, replaced(BROKER, "2", log_retention_ms="9000"))
    yield "no broker", replace(broker, version, replaced(BROKER, "x", log_retention_ms="9000"))
    clear(broker, "1")
    yield "broker: cleared", explicit(broker, BROKER, "1")
    yield "cluster, fixed", replace(broker, version, replaced(BROKER, "", log_dirs="/x", min_insync_replicas="1"))
    yield "cluster without min.insync.replicas", replace(broker, version, replaced(BROKER, ""))
    yield "cluster: now", explicit(broker, BROKER, "")
    yield "group", replace(broker, version, replaced(GROUP, group, consumer_session_timeout_ms="50000"))
    yield "group: now", explicit(broker, GROUP, group)
    yield "group, wrong", replace(broker, version, replaced(GROUP, group, consumer_session_timeout_ms="x"))
    yield "group, none", replace(broker, version, replaced(GROUP, group))
    yield "metrics", replace(broker, version, replaced(METRICS, metrics, interval_ms="1000"))
    yield "metrics: now", explicit(broker, METRICS, metrics)
    yield "metrics, none", replace(broker, version, replaced(METRICS, metrics))
    for kind in (0, 3, LOGGER, 64):
        yield f"type {kind}", replace(broker, version, replaced(kind, "1", root="INFO"))
    clear(broker, "")
