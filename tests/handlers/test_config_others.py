"""Configs of groups, of subscriptions to clients' metrics and of the broker's loggers: changes, and what is refused."""

from __future__ import annotations

import logging

import pytest
from config_asking import APPEND, DELETE, GROUP, LOGGER, METRICS, OK, SET, change, describe, own

GROUPS_REFUSED = {
    ("consumer.session.timeout.ms", "1"): (
        "consumer.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms"
    ),
    ("consumer.heartbeat.interval.ms", "60000"): (
        "consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms"
    ),
    ("streams.num.standby.replicas", "9"): (
        "streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas"
    ),
    ("share.auto.offset.reset", "by_duration:x"): (
        "Invalid value by_duration:x for configuration share.auto.offset.reset: Invalid value `by_duration:x` for "
        "configuration share.auto.offset.reset. The value must be either 'earliest', "
        "'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'."
    ),
    ("nope", "1"): "Unknown group config name: nope",
}


@pytest.mark.parametrize("setting", GROUPS_REFUSED, ids=str)
async def test_a_group_keeps_to_the_brokers_bounds(ask, setting):
    name, value = setting
    assert await change(ask, GROUP, "g", (name, SET, value)) == ("INVALID_CONFIG", GROUPS_REFUSED[setting])


async def test_a_group_and_a_subscription_keep_what_is_set(ask):
    assert await change(ask, GROUP, "g", ("share.auto.offset.reset", SET, "by_duration:PT1H")) == OK
    assert await change(ask, METRICS, "m", ("interval.ms", SET, "1000"), ("match", SET, "client_id=a.*")) == OK
    assert await own(ask, GROUP, "g") == {"share.auto.offset.reset": "by_duration:PT1H"}
    assert await own(ask, METRICS, "m") == {"interval.ms": "1000", "match": "client_id=a.*"}


SUBSCRIPTIONS_REFUSED = {
    ("m", "interval.ms", "1"): (
        "INVALID_REQUEST",
        "Invalid value 1 for interval.ms, interval must be between 100 and 3600000 (1 hour)",
    ),
    ("m", "interval.ms", "x"): (
        "INVALID_CONFIG",
        "Invalid value x for configuration interval.ms: Not a number of type INT",
    ),
    ("m", "nope", "1"): ("INVALID_REQUEST", "Unknown client metrics configuration: nope"),
    ("m", "match", "colour=red"): ("INVALID_CONFIG", "Illegal client matching pattern: colour=red"),
    ("m", "match", "client_id=" + "x" * 4097): (
        "INVALID_CONFIG",
        "Illegal client matching pattern: client_id=" + "x" * (4096 - 43),
    ),
    ("m", "match", "client_id=" + "(" * 4000): (
        "INVALID_CONFIG",
        "Illegal client matching pattern: client_id=" + "(" * 4000,
    ),
    ("m", "match", "client_id=["): ("INVALID_CONFIG", "Illegal client matching pattern: client_id=["),
    ("", "interval.ms", "1000"): ("INVALID_REQUEST", "Subscription name can't be empty"),
}


@pytest.mark.parametrize("setting", SUBSCRIPTIONS_REFUSED, ids=lambda setting: str(setting)[:40])
async def test_a_wrong_subscription_is_refused(ask, setting):
    subscription, name, value = setting
    assert await change(ask, METRICS, subscription, (name, SET, value)) == SUBSCRIPTIONS_REFUSED[setting]


@pytest.fixture
def quiet():
    """A logger of the broker's, whose level is as it was in the end."""
    logger = logging.getLogger("pykbroker.quiet")
    yield logger
    logger.setLevel(logging.NOTSET)


async def test_a_loggers_level_changes_at_once_and_can_be_taken_back(ask, quiet):
    assert await change(ask, LOGGER, "1", (quiet.name, SET, "FATAL")) == OK
    row = (await describe(ask, LOGGER, "1", quiet.name))[quiet.name]
    assert (quiet.level, row.value, row.config_source) == (logging.CRITICAL, "FATAL", 6)
    assert await change(ask, LOGGER, "1", (quiet.name, DELETE, None)) == OK
    assert quiet.level == logging.NOTSET


LOGGERS_REFUSED = {
    ("1", "pykbroker.quiet", SET, "LOUD"): (
        "INVALID_CONFIG",
        "Cannot set the log level of pykbroker.quiet to LOUD as it is not a supported log level. "
        "Valid log levels are DEBUG, ERROR, FATAL, INFO, TRACE, WARN",
    ),
    ("1", "nope", SET, "INFO"): ("INVALID_CONFIG", "Logger nope does not exist!"),
    ("1", "root", DELETE, None): ("INVALID_REQUEST", "Removing the log level of the root logger is not allowed"),
    ("1", "root", APPEND, "INFO"): (
        "INVALID_REQUEST",
        "APPEND operation is not allowed for the BROKER_LOGGER resource",
    ),
    ("2", "root", SET, "INFO"): ("INVALID_REQUEST", "Unexpected node id. Expected 1, but received 2"),
    ("", "root", SET, "INFO"): ("INVALID_REQUEST", "Node id must be an integer, but it is: "),
}


@pytest.mark.parametrize("asked", LOGGERS_REFUSED, ids=str)
async def test_a_wrong_change_of_a_logger_is_refused(ask, quiet, asked):
    node, *operation = asked
    assert await change(ask, LOGGER, node, tuple(operation)) == LOGGERS_REFUSED[asked]
