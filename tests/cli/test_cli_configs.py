"""`pykbroker configs`: what is set is seen, where it was set, and what is wrong is refused with the nearest name."""

import re

import pytest
from commands import Typed


@pytest.fixture
def topic(pk: Typed) -> str:
    pk.said("topics", "create", "configured", "--if-not-exists")
    return "configured"


def values(pk: Typed, *words: str) -> dict[str, str]:
    return {config["name"]: config["value"] for config in pk.json("configs", "describe", *words)}


def test_what_is_set_is_described_until_it_is_unset(pk: Typed, topic: str):
    said = pk.said("configs", "set", "topic", topic, "retention.ms=5000", "max.message.bytes=2000")
    assert said == "Set for topic configured: retention.ms=5000 max.message.bytes=2000\n"
    assert values(pk, "topic", topic) == {"retention.ms": "5000", "max.message.bytes": "2000"}
    pk.said("configs", "unset", "topic", topic, "max.message.bytes")
    shown = pk.said("configs", "describe", "topic", topic)
    assert [line.split() for line in shown.splitlines()[1:]] == [["retention.ms", "5000", "topic"]]
    pk.said("configs", "unset", "topic", topic, "retention.ms")
    assert values(pk, "topic", topic) == {}


def test_all_has_the_defaults(pk: Typed, topic: str):
    assert values(pk, "topic", topic, "--all")["cleanup.policy"] == "delete"


def test_a_broker_is_described_without_its_name(pk: Typed):
    assert "log.dirs" in values(pk, "broker")
    assert values(pk, "broker") == values(pk, "broker", "1")


def test_a_setting_of_all_brokers(pk: Typed):
    pk.said("configs", "set", "broker", "default", "log.retention.ms=123456789")
    assert values(pk, "broker", "default")["log.retention.ms"] == "123456789"
    assert values(pk, "broker", "1")["log.retention.ms"] == "123456789"
    pk.said("configs", "unset", "broker", "default", "log.retention.ms")
    assert "log.retention.ms" not in values(pk, "broker", "default")


def test_every_example_of_the_help_can_be_typed(pk: Typed, topic: str):
    examples = re.findall(r"^ +pykbroker (configs .*)", pk.said("configs", "--help"), re.M)
    assert {example.split()[1] for example in examples} == {"describe", "set", "unset"}
    for example in examples:
        pk.said(*example.replace("greetings", topic).split())
    pk.said("configs", "unset", "broker", "default", "log.retention.ms")
    pk.said("configs", "unset", "topic", topic, "cleanup.policy")


def test_a_dry_run_changes_nothing(pk: Typed, topic: str):
    assert pk.said("configs", "set", "topic", topic, "retention.ms=1", "--dry-run").startswith("Would be set")
    assert values(pk, "topic", topic) == {}


def test_what_is_wrong_is_exit_code_2_with_the_nearest_name(pk: Typed, topic: str):
    assert pk.refused("configs", "set", "topic", topic, "retention.msec=1", code=2) == (
        "topic configured has no config retention.msec: did you mean retention.ms?"
    )
    assert "INVALID_CONFIG" in pk.refused("configs", "set", "topic", topic, "retention.ms=many", code=2)
    assert pk.refused("configs", "set", "topic", topic, "retention.ms", code=2) == (
        "retention.ms has no value: write retention.ms=VALUE"
    )
    assert "Which topic?" in pk.refused("configs", "describe", "topic", code=2)


def test_a_misspelt_config_of_a_broker_is_refused_though_kafka_takes_any_name(pk: Typed):
    assert pk.refused("configs", "set", "broker", "default", "log.retention.mss=1", code=2) == (
        "broker default has no config log.retention.mss: did you mean log.retention.ms?"
    )
    for setting in ("leader.replication.throttled.rate=5", "listener.name.plaintext.max.connections=5"):
        assert setting in pk.said("configs", "set", "broker", "1", setting, "--dry-run")


def test_what_is_not_there_is_told_with_what_is(pk: Typed, topic: str):
    assert pk.refused("configs", "describe", "topic", "confgured").endswith("did you mean configured?")
    assert pk.refused("configs", "describe", "broker", "7") == "There is no broker 7: write 1, or default for all"
