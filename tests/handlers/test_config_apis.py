"""DescribeConfigs and ListConfigResources: values, who gave them, and what cannot be told."""

from __future__ import annotations

import pytest
from config_asking import (
    BROKER,
    DELETE,
    GROUP,
    LOGGER,
    METRICS,
    OK,
    SET,
    TOPIC,
    change,
    describe,
    described,
    values,
)
from pykbroker_protocol.apis.describe_configs import DescribeConfigsRequest
from pykbroker_protocol.apis.list_config_resources import ListConfigResourcesRequest
from pykbroker_protocol.errors import ErrorCode


@pytest.mark.parametrize("version", range(1, 5))
async def test_a_topic_is_described_with_its_own_settings_and_the_brokers(ask, version):
    await ask.create("t", retention_ms=" 1000 ")
    rows = await describe(ask, TOPIC, "t", version=version)
    assert len(rows) == 33
    assert (rows["retention.ms"].value, rows["retention.ms"].config_source) == ("1000", 1)
    assert (rows["segment.ms"].value, rows["segment.ms"].config_source) == ("604800000", 5)
    assert (rows["min.insync.replicas"].value, rows["min.insync.replicas"].config_source) == ("1", 3)
    assert rows["retention.ms"].config_type == (5 if version >= 3 else 0)
    assert not rows["retention.ms"].read_only


async def test_synonyms_say_which_settings_a_value_could_have_come_from(ask):
    await ask.create("t", max_message_bytes="7")
    row = (await describe(ask, TOPIC, "t", "max.message.bytes", include_synonyms=True))["max.message.bytes"]
    assert [(s.name, s.value, s.source) for s in row.synonyms] == [
        ("max.message.bytes", "7", 1),
        ("message.max.bytes", "1048588", 5),
    ]


async def test_documentation_is_told_to_those_who_ask_for_it(ask):
    await ask.create("t")
    told = await describe(ask, TOPIC, "t", "segment.bytes", include_documentation=True)
    assert told["segment.bytes"].documentation == "A segment that would grow beyond it is rolled."
    untold = await describe(ask, TOPIC, "t", "segment.bytes")
    assert untold["segment.bytes"].documentation is None


async def test_a_broker_is_described_with_every_property_that_kafka_describes(ask):
    rows = await describe(ask, BROKER, "1")
    assert len(rows) == 340
    assert (rows["num.io.threads"].value, rows["num.io.threads"].read_only) == ("8", False)
    assert (rows["num.partitions"].value, rows["num.partitions"].read_only) == ("1", True)
    assert rows["log.dirs"].config_source == 4
    assert (rows["ssl.key.password"].value, rows["ssl.key.password"].is_sensitive) == (None, True)
    assert rows["log.cleaner.io.max.bytes.per.second"].value == "1.7976931348623157E308"


async def test_an_unknown_dynamic_config_of_a_broker_is_kept_and_its_value_is_nobodys_business(ask):
    assert await change(ask, BROKER, "1", ("plugin.secret", SET, "x")) == OK
    row = (await describe(ask, BROKER, "1", "plugin.secret", include_synonyms=True))["plugin.secret"]
    assert (row.value, row.is_sensitive, row.config_type, row.config_source) == (None, True, 0, 2)
    assert [(s.value, s.source) for s in row.synonyms] == [(None, 2)]


async def test_all_brokers_are_described_with_what_is_set_for_all(ask):
    assert await values(ask, BROKER, "") == {"min.insync.replicas": ("1", 3)}
    assert await values(ask, BROKER, "", "log.retention.ms") == {}


async def test_groups_and_subscriptions_have_defaults_before_anything_is_set(ask):
    group = await describe(ask, GROUP, "g", include_synonyms=True)
    assert (len(group), group["consumer.session.timeout.ms"].value) == (17, "45000")
    (synonym,) = group["consumer.session.timeout.ms"].synonyms
    assert (synonym.name, synonym.value, synonym.source) == ("group.consumer.session.timeout.ms", "45000", 5)
    assert await values(ask, METRICS, "m") == {"interval.ms": ("300000", 5), "match": ("", 5), "metrics": ("", 5)}


NOT_DESCRIBED = {
    (TOPIC, "nowhere"): ("UNKNOWN_TOPIC_OR_PARTITION", ""),
    (TOPIC, "."): ("INVALID_TOPIC_EXCEPTION", "Topic name is invalid: '.' is not allowed"),
    (BROKER, "2"): ("INVALID_REQUEST", "Unexpected broker id, expected 1 or empty string, but received 2"),
    (BROKER, "x"): ("INVALID_REQUEST", "Broker id must be an integer, but it is: x"),
    (LOGGER, ""): ("INVALID_REQUEST", "Broker id must not be empty"),
    (LOGGER, "2"): ("INVALID_REQUEST", "Unexpected broker id, expected 1 but received 2"),
    (METRICS, ""): ("INVALID_REQUEST", "Client metrics subscription name must not be empty"),
    (GROUP, ""): ("INVALID_REQUEST", "Group name must not be empty"),
    (3, "x"): (
        "INVALID_REQUEST",
        "This most likely occurs because of a request being malformed by the client library or the message was sent to "
        "an incompatible broker. See the broker logs for more details.",
    ),
}


@pytest.mark.parametrize("asked", NOT_DESCRIBED, ids=str)
async def test_what_cannot_be_described_is_refused(ask, asked):
    (result,) = (await ask(described(*asked), 4)).results
    assert (ErrorCode(result.error_code).name, result.error_message) == NOT_DESCRIBED[asked]
    assert result.configs == []


async def test_one_unknown_type_of_resource_refuses_every_resource(ask):
    good, bad = described(BROKER, "1").resources[0], described(0, "x").resources[0]
    results = (await ask(DescribeConfigsRequest(resources=[good, bad]), 4)).results
    assert [ErrorCode(result.error_code).name for result in results] == ["INVALID_REQUEST", "INVALID_REQUEST"]


async def listed(ask, *kinds, version=1):
    answer = await ask(ListConfigResourcesRequest(resource_types=list(kinds)), version)
    assert answer.error_code == 0, answer
    return [(found.resource_type, found.resource_name) for found in answer.config_resources]


async def test_resources_are_listed_by_type_and_a_group_only_while_something_is_set_of_it(ask):
    await ask.create("t")
    await change(ask, GROUP, "g", ("consumer.session.timeout.ms", SET, "50000"))
    await change(ask, METRICS, "m", ("interval.ms", SET, "1000"))
    assert await listed(ask) == [(TOPIC, "t"), (BROKER, "1"), (LOGGER, "1"), (METRICS, "m"), (GROUP, "g")]
    assert await listed(ask, GROUP, GROUP) == [(GROUP, "g")]
    assert await listed(ask, version=0) == [(METRICS, "m")]
    await change(ask, GROUP, "g", ("consumer.session.timeout.ms", DELETE, None))
    assert await listed(ask, GROUP) == []


async def test_an_unknown_type_of_resource_is_an_unsupported_version(ask):
    answer = await ask(ListConfigResourcesRequest(resource_types=[BROKER, 1]), 1)
    assert (ErrorCode(answer.error_code).name, answer.config_resources) == ("UNSUPPORTED_VERSION", [])
