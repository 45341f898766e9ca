"""IncrementalAlterConfigs and AlterConfigs: what changes, at once and after a restart, and what is refused."""

from __future__ import annotations

import pytest
from asking import Asker, batch_of, opened, produced
from config_asking import (
    APPEND,
    BROKER,
    DELETE,
    LOGGER,
    OK,
    SET,
    SUBTRACT,
    TOPIC,
    change,
    described,
    own,
    replace,
    resource,
    values,
)
from pykbroker_protocol.apis.incremental_alter_configs import IncrementalAlterConfigsRequest
from pykbroker_protocol.errors import ErrorCode

from pykbroker.config.config import row_of
from pykbroker.config.dynamic import BOUND_AT_START, DYNAMIC
from pykbroker.config.topic import TOPIC_PROPERTIES


async def test_settings_are_set_taken_away_and_lists_grow_and_shrink(ask):
    await ask.create("t")
    for operation, after in [
        (("retention.ms", SET, "5"), {"retention.ms": "5"}),
        (("retention.ms", DELETE, None), {}),
        (("cleanup.policy", APPEND, "compact"), {"cleanup.policy": "delete,compact"}),
        (("cleanup.policy", APPEND, "compact"), {"cleanup.policy": "delete,compact"}),
        (("cleanup.policy", SUBTRACT, "delete"), {"cleanup.policy": "compact"}),
    ]:
        assert await change(ask, TOPIC, "t", operation) == OK
        assert await own(ask, TOPIC, "t") == after


async def test_what_is_only_checked_does_not_change(ask):
    await ask.create("t")
    assert await change(ask, TOPIC, "t", ("retention.ms", SET, "5"), validate_only=True) == OK
    assert await own(ask, TOPIC, "t") == {}


async def test_a_change_that_changes_nothing_writes_nothing(ask):
    await ask.create("t", retention_ms="5")
    end = ask.broker.catalog_log.log_end_offset
    assert await change(ask, TOPIC, "t", ("retention.ms", SET, "5"), ("segment.ms", DELETE, None)) == OK
    assert ask.broker.catalog_log.log_end_offset == end


TOPICS_REFUSED = {
    "wrong": (
        [("segment.ms", SET, "9"), ("retention.ms", SET, "x")],
        ("INVALID_CONFIG", "Invalid value x for configuration retention.ms: Not a number of type LONG"),
    ),
    "unknown": ([("nope", SET, "1")], ("INVALID_CONFIG", "Unknown topic config name: nope")),
    "null": ([("retention.ms", SET, None)], ("INVALID_REQUEST", "Null value not supported for : retention.ms")),
    "twice": (
        [("retention.ms", SET, "1"), ("retention.ms", DELETE, None)],
        ("INVALID_REQUEST", "Error due to duplicate config keys"),
    ),
    "no list": (
        [("retention.ms", APPEND, "1")],
        ("INVALID_CONFIG", "Can't APPEND to key retention.ms because its type is not LIST."),
    ),
    "no operation": ([("retention.ms", 4, "1")], ("UNKNOWN_SERVER_ERROR", None)),
    "conflict": (
        [("min.compaction.lag.ms", SET, "9"), ("max.compaction.lag.ms", SET, "3")],
        ("INVALID_CONFIG", "conflict topic config setting min.compaction.lag.ms (9) > max.compaction.lag.ms (3)"),
    ),
}


@pytest.mark.parametrize("case", TOPICS_REFUSED)
@pytest.mark.parametrize("version", [0, 1])
async def test_a_wrong_change_of_a_topic_is_refused_as_a_whole_in_kafkas_words(ask, case, version):
    await ask.create("t")
    operations, refusal = TOPICS_REFUSED[case]
    assert await change(ask, TOPIC, "t", *operations, version=version) == refusal
    assert await own(ask, TOPIC, "t") == {}


