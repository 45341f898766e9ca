"""A Config is right as a whole, or is refused with what to do."""

import pytest

from pykbroker.config import Config, ConfigInvalid
from pykbroker.config.table import BrokerProperties


def refusal(**settings: str) -> str:
    with pytest.raises(ConfigInvalid) as refused:
        Config({name.replace("_", "."): value for name, value in settings.items()})
    return str(refused.value)


def test_every_property_of_the_table_is_an_attribute_of_its_type():
    config = Config()
    kinds = {"int": int, "short": int, "long": int, "double": float, "boolean": bool, "string": str, "list": tuple}
    for name, row in BrokerProperties.table().items():
        value = getattr(config, name.replace(".", "_"))
        assert row.default is None or type(value) is kinds[row.kind]


def test_a_config_cannot_be_changed():
    with pytest.raises(AttributeError):
        Config().num_partitions = 3


def test_an_unknown_property_is_refused_with_the_nearest_name():
    assert refusal(num_partition="3") == "Unknown property num.partition: did you mean num.partitions?"


def test_a_property_that_kafka_no_longer_has_is_refused_with_what_to_do():
    assert refusal(zookeeper_connect="h:2181").endswith("Kafka 4.3 has none of that name; take it out")


def test_a_wrong_value_is_refused_with_its_key_its_value_its_source_and_what_is_valid():
    with pytest.raises(ConfigInvalid) as refused:
        Config({"num.partitions": "many"}, {"num.partitions": "server.properties line 3"})
    assert str(refused.value) == (
        "Invalid value many for configuration num.partitions: Not a number of type INT"
        " (from server.properties line 3); valid: int, [1,...]"
    )


@pytest.mark.parametrize("name", ["num.io.threads", "log.preallocate", "listener.name.internal.ssl.keystore.location"])
def test_a_property_without_effect_is_accepted_with_one_line(name: str):
    (warning,) = Config({name: "true" if name == "log.preallocate" else "8"}).warnings
    assert warning.startswith(f"{name} is accepted and has no effect: ")


def test_a_property_that_nobody_reads_is_checked_all_the_same():
    assert refusal(num_io_threads="0").startswith("Invalid value 0 for configuration num.io.threads")


def test_node_id_is_broker_id_where_only_that_is_set():
    assert Config({"broker.id": "7"}).node_id == 7
    assert Config({"node.id": "7"}).broker_id == 7
    assert refusal(node_id="1", broker_id="3") == "You must set `node.id` to the same value as `broker.id`."


def test_memory_for_requests_always_has_a_bound_that_admits_the_largest_request():
    assert Config().queued_max_request_bytes == 512 << 20
    assert Config({"queued.max.request.bytes": "-1"}).queued_max_request_bytes == 512 << 20
    assert Config({"socket.request.max.bytes": str(1 << 30)}).queued_max_request_bytes == 1 << 30
    assert refusal(queued_max_request_bytes="100").startswith("queued.max.request.bytes must be larger or equal")


def test_log_dirs_names_the_data_directory_before_log_dir():
    assert Config().data_directory == "/tmp/kafka-logs"
    assert Config({"log.dir": "/a", "log.dirs": "/b"}).data_directory == "/b"
    assert "one is served" in refusal(log_dirs="/a,/b")
    assert refusal(log_dirs="").startswith("Configuration 'log.dirs' must not be empty")


@pytest.mark.parametrize("name", ["log_retention_ms", "log_roll_ms", "log_retention_hours"])
def test_a_time_of_zero_is_refused_where_it_means_nothing(name: str):
    assert "greater than or equal to 1" in refusal(**{name: "0"}) or "at least 1" in refusal(**{name: "0"})


def test_a_broker_without_its_own_role_or_the_classic_protocol_is_refused():
    assert "process.roles must contain broker" in refusal(process_roles="controller")
    assert (
        refusal(group_coordinator_rebalance_protocols="consumer")
        == "Disabling the 'classic' protocol is not supported."
    )


def test_a_topic_without_settings_shares_the_brokers_object():
    config = Config({"log.segment.bytes": "2000000"})
    assert config.log_config() is config.log_config({})
    assert config.log_config().segment_bytes == 2_000_000


def test_a_topics_own_setting_wins_over_the_brokers():
    config = Config({"log.segment.bytes": "2000000", "log.roll.hours": "2"})
    topic = config.log_config({"segment.bytes": "3000000"})
    assert (topic.segment_bytes, topic.segment_ms) == (3_000_000, 7_200_000)


@pytest.mark.parametrize(
    ("settings", "retention_ms"),
    [
        ({"log.retention.ms": "5", "log.retention.minutes": "1", "log.retention.hours": "1"}, 5),
        ({"log.retention.minutes": "1", "log.retention.hours": "1"}, 60_000),
        ({"log.retention.hours": "1"}, 3_600_000),
        ({"log.retention.minutes": "-5"}, -1),
        ({}, 604_800_000),
    ],
)
def test_the_first_of_the_brokers_synonyms_that_is_set_gives_the_topics_default(settings, retention_ms):
    assert Config(settings).log_config().retention_ms == retention_ms


def test_topic_settings_that_contradict_each_other_or_the_brokers_are_refused_in_kafkas_words():
    with pytest.raises(ConfigInvalid) as refused:
        Config({"log.cleaner.max.compaction.lag.ms": "5"}).check_topic_config({"min.compaction.lag.ms": "10"})
    assert str(refused.value) == "conflict topic config setting min.compaction.lag.ms (10) > max.compaction.lag.ms (5)"


def test_of_several_wrong_topic_settings_nulls_come_first_and_names_before_values():
    for overrides, message in [
        ({"a": None, "b": "1", "segment.ms": None}, "Null value not supported for topic configs: a,segment.ms"),
        ({"segment.ms": "x", "nope": "1"}, "Unknown topic config name: nope"),
    ]:
        with pytest.raises(ConfigInvalid) as refused:
            Config().log_config(overrides)
        assert str(refused.value) == message


def test_only_the_directory_that_is_there_can_be_cordoned_by_its_name_or_as_all():
    assert Config({"cordoned.log.dirs": "*"}).is_cordoned
    assert Config({"log.dirs": "/data", "cordoned.log.dirs": "/data"}).is_cordoned
    assert not Config().is_cordoned
    assert "Missing entries : /elsewhere" in refusal(cordoned_log_dirs="/elsewhere")
    assert "must not contain other values" in refusal(cordoned_log_dirs="*,/tmp/kafka-logs")


@pytest.mark.parametrize("limits", ["127.0.0.1:5,10.0.0.1:-1", "host.example:0"])
def test_limits_of_single_addresses_are_read(limits: str):
    entries = [entry.rpartition(":") for entry in limits.split(",")]
    expected = {address: int(limit) for address, _, limit in entries}
    assert Config({"max.connections.per.ip.overrides": limits}).connections_per_address == expected
