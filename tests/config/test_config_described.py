"""What the configuration looks like from outside: values, who gave them, and what else could have."""

from pykbroker.config import Config
from pykbroker.config.described import created_topic_config, described_broker, described_topic
from pykbroker.config.layers import Layers, Source, Synonym
from pykbroker.config.topic import TOPIC_PROPERTIES

PINNED = {"min.insync.replicas": "1"}


def layers(*, cluster=PINNED, node=None, **settings):
    return Layers(Config({name.replace("_", "."): value for name, value in settings.items()}), cluster, node or {})


def broker(name, **settings):
    return next(row for row in described_broker(layers(**settings)) if row.name == name)


def topic(name, overrides=None, **settings):
    made, overrides = layers(**settings), overrides or {}
    described = described_topic(made, overrides, made.config.log_config(overrides))
    return next(row for row in described if row.name == name)


def test_a_new_topic_is_described_with_who_set_what():
    made = layers(log_retention_minutes="5", log_cleaner_min_cleanable_ratio="0.25")
    rows = {name: (value, source) for name, value, source in created_topic_config(made, {"segment.ms": " 5 "})}
    assert rows["segment.ms"] == (" 5 ", Source.DYNAMIC_TOPIC_CONFIG)
    assert rows["min.insync.replicas"] == ("1", Source.DYNAMIC_DEFAULT_BROKER_CONFIG)
    assert rows["retention.ms"] == ("300000", Source.STATIC_BROKER_CONFIG)
    assert rows["min.cleanable.dirty.ratio"] == ("0.25", Source.STATIC_BROKER_CONFIG)
    assert rows["cleanup.policy"] == ("delete", Source.DEFAULT_CONFIG)
    assert rows["preallocate"] == ("false", Source.DEFAULT_CONFIG)


def test_a_new_topic_has_every_property_by_name_and_internal_ones_only_if_set():
    names = [name for name, _, _ in created_topic_config(layers(), {})]
    assert names == sorted(set(TOPIC_PROPERTIES) - {"internal.segment.bytes"})
    assert ("internal.segment.bytes", "9", 1) in created_topic_config(layers(), {"internal.segment.bytes": "9"})


def test_a_topic_inherits_from_the_strongest_synonym_and_tells_of_that_one_only():
    row = topic("retention.ms", log_retention_hours="1")
    assert (row.value, row.source, row.synonyms) == ("3600000", Source.DEFAULT_CONFIG, [])  # as Kafka tells it
    row = topic("retention.ms", cluster={"log.retention.ms": "5"}, log_retention_hours="1")
    assert (row.value, row.source) == ("5", Source.DYNAMIC_DEFAULT_BROKER_CONFIG)


def test_a_dynamic_config_that_only_another_broker_can_have_written_is_ignored_with_a_reason():
    made = layers(cluster={"num.partitions": "7", "message.max.bytes": "3"}, node={"log.roll.ms": "x"})
    assert (made.config.num_partitions, made.config.message_max_bytes) == (1, 3)
    assert made.ignored == (
        "the dynamic config num.partitions is ignored: Cannot update these configs dynamically: [num.partitions]",
        "the dynamic config log.roll.ms is ignored: Invalid value x for configuration log.roll.ms: "
        "Not a number of type LONG",
    )


def test_dynamic_configs_that_contradict_each_other_are_ignored_all_together():
    made = layers(node={"log.roll.ms": "0", "message.max.bytes": "3"})
    assert made.config is made.started
    assert made.ignored == ("the dynamic configs together cannot be: log.roll.ms must be greater than or equal to 1",)


def test_a_brokers_own_dynamic_config_wins_over_all_brokers_and_that_over_its_file():
    row = broker(
        "message.max.bytes",
        message_max_bytes="2",
        cluster={"message.max.bytes": "3"},
        node={"message.max.bytes": "4"},
    )
    assert (row.value, row.source, row.read_only) == ("4", Source.DYNAMIC_BROKER_CONFIG, False)
    assert row.synonyms == [
        Synonym("message.max.bytes", "4", Source.DYNAMIC_BROKER_CONFIG),
        Synonym("message.max.bytes", "3", Source.DYNAMIC_DEFAULT_BROKER_CONFIG),
        Synonym("message.max.bytes", "2", Source.STATIC_BROKER_CONFIG),
        Synonym("message.max.bytes", "1048588", Source.DEFAULT_CONFIG),
    ]