async def test_a_resource_that_is_named_twice_is_refused_and_another_changes(ask):
    await ask.create("t")
    one = ("retention.ms", SET, "5")
    asked = [resource(TOPIC, "x", one), resource(TOPIC, "t", one), resource(TOPIC, "x", one)]
    responses = (await ask(IncrementalAlterConfigsRequest(resources=asked), 1)).responses
    twice = ("x", 42, "Each resource must appear at most once.")
    answers = [(answer.resource_name, answer.error_code, answer.error_message) for answer in responses]
    assert answers == [twice, ("t", 0, None), twice]
    assert await own(ask, TOPIC, "t") == {"retention.ms": "5"}


async def test_what_does_not_exist_cannot_be_changed(ask):
    one = ("retention.ms", SET, "5")
    assert await change(ask, TOPIC, "nowhere", one) == (
        "UNKNOWN_TOPIC_OR_PARTITION",
        "The topic 'nowhere' does not exist.",
    )
    assert await change(ask, TOPIC, "", one) == ("INVALID_REQUEST", "Default topic resources are not allowed.")
    assert await change(ask, 3, "x", one) == ("INVALID_REQUEST", "Unknown resource type 3")


async def test_a_topics_change_has_its_effect_on_the_next_record(ask):
    await ask.create("t")
    assert (await produced(ask, batch_of(b"x" * 100))).error_code == 0
    assert await change(ask, TOPIC, "t", ("max.message.bytes", SET, "90")) == OK
    assert (await produced(ask, batch_of(b"x" * 100))).error_code == ErrorCode.MESSAGE_TOO_LARGE
    assert await change(ask, TOPIC, "t", ("max.message.bytes", DELETE, None)) == OK
    assert (await produced(ask, batch_of(b"x" * 100))).error_code == 0


@pytest.mark.parametrize(("name", "source"), [("1", 2), ("", 3)])
async def test_a_brokers_change_has_its_effect_on_topics_without_a_setting_of_their_own(ask, name, source):
    await ask.create("t")
    await ask.create("u", max_message_bytes="1000")
    assert await change(ask, BROKER, name, ("message.max.bytes", SET, "90")) == OK
    assert (await values(ask, TOPIC, "t"))["max.message.bytes"] == ("90", source)
    assert (await produced(ask, batch_of(b"x" * 100), name="t")).error_code == ErrorCode.MESSAGE_TOO_LARGE
    assert (await produced(ask, batch_of(b"x" * 100), name="u")).error_code == 0
    assert await change(ask, BROKER, name, ("message.max.bytes", DELETE, None)) == OK
    assert (await produced(ask, batch_of(b"x" * 100), name="t")).error_code == 0


CHANGED = {
    "compression.gzip.level": ("5", 5),
    "compression.lz4.level": ("5", 5),
    "compression.type": ("zstd", "zstd"),
    "compression.zstd.level": ("5", 5),
    "cordoned.log.dirs": ("*", ("*",)),
    "log.cleaner.backoff.ms": ("5", 5),
    "log.cleaner.dedupe.buffer.size": ("5000000", 5_000_000),
    "log.cleaner.delete.retention.ms": ("5", 5),
    "log.cleaner.io.max.bytes.per.second": ("5.5", 5.5),
    "log.cleaner.max.compaction.lag.ms": ("5", 5),
    "log.cleaner.min.cleanable.ratio": ("0.25", 0.25),
    "log.cleaner.min.compaction.lag.ms": ("5", 5),
    "log.cleanup.policy": ("compact", ("compact",)),
    "log.flush.interval.messages": ("5", 5),
    "log.flush.interval.ms": ("5", 5),
    "log.index.interval.bytes": ("5", 5),
    "log.index.size.max.bytes": ("5000", 5000),
    "log.message.timestamp.after.max.ms": ("5", 5),
    "log.message.timestamp.before.max.ms": ("5", 5),
    "log.message.timestamp.type": ("LogAppendTime", "LogAppendTime"),
    "log.retention.bytes": ("5", 5),
    "log.retention.ms": ("5", 5),
    "log.roll.jitter.ms": ("5", 5),
    "log.roll.ms": ("5", 5),
    "log.segment.bytes": ("5000000", 5_000_000),
    "log.segment.delete.delay.ms": ("5", 5),
    "max.connection.creation.rate": ("5", 5),
    "max.connections": ("5", 5),
    "max.connections.per.ip": ("5", 5),
    "max.connections.per.ip.overrides": ("10.0.0.1:5", "10.0.0.1:5"),
    "message.max.bytes": ("5000", 5000),
    "producer.id.expiration.ms": ("5", 5),
    "transaction.partition.verification.enable": ("false", False),
}


