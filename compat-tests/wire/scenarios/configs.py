"""DescribeConfigs and ListConfigResources, and how configs are asked for and changed."""

from __future__ import annotations

import time
from typing import Any

from both.client import Broker, NoAnswer
from pykbroker_protocol.apis.alter_configs import ALTER_CONFIGS
from pykbroker_protocol.apis.describe_configs import DESCRIBE_CONFIGS
from pykbroker_protocol.apis.incremental_alter_configs import INCREMENTAL_ALTER_CONFIGS
from pykbroker_protocol.apis.list_config_resources import LIST_CONFIG_RESOURCES

from . import Answers, scenario

TOPIC, BROKER, LOGGER, METRICS, GROUP = 2, 4, 8, 16, 32
SET, DELETE, APPEND, SUBTRACT = 0, 1, 2, 3
Asked = DESCRIBE_CONFIGS.request.type.DescribeConfigsResource
Replaced = ALTER_CONFIGS.request.type.AlterConfigsResource
Changed = INCREMENTAL_ALTER_CONFIGS.request.type.AlterConfigsResource
SLOW_S = 0.3  # Kafka's broker applies what its controller decided a little later


def asked(kind: int, name: str, *keys: str) -> Any:
    return Asked(resource_type=kind, resource_name=name, configuration_keys=list(keys) or None)


def describe(broker: Broker, version: int, *resources: Any, **fields: Any) -> Any:
    return without_documentation(broker.ask(DESCRIBE_CONFIGS, version, resources=list(resources), **fields))


def without_documentation(answer: Any) -> Any:
    """The words are each broker's own; whether there are any is not."""
    for result in [] if isinstance(answer, NoAnswer) else answer.results:
        for config in result.configs:
            config.documentation = config.documentation and "some words"
    return answer


def replaced(kind: int, name: str, **configs: str | None) -> Any:
    entries = [Replaced.AlterableConfig(name=key.replace("_", "."), value=value) for key, value in configs.items()]
    return Replaced(resource_type=kind, resource_name=name, configs=entries)


def replace(broker: Broker, version: int, *resources: Any, **fields: Any) -> Any:
    return broker.ask(ALTER_CONFIGS, version, resources=list(resources), **fields)


def changed(kind: int, name: str, *operations: tuple[str, int, str | None]) -> Any:
    entries = [
        Changed.AlterableConfig(name=key, config_operation=operation, value=value)
        for key, operation, value in operations
    ]
    return Changed(resource_type=kind, resource_name=name, configs=entries)


def change(broker: Broker, version: int, *resources: Any, **fields: Any) -> Any:
    return broker.ask(INCREMENTAL_ALTER_CONFIGS, version, resources=list(resources), **fields)


def explicit(broker: Broker, kind: int, name: str, *keys: str) -> list[tuple[str, Any, Any]]:
    """What a resource says of itself, once the brokers have heard of it: (name, value, source), defaults left out."""
    time.sleep(SLOW_S)
    (result,) = broker.ask(DESCRIBE_CONFIGS, 4, resources=[asked(kind, name, *keys)]).results
    return sorted((c.name, c.value, c.config_source) for c in result.configs if c.config_source not in (4, 5))


STARTED_WITH = {
    *("listeners", "log.dirs", "node.id", "broker.id", "process.roles", "controller.listener.names"),
    *("controller.quorum.voters", "offsets.topic.replication.factor", "transaction.state.log.replication.factor"),
    *("transaction.state.log.min.isr", "share.coordinator.state.topic.replication.factor"),
    *("share.coordinator.state.topic.min.isr", "group.initial.rebalance.delay.ms"),
}
OF_SOCKETS = (  # their defaults are not Kafka's, so they are asked for by themselves
    *("queued.max.request.bytes", "socket.listen.backlog.size"),
    *("socket.receive.buffer.bytes", "socket.send.buffer.bytes"),
)


def without_start(answer: Any) -> Any:
    """The answer without what the two brokers are started with, and the defaults that are not Kafka's."""
    for result in answer.results:
        result.configs = [config for config in result.configs if config.name not in STARTED_WITH.union(OF_SOCKETS)]
    return answer


@scenario(DESCRIBE_CONFIGS)
def a_topic(broker: Broker, version: int) -> Answers:
    plain = broker.topic("plain")
    own = broker.topic("own", retention_ms="1000", cleanup_policy="compact,delete", segment_ms="7")
    yield "plain", describe(broker, version, asked(TOPIC, plain.name))
    yield "own", describe(broker, version, asked(TOPIC, own.name))
    yield "synonyms", describe(broker, version, asked(TOPIC, own.name), include_synonyms=True)
    yield (
        "one, several, unknown and empty",
        describe(
            broker,
            version,
            asked(TOPIC, own.name, "retention.ms"),
            asked(TOPIC, plain.name, "segment.ms", "unheard.of", "segment.ms", "retention.bytes"),
            asked(TOPIC, plain.name, "unheard.of"),
            Asked(resource_type=TOPIC, resource_name=own.name, configuration_keys=[]),
        ),
    )
    if version >= 3:
        yield "documentation", describe(broker, version, asked(TOPIC, plain.name), include_documentation=True)


