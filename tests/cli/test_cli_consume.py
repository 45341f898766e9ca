"""`pykbroker consume`: what other clients wrote, from where one wants, to the end or followed."""

import json
import subprocess
import sys
from typing import Any

import pytest
from commands import Typed
from kafka import KafkaProducer
from running import environment

from pykbroker.cli.internal_records import OWN
from pykbroker.cli.shown_records import _OF_BROKERS


def written(pk: Typed, topic: str, *values: bytes, **options: Any) -> None:
    producer = KafkaProducer(bootstrap_servers=f"127.0.0.1:{pk.port}", **options)
    for number, value in enumerate(values):
        sent = producer.send(topic, value, key=b"k%d" % number, headers=[("h", b"1")], timestamp_ms=1000 * number)
        sent.get(10)
    producer.close()


@pytest.fixture(scope="module")
def numbers(pk: Typed) -> str:
    pk.said("topics", "create", "numbers")
    written(pk, "numbers", *(b"%d" % number for number in range(5)))
    return "numbers"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([], "01234"),
        (["--from", "3"], "34"),
        (["--from", "-2"], "34"),
        (["--from", "-99"], "01234"),
        (["--from", "end"], ""),
        (["--from", "1970-01-01T00:00:02Z"], "234"),
        (["--from", "1970-01-01T00:00:01.500+00:00", "-n", "1"], "2"),
        (["--from", "2050-01-01"], ""),
        (["-n", "2"], "01"),
        (["-p", "0", "-n", "1"], "0"),
    ],
)
def test_it_begins_where_one_wants_and_ends_at_the_end(pk: Typed, numbers: str, words: list[str], shown: str):
    assert pk.said("consume", "-t", numbers, *words) == "".join(f"{digit}\n" for digit in shown)


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_every_codec_is_read(pk: Typed, codec: str):
    pk.said("topics", "create", f"read-{codec}")
    written(pk, f"read-{codec}", b"x" * 3000, compression_type=codec)
    assert pk.said("consume", "-t", f"read-{codec}") == "x" * 3000 + "\n"


def test_json_has_everything(pk: Typed, numbers: str):
    first = json.loads(pk.said("consume", "-t", numbers, "-n", "1", "--format", "json"))
    assert first == {
        **{"topic": "numbers", "partition": 0, "offset": 0, "timestamp": 0},
        **{"key": "k0", "value": "0", "headers": [["h", "1"]]},
    }


def test_bytes_that_are_no_text_stay_as_they_are(pk: Typed):
    pk.said("topics", "create", "binary")
    written(pk, "binary", b"\xff\x00\x1b[2J")
    assert pk("consume", "-t", "binary").stdout_bytes == b"\xff\x00\x1b[2J\n"
    assert json.loads(pk.said("consume", "-t", "binary", "--format", "json"))["value"] == {"base64": "/wAbWzJK"}
    assert r"\xff\x00\x1b[2J" in pk.said("consume", "-t", "binary", "-v")


def test_what_the_broker_itself_wrote_is_decoded(pk: Typed, numbers: str):
    pk.said("groups", "reset-offsets", "decoded", "-t", numbers, "--to-offset", "3")
    words = ["consume", "-t", "__consumer_offsets"]
    (line,) = [line for line in pk.said(*words).splitlines() if '"group": "decoded"' in line]
    assert line.startswith('OffsetCommitKey {"group": "decoded", "topic": "numbers", "partition": 0}  ')
    every = [json.loads(line)["decoded"] for line in pk.said(*words, "--format", "json").splitlines()]
    offsets = [
        m["OffsetCommitValue"]["offset"] for m in every if m.get("OffsetCommitKey", {}).get("group") == "decoded"
    ]
    assert offsets == [3]


def test_every_topic_that_can_be_decoded_is():
    assert set(_OF_BROKERS) == set(OWN)


def test_verbose_shows_place_key_and_headers(pk: Typed, numbers: str):
    assert pk.said("consume", "-t", numbers, "--from", "4", "-v").endswith("  numbers-0@4  k4  4  [h=1]\n")


def test_all_partitions_are_read(pk: Typed):
    pk.said("topics", "create", "spread", "-p", "4")
    pk.said("produce", "-t", "spread", "--key-separator", ":", stdin="".join(f"{n}:{n}\n" for n in range(40)))
    assert sorted(map(int, pk.said("consume", "-t", "spread").split())) == list(range(40))


def test_following_shows_what_comes(pk: Typed):
    pk.said("topics", "create", "followed")
    words = ["consume", "-t", "followed", "-f", "-n", "2", "-b", f"127.0.0.1:{pk.port}"]
    command = [sys.executable, "-m", "pykbroker", *words]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout
        for value in ("first\n", "second\n"):
            pk.said("produce", "-t", "followed", "-v", value.strip())
            assert following.stdout.readline() == value
        assert following.wait(10) == 0


def test_what_it_does_not_understand_is_exit_code_2(pk: Typed, numbers: str):
    assert "--from yesterday is not understood" in pk.refused("consume", "-t", numbers, "--from", "yesterday", code=2)
    assert "partitions 0 to 0" in pk.refused("consume", "-t", numbers, "-p", "7", code=2)