@pytest.mark.parametrize("name", sorted(n for n in DYNAMIC - {*BOUND_AT_START} if not row_of(n).later))
async def test_every_dynamic_property_with_an_effect_is_what_the_broker_and_its_logs_go_by_at_once(ask, name):
    await ask.create("t")
    log = ask.broker.data.partition("t", 0)
    text, value = CHANGED[name]
    assert await change(ask, BROKER, "1", (name, SET, text)) == OK
    assert getattr(ask.broker.config, name.replace(".", "_")) == value
    for of_topic, row in TOPIC_PROPERTIES.items():
        if name in row.broker:
            assert getattr(log.config, of_topic.replace(".", "_")) == value


async def test_a_default_that_contradicts_a_topics_own_setting_is_taken_and_survives_a_restart(tmp_path):
    ask = Asker(opened(tmp_path))
    await ask.create("contradicted", min_compaction_lag_ms="10")
    await ask.create("t")
    operations = ("log.cleaner.max.compaction.lag.ms", SET, "5"), ("log.retention.ms", SET, "7")
    assert await change(ask, BROKER, "1", *operations) == OK
    assert ask.broker.data.partition("t", 0).config.retention_ms == 7
    ask.broker.data.close()
    again = opened(tmp_path)
    config = again.data.partition("contradicted", 0).config
    assert (config.min_compaction_lag_ms, config.max_compaction_lag_ms, config.retention_ms) == (10, 5, 7)


async def test_changes_are_in_effect_after_a_restart(tmp_path):
    first = opened(tmp_path)
    for name, key, value in [("t", "retention.ms", "5"), ("u", "segment.ms", "6")]:
        await Asker(first).create(name)
        assert await change(Asker(first), TOPIC, name, (key, SET, value)) == OK
    assert await change(Asker(first), BROKER, "", ("message.max.bytes", SET, "90")) == OK
    first.data.close()
    second = opened(tmp_path)
    ask = Asker(second)
    assert await own(ask, TOPIC, "t") == {"retention.ms": "5"}
    assert (await values(ask, BROKER, "1"))["message.max.bytes"] == ("90", 3)
    assert (await produced(ask, batch_of(b"x" * 100))).error_code == ErrorCode.MESSAGE_TOO_LARGE
    second.data.close()


