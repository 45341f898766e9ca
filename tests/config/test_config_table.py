"""The tables say what Kafka 4.3.1 says, and name every difference."""

import pytest
from config_facts import BROKER, CLIENT_METRICS, GROUP, TOPIC

from pykbroker.config.client_metrics import CLIENT_METRICS_PROPERTIES
from pykbroker.config.group import GROUP_PROPERTIES
from pykbroker.config.table import BrokerProperties
from pykbroker.config.topic import LogConfig
from pykbroker.config.unread import unread
from pykbroker.config.values import Property

READ, UNREAD, TOPICS = BrokerProperties.table(), unread(), LogConfig.table()
OURS = {name for name in READ if name.startswith("pykbroker.")}


@pytest.mark.parametrize("name", BROKER)
def test_a_broker_property_has_kafkas_type_and_valid_values_and_its_default_or_a_reason(name: str):
    assert_as_kafka((READ.get(name) or UNREAD[name]), BROKER[name])


@pytest.mark.parametrize("name", TOPIC)
def test_a_topic_property_has_kafkas_type_default_and_valid_values(name: str):
    assert_as_kafka(TOPICS[name], TOPIC[name])


@pytest.mark.parametrize("name", GROUP)
def test_a_group_property_has_kafkas_type_default_and_valid_values(name: str):
    assert_as_kafka(GROUP_PROPERTIES[name], GROUP[name])


@pytest.mark.parametrize("name", CLIENT_METRICS)
def test_a_property_of_a_subscription_has_kafkas_type_default_and_valid_values(name: str):
    assert_as_kafka(CLIENT_METRICS_PROPERTIES[name], CLIENT_METRICS[name])


def assert_as_kafka(row: Property, fact: dict) -> None:
    assert row.kind == fact["type"]
    assert row.valid == (fact.get("valid") or "")
    if row.kafka_default is None:
        assert row.default == fact["default"]
    else:
        assert row.kafka_default == (fact["default"] or "")
        assert row.differs


def test_a_property_of_kafka_is_in_exactly_one_table():
    assert READ.keys() & UNREAD.keys() == set()
    assert READ.keys() | UNREAD.keys() == BROKER.keys() | OURS
    assert TOPICS.keys() == TOPIC.keys()
    assert GROUP_PROPERTIES.keys() == GROUP.keys()
    assert CLIENT_METRICS_PROPERTIES.keys() == CLIENT_METRICS.keys()


def test_every_row_says_what_it_does_or_why_it_does_nothing_yet():
    rows = {**READ, **TOPICS, **GROUP_PROPERTIES, **CLIENT_METRICS_PROPERTIES}
    assert [name for name, row in rows.items() if bool(row.does or row.differs) == bool(row.later)] == []


def test_a_topic_default_comes_from_broker_properties_that_have_the_same_default():
    units = {"hours": 3_600_000, "minutes": 60_000}
    for row in TOPICS.values():
        if row.broker:
            *_, last = row.broker
            unit = units.get(last.rsplit(".", 1)[1], 1)
            assert row.default == (str(int(READ[last].default) * unit) if unit > 1 else READ[last].default)


def test_the_tables_are_typed_as_their_attributes_are_named():
    assert {name.replace("_", ".") for name in vars(LogConfig) if isinstance(vars(LogConfig)[name], Property)} == set(
        TOPIC
    )