@scenario(DESCRIBE_CONFIGS)
def no_topic(broker: Broker, version: int) -> Answers:
    topic = broker.topic("topic")
    for name in ("nowhere", "", ".", "in valid", "x" * 250):
        yield f"topic {name:.10}", describe(broker, version, asked(TOPIC, name))
    yield (
        "the same twice",
        describe(broker, version, asked(TOPIC, topic.name, "segment.ms"), asked(TOPIC, topic.name, "segment.ms")),
    )
    yield (
        "good and bad",
        describe(broker, version, asked(TOPIC, "nowhere"), asked(TOPIC, topic.name, "segment.ms")),
    )
    yield "none", describe(broker, version)


@scenario(DESCRIBE_CONFIGS)
def the_broker(broker: Broker, version: int) -> Answers:
    yield "all", without_start(describe(broker, version, asked(BROKER, "1")))
    if version >= 3:
        documented = describe(broker, version, asked(BROKER, "1"), include_documentation=True)
        yield "documentation", without_start(documented)
    yield "synonyms", without_start(describe(broker, version, asked(BROKER, "1"), include_synonyms=True))
    yield "one", describe(broker, version, asked(BROKER, "1", "log.retention.hours"), include_synonyms=True)
    yield "sockets", describe(broker, version, asked(BROKER, "1", *OF_SOCKETS), include_synonyms=True)
    yield "cluster", describe(broker, version, asked(BROKER, ""))
    yield "cluster, synonyms", describe(broker, version, asked(BROKER, ""), include_synonyms=True)
    yield "cluster, unset", describe(broker, version, asked(BROKER, "", "log.retention.ms"))
    for name in ("2", "-1", "x", "1 ", "01", "+1"):
        yield f"broker {name!r}", describe(broker, version, asked(BROKER, name, "log.retention.hours"))


@scenario(DESCRIBE_CONFIGS)
def other_resources(broker: Broker, version: int) -> Answers:
    for name in ("1", "", "2", "x"):
        yield f"logger {name!r}", describe(broker, version, asked(LOGGER, name, "unheard.of"))
    change(broker, 1, changed(LOGGER, "1", ("root", SET, "INFO")))  # each is started with a level of its own
    yield "logger root", describe(broker, version, asked(LOGGER, "1", "root"), include_synonyms=True)
    for name in ("", broker.name("unheard-of")):
        yield f"metrics {bool(name)}", describe(broker, version, asked(METRICS, name), include_synonyms=True)
        yield f"group {bool(name)}", describe(broker, version, asked(GROUP, name), include_synonyms=True)
    yield "one of a group", describe(broker, version, asked(GROUP, "g", "consumer.session.timeout.ms"))
    if version >= 3:
        yield "documentation", describe(broker, version, asked(GROUP, "g"), include_documentation=True)
    for kind in (0, 1, 3, 5, 64, -1, 127):
        yield f"type {kind}", describe(broker, version, asked(kind, "x"))
    yield "one bad type", describe(broker, version, asked(0, "x"), asked(BROKER, "1", "log.retention.hours"))


@scenario(LIST_CONFIG_RESOURCES)
def resources(broker: Broker, version: int) -> Answers:
    topic, group, metrics = broker.topic("topic"), broker.name("group"), broker.name("metrics")
    change(
        broker,
        1,
        changed(TOPIC, topic.name, ("retention.ms", SET, "1000")),
        changed(GROUP, group, ("consumer.session.timeout.ms", SET, "50000")),
        changed(METRICS, metrics, ("interval.ms", SET, "1000")),
    )
    time.sleep(SLOW_S)
    if version == 0:
        yield "metrics", mine(broker, broker.ask(LIST_CONFIG_RESOURCES, version))
    else:
        for label, kinds in (
            ("all", []),
            ("topics", [TOPIC]),
            ("brokers", [BROKER]),
            ("loggers", [LOGGER]),
            ("metrics", [METRICS]),
            ("groups", [GROUP]),
            ("two", [GROUP, TOPIC]),
            ("the same twice", [BROKER, BROKER]),
            ("an unknown one", [1]),
            ("unknown and known", [0, BROKER]),
            ("a negative one", [-1]),
        ):
            yield label, mine(broker, broker.ask(LIST_CONFIG_RESOURCES, version, resource_types=kinds))
    for kind, name in ((GROUP, group), (METRICS, metrics)):
        replace(broker, 2, replaced(kind, name))
    time.sleep(SLOW_S)
    if version:
        gone = broker.ask(LIST_CONFIG_RESOURCES, version, resource_types=[GROUP, METRICS])
        yield "gone", mine(broker, gone)


def mine(broker: Broker, answer: Any) -> Any:
    """The answer without the topics and groups of other scenarios."""
    if not isinstance(answer, NoAnswer):
        answer.config_resources = [
            resource
            for resource in answer.config_resources
            if resource.resource_type not in (TOPIC, METRICS, GROUP) or resource.resource_name.startswith(broker.run)
        ]
    return answer
