"""`pykbroker topics`, against a running broker."""

import socket
import subprocess
import sys
import threading

import pytest
from commands import Typed, typed
from running import environment, run


def test_a_topic_that_was_created_is_listed(pk: Typed):
    assert pk.said("topics", "create", "listed", "-p", "3") == "Created listed with 3 partitions.\n"
    assert {"topic": "listed", "partitions": 3, "replication_factor": 1} in pk.json("topics", "list")
    assert ["listed", "3", "1"] in [line.split() for line in pk.said("topics", "list").splitlines()]


def test_describe_shows_offsets_and_the_topics_own_configs(pk: Typed):
    pk.said("topics", "create", "described", "-p", "2", "-c", "retention.ms=1000")
    pk.said("produce", "-t", "described", "-p", "1", "-v", "one", "-v", "two")
    (topic,) = pk.json("topics", "describe", "described")
    assert topic["configs"] == {"retention.ms": "1000"}
    assert [(p["partition"], p["start_offset"], p["end_offset"]) for p in topic["partitions"]] == [(0, 0, 0), (1, 0, 2)]
    assert topic["size_bytes"] > 61
    assert "retention.ms=1000" in pk.said("topics", "describe", "described")


def test_an_unknown_topic_is_told_with_the_nearest_name(pk: Typed):
    pk.said("topics", "create", "greetings")
    assert pk.refused("topics", "describe", "greeting") == "There is no topic greeting: did you mean greetings?"
    assert "`pykbroker topics create zzz` makes it" in pk.refused("topics", "describe", "zzz")


def test_partitions_are_added_and_never_taken_away(pk: Typed):
    pk.said("topics", "create", "grown")
    assert pk.said("topics", "add-partitions", "grown", "3") == "grown has 3 partitions now, before 1.\n"
    assert "INVALID_PARTITIONS" in pk.refused("topics", "add-partitions", "grown", "2", code=2)


def test_a_deleted_topic_is_gone(pk: Typed):
    pk.said("topics", "create", "gone")
    assert pk.said("topics", "delete", "gone") == "Deleted gone.\n"
    assert "gone" not in [topic["topic"] for topic in pk.json("topics", "list")]


def test_creating_twice_is_refused_unless_it_may_be_there(pk: Typed):
    pk.said("topics", "create", "twice")
    assert "TOPIC_ALREADY_EXISTS" in pk.refused("topics", "create", "twice")
    pk.said("topics", "create", "twice", "--if-not-exists")


def test_an_unknown_config_is_exit_code_2(pk: Typed):
    assert "x.y" in pk.refused("topics", "create", "bad", "-c", "x.y=1", code=2)
    misspelt = pk.refused("topics", "create", "bad", "-c", "retention.mss=1", code=2)
    assert misspelt.endswith("(INVALID_CONFIG); did you mean retention.ms?")
    assert pk.refused("topics", "create", "bad", "-c", "x.y", code=2) == ("-c x.y has no value: write -c x.y=VALUE")


def test_nobody_at_the_address_is_one_line_that_says_how_to_start_a_broker():
    shown = typed("topics", "list", "-b", "127.0.0.1:1")
    assert shown.exit_code == 1
    assert shown.stderr == (
        "pykbroker: No broker answers at 127.0.0.1:1 (connection refused); start one with `pykbroker serve`, "
        "or say where it is: -b HOST:PORT\n"
    )


@pytest.mark.parametrize("address", ["", ":9092", "host:port", "host:0", "host:99999"])
def test_what_is_no_address_is_exit_code_2(address: str):
    shown = typed("topics", "list", "-b", address)
    assert (shown.exit_code, "write HOST:PORT" in shown.stderr) == (2, True)


def test_a_web_server_is_told_from_a_broker():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            client.recv(100)
            client.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            client.close()

        threading.Thread(target=answer, daemon=True).start()
        shown = typed("topics", "list", "-b", f"127.0.0.1:{server.getsockname()[1]}")
    assert "does not speak Kafka's protocol" in shown.stderr


def test_tables_and_the_protocol_are_loaded_by_the_commands_that_need_them():
    code = (
        "import sys, pykbroker.cli.main, pykbroker.server.app;"
        "print(sorted({'rich', 'pykbroker.cli.connection'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=30)
    assert shown.stdout == "[]\n"


def test_the_shell_can_complete_commands():
    shown = run("", _PYKBROKER_COMPLETE="bash_complete", COMP_WORDS="pykbroker to", COMP_CWORD="1")
    assert shown.stdout == "plain,topics\n"