BROKERS_REFUSED = {
    "fixed": (
        "1",
        ("num.partitions", SET, "3"),
        ("INVALID_REQUEST", "Cannot update these configs dynamically: [num.partitions]"),
    ),
    "wrong": (
        "1",
        ("log.cleaner.threads", SET, "many"),
        ("INVALID_REQUEST", "Invalid value many for configuration log.cleaner.threads: Not a number of type INT"),
    ),
    "without its listener": (
        "1",
        ("ssl.keystore.location", SET, "/x"),
        (
            "INVALID_REQUEST",
            "These security configs can be dynamically updated only per-listener using the listener prefix: "
            "[ssl.keystore.location]",
        ),
    ),
    "not for all": (
        "",
        ("listener.name.plaintext.ssl.keystore.type", SET, "PKCS12"),
        (
            "INVALID_REQUEST",
            "Cannot update these configs at default cluster level, broker id must be specified: "
            "[listener.name.plaintext.ssl.keystore.type]",
        ),
    ),
    "too many threads": (
        "1",
        ("num.io.threads", SET, "17"),
        (
            "INVALID_REQUEST",
            "Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count update validation "
            "failed for num.io.threads=17, value should not be greater than double the current value 8 for "
            "configuration Invalid dynamic configuration",
        ),
    ),
    "too few threads": (
        "1",
        ("num.io.threads", SET, "3"),
        (
            "INVALID_REQUEST",
            "Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count update validation "
            "failed for num.io.threads=3, value should be at least half the current value 8 for configuration Invalid "
            "dynamic configuration",
        ),
    ),
    "contradiction": (
        "1",
        ("log.roll.ms", SET, "0"),
        ("INVALID_REQUEST", "requirement failed: log.roll.ms must be greater than or equal to 1"),
    ),
    "local beyond whole": (
        "",
        ("log.local.retention.ms", SET, "604800001"),
        (
            "INVALID_REQUEST",
            "Invalid value org.apache.kafka.common.config.ConfigException: Invalid value 604800001 for configuration "
            "log.local.retention.ms: Value must not be more than log.retention.ms property value: 604800000 for "
            "configuration Invalid dynamic configuration",
        ),
    ),
    "bound at start": (
        "1",
        ("listeners", SET, "PLAINTEXT://:1"),
        ("INVALID_REQUEST", "listeners cannot change while the broker runs: set it in its file and restart it"),
    ),
    "a class of Java's": (
        "1",
        ("metric.reporters", APPEND, "a.B"),
        ("INVALID_REQUEST", "metric.reporters names Java classes, and none can be loaded here: leave it as it is"),
    ),
    "min.insync.replicas of one": (
        "1",
        ("min.insync.replicas", SET, "2"),
        ("INVALID_CONFIG", "Broker-level min.insync.replicas cannot be altered while ELR is enabled."),
    ),
    "min.insync.replicas of none": (
        "",
        ("min.insync.replicas", DELETE, None),
        ("INVALID_CONFIG", "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."),
    ),
    "no operation": ("1", ("log.roll.ms", 4, "1"), ("INVALID_REQUEST", "Unknown operations type 4")),
    "no list": (
        "1",
        ("log.roll.ms", APPEND, "1"),
        ("INVALID_CONFIG", "Config value append is not allowed for config key: log.roll.ms"),
    ),
    "unknown list": ("1", ("nope", APPEND, "1"), ("INVALID_CONFIG", "Unknown config name: nope")),
    "another broker": (
        "2",
        ("log.roll.ms", SET, "1"),
        ("INVALID_REQUEST", "Unexpected broker id, expected 1, but received 2"),
    ),
    "no broker": ("x", ("log.roll.ms", SET, "1"), ("INVALID_REQUEST", "Node id must be an integer, but it is: x")),
}


@pytest.mark.parametrize("case", BROKERS_REFUSED)
async def test_a_wrong_change_of_a_broker_is_refused(ask, case):
    name, operation, refusal = BROKERS_REFUSED[case]
    assert await change(ask, BROKER, name, operation) == refusal
    assert await values(ask, BROKER, "") == {"min.insync.replicas": ("1", 3)}


@pytest.mark.parametrize("value", ["\x018", " 9 ", "+8"])
async def test_a_number_may_have_what_java_trims_around_it(ask, value):
    assert await change(ask, BROKER, "1", ("num.io.threads", SET, value), ("plugin.threads", SET, "many")) == OK


async def test_more_changes_than_one_request_can_make_are_refused(ask):
    operations = [(f"plugin.{n}", SET, "x") for n in range(10_001)]
    assert await change(ask, BROKER, "1", *operations) == (
        "POLICY_VIOLATION",
        "More than 10000 changes are too many for one resource.",
    )
    assert await own(ask, BROKER, "1") == {}


