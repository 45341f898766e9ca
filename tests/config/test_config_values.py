"""Values are read as Kafka reads them.  The refusals' texts are what a Kafka 4.3.1 answered to CreateTopics."""

import pytest

from pykbroker.config import ConfigInvalid, validate_topic_config
from pykbroker.config.topic import TOPIC_PROPERTIES

ONE_OF_CODECS = "String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"
REFUSED = [
    ("nope", "1", "Unknown topic config name: nope"),
    ("Segment.bytes", "1048576", "Unknown topic config name: Segment.bytes"),
    ("segment.bytes", None, "Null value not supported for topic configs: segment.bytes"),
    ("segment.bytes", "x", "Invalid value x for configuration segment.bytes: Not a number of type INT"),
    ("segment.bytes", "", "Invalid value  for configuration segment.bytes: Not a number of type INT"),
    ("segment.bytes", "10", "Invalid value 10 for configuration segment.bytes: Value must be at least 1048576"),
    (
        "segment.bytes",
        "2147483648",
        "Invalid value 2147483648 for configuration segment.bytes: Not a number of type INT",
    ),
    ("segment.ms", "1_000", "Invalid value 1_000 for configuration segment.ms: Not a number of type LONG"),
    ("segment.ms", "0", "Invalid value 0 for configuration segment.ms: Value must be at least 1"),
    ("retention.ms", "-2", "Invalid value -2 for configuration retention.ms: Value must be at least -1"),
    (
        "cleanup.policy",
        "foo",
        "Invalid value foo for configuration cleanup.policy: String must be one of: compact, delete",
    ),
    ("cleanup.policy", "compact,", "Configuration 'cleanup.policy' values must not be empty."),
    ("compression.type", "GZIP", f"Invalid value GZIP for configuration compression.type: {ONE_OF_CODECS}"),
    (
        "compression.gzip.level",
        "0",
        "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1",
    ),
    (
        "compression.lz4.level",
        "18",
        "Invalid value 18 for configuration compression.lz4.level: Value must be no more than 17",
    ),
    (
        "preallocate",
        "maybe",
        "Invalid value maybe for configuration preallocate: Expected value to be either true or false",
    ),
    (
        "min.cleanable.dirty.ratio",
        "2",
        "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no more than 1",
    ),
    (
        "min.cleanable.dirty.ratio",
        "abc",
        "Invalid value abc for configuration min.cleanable.dirty.ratio: Not a number of type DOUBLE",
    ),
    (
        "leader.replication.throttled.replicas",
        "x",
        "Invalid value [x] for configuration leader.replication.throttled.replicas: "
        "leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format:"
        " [partitionId]:[brokerId],[partitionId]:[brokerId],...",
    ),
    (
        "remote.storage.enable",
        "true",
        "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage.",
    ),
]
ACCEPTED = [
    ("segment.ms", "+5", 5),
    ("segment.ms", " 5000 ", 5000),
    ("segment.ms", "9223372036854775807", 2**63 - 1),
    ("retention.bytes", "-5", -5),
    ("cleanup.policy", "", ()),
    ("cleanup.policy", "compact , delete,compact", ("compact", "delete")),
    ("compression.gzip.level", "-1", -1),
    ("preallocate", " TRUE ", True),
    ("min.cleanable.dirty.ratio", "1e-1", 0.1),
    ("min.cleanable.dirty.ratio", "0.5d", 0.5),
    ("leader.replication.throttled.replicas", "*", ("*",)),
    ("leader.replication.throttled.replicas", "1:2,3:4", ("1:2", "3:4")),
    ("internal.segment.bytes", "1000", 1000),
]


@pytest.mark.parametrize(("name", "value", "message"), REFUSED)
def test_a_topic_setting_is_refused_in_kafkas_words(name: str, value: str | None, message: str):
    with pytest.raises(ConfigInvalid) as refusal:
        validate_topic_config(name, value)
    assert str(refusal.value) == message


@pytest.mark.parametrize(("name", "text", "value"), ACCEPTED)
def test_a_topic_setting_that_kafka_accepts_is_accepted(name: str, text: str, value: object):
    validate_topic_config(name, text)
    assert TOPIC_PROPERTIES[name].read(name, text) == value
