"""Settings come from a profile, a file, the environment and arguments, in that order of strength."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pykbroker.config import ConfigInvalid
from pykbroker.config.sources import PROFILES, load, read_environment, read_properties

FILE = ("server.properties", "# ours\nnum.partitions=2\nfetch.max.bytes=2000\n")


def test_each_source_wins_over_the_one_before_it():
    environment = {"KAFKA_NUM_PARTITIONS": "3", "KAFKA_MESSAGE_MAX_BYTES": "7"}
    config, _ = load(file=FILE, environment=environment, arguments=["num.partitions=4"])
    assert (config.num_partitions, config.message_max_bytes, config.fetch_max_bytes) == (4, 7, 2000)


def test_each_value_remembers_where_it_came_from():
    config, _ = load(profile="test", file=FILE, environment={"KAFKA_NODE_ID": "3"}, arguments=["broker.rack=r1"])
    assert config.sources["num.partitions"] == "server.properties line 2"
    assert config.sources["node.id"] == "KAFKA_NODE_ID"
    assert config.sources["broker.rack"] == "-c broker.rack=r1"
    assert config.sources["group.initial.rebalance.delay.ms"] == "--profile test"
    assert "message.max.bytes" not in config.sources


def test_the_test_profile_gives_way_to_what_is_set():
    tested, _ = load(profile="test")
    assert (tested.group_initial_rebalance_delay_ms, tested.pykbroker_advertise_client_address) == (0, True)
    config, _ = load(profile="test", arguments=["group.initial.rebalance.delay.ms=100"])
    assert config.group_initial_rebalance_delay_ms == 100


def test_every_profile_is_a_valid_configuration():
    assert [load(profile=name)[1] for name in PROFILES] == [[], []]


def test_the_environment_follows_the_official_images_rule():
    environment = {"KAFKA_LOG_SEGMENT_BYTES": "1", "KAFKA_A__B___C": "2", "PATH": "/bin", "KAFKA_HEAP_OPTS": "-Xmx1G"}
    assert list(read_environment(environment)) == [
        ("KAFKA_LOG_SEGMENT_BYTES", "log.segment.bytes", "1"),
        ("KAFKA_A__B___C", "a_b-c", "2"),
    ]


def test_a_variable_that_is_no_property_is_ignored_with_the_nearest_name():
    _, warnings = load(environment={"KAFKA_NUM_PARTITION": "3"})
    assert warnings == ["KAFKA_NUM_PARTITION is ignored: Unknown property num.partition: did you mean num.partitions?"]


def test_an_argument_without_a_value_is_refused():
    with pytest.raises(ConfigInvalid, match=r"write -c num\.partitions=VALUE"):
        load(arguments=["num.partitions"])


def test_an_argument_may_have_an_equals_sign_in_its_value_and_blanks_around_its_name():
    config, _ = load(arguments=[" broker.rack =a=b"])
    assert config.broker_rack == "a=b"


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("a=1\nb:2\nc 3\nd = 4\ne\t:\t5", [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"), ("e", "5")]),
        ("# no\n! no\n\n   # no\n a=1 # yes", [("a", "1 # yes")]),
        ("a=1,\\\n   2,\\\n\t3\nb=4", [("a", "1,2,3"), ("b", "4")]),
        ("a=b\\\\\nc=d", [("a", "b\\"), ("c", "d")]),
        ("a=x\\\n# not a comment", [("a", "x# not a comment")]),
        (r"a\=b\:c\ d=e", [("a=b:c d", "e")]),
        (r"a=\t\n\u00e9\q", [("a", "\t\n\u00e9q")]),
        ("a\nb=\nc==", [("a", ""), ("b", ""), ("c", "=")]),
        ("a=1\r\nb=2\rc=3", [("a", "1"), ("b", "2"), ("c", "3")]),
        ("a=trailing  ", [("a", "trailing  ")]),
        ("a=end\\", [("a", "end")]),
    ],
)
def test_a_file_is_read_as_java_reads_properties(text: str, entries: list[tuple[str, str]]):
    assert [(key, value) for _, key, value in read_properties(text)] == entries


def test_a_broken_unicode_escape_is_refused_with_its_line():
    with pytest.raises(ConfigInvalid, match="Line 2"):
        list(read_properties("a=1\nb=\\u12"))


@given(st.text())
def test_any_text_is_read_or_refused_and_nothing_else(text: str):
    with contextlib.suppress(ConfigInvalid):
        assert all(line >= 1 for line, _, _ in read_properties(text))