async def test_a_list_that_grows_beyond_what_a_text_can_hold_is_refused(ask):
    await ask.create("t")
    name = "leader.replication.throttled.replicas"
    first, more = (",".join(f"{n}:1" for n in numbers) for numbers in (range(4000), range(4000, 8000)))
    assert await change(ask, TOPIC, "t", (name, APPEND, first)) == OK
    too_long = f"{name} would have {len(first) + 1 + len(more)} bytes; 32767 are the most"
    assert await change(ask, TOPIC, "t", (name, APPEND, more)) == ("INVALID_CONFIG", too_long)
    assert await change(ask, TOPIC, "t", (name, SUBTRACT, first)) == OK
    assert await own(ask, TOPIC, "t") == {name: ""}


async def test_a_refusal_of_something_very_long_is_still_answered(ask):
    code, why = await change(ask, BROKER, "x" * 32_767, ("log.roll.ms", SET, "1"))
    assert (code, why) == ("INVALID_REQUEST", "Node id must be an integer, but it is: " + "x" * (4096 - 39))
    (result,) = (await ask(described(BROKER, "x" * 32_767), 4)).results
    assert result.error_message == "Broker id must be an integer, but it is: " + "x" * (4096 - 41)


async def test_a_broker_property_that_means_nothing_here_is_accepted_and_says_so(ask, caplog):
    assert await change(ask, BROKER, "1", ("num.io.threads", SET, "8")) == OK
    assert "num.io.threads is accepted and has no effect: One thread serves" in caplog.text


async def test_a_setting_of_one_listener_says_that_it_has_no_effect(ask, caplog):
    assert await change(ask, BROKER, "1", ("listener.name.plaintext.max.connections", SET, "8")) == OK
    assert caplog.messages == [
        "listener.name.plaintext.max.connections is accepted and has no effect: "
        "Settings of one listener, or of a plug-in, are not read."
    ]


async def test_a_misspelt_property_of_a_broker_is_taken_as_kafka_takes_it_and_its_nearest_name_is_told(ask, caplog):
    assert await change(ask, BROKER, "1", ("log.retention.mss", SET, "8")) == OK
    assert caplog.messages == [
        "log.retention.mss is accepted and has no effect: "
        "Kafka 4.3 has none of that name, did you mean log.retention.ms?"
    ]
    many = [(f"log.retention.ms.{number}", SET, "8") for number in range(1000)]
    assert await change(ask, BROKER, "1", *many) == OK
    assert len(caplog.messages) == 21


async def test_a_dynamic_synonym_takes_the_place_of_the_one_in_the_file(tmp_path):
    broker = opened(tmp_path, **{"log.roll.hours": "1"})
    await Asker(broker).create("t")
    assert await change(Asker(broker), BROKER, "1", ("log.roll.ms", SET, "5")) == OK
    assert (await values(Asker(broker), TOPIC, "t"))["segment.ms"] == ("5", 2)
    broker.data.close()


@pytest.mark.parametrize("version", range(3))
async def test_a_replacement_takes_away_what_it_does_not_name(ask, version):
    await ask.create("t", retention_ms="1", segment_ms="2")
    assert await replace(ask, TOPIC, "t", {"segment.ms": "3"}, version) == OK
    assert await own(ask, TOPIC, "t") == {"segment.ms": "3"}
    assert await replace(ask, TOPIC, "t", {}, version, validate_only=True) == OK
    assert await own(ask, TOPIC, "t") == {"segment.ms": "3"}


async def test_a_wrong_replacement_changes_nothing(ask):
    await ask.create("t", retention_ms="1")
    assert await replace(ask, TOPIC, "t", {"segment.ms": None}) == (
        "INVALID_REQUEST",
        "Null value not supported for : segment.ms",
    )
    assert await replace(ask, TOPIC, "t", {"nope": "1"}) == ("INVALID_CONFIG", "Unknown topic config name: nope")
    assert await own(ask, TOPIC, "t") == {"retention.ms": "1"}


async def test_all_brokers_keep_min_insync_replicas_and_loggers_are_not_replaced(ask):
    assert await replace(ask, BROKER, "", {}) == (
        "INVALID_CONFIG",
        "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
    )
    assert await replace(ask, LOGGER, "1", {"root": "INFO"}) == ("INVALID_REQUEST", "Unknown resource type 8")
