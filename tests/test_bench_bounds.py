"""The bounds that scripts/bench sets beside the brokers answer its loads as brokers do."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts/bench.d"), str(ROOT / "compat-tests"), str(ROOT / "compat-tests/wire")]

import programs  # noqa: E402
import small_requests  # noqa: E402
from both.batches import described  # noqa: E402
from both.client import Broker as Asking  # noqa: E402
from both.client import Topic, produced  # noqa: E402
from peers import Canned, Floor  # noqa: E402
from pykbroker_protocol.apis.fetch import FETCH  # noqa: E402
from pykbroker_protocol.apis.produce import PRODUCE  # noqa: E402


@pytest.fixture
def started(tmp_path):
    """Starts what it is given; it runs until the test ends."""
    running = []

    def start(peer):
        try:
            peer.start()
        except programs.Missing as lacks:
            pytest.skip(str(lacks))
        running.append(peer)
        return peer

    yield start
    for peer in running:
        peer.kill()


def test_what_the_floor_was_given_can_be_fetched_from_it(started, tmp_path):
    floor = started(Floor(tmp_path, drains=False))
    with Asking("127.0.0.1", floor.port) as asking:
        for value in (b"first", b"second", b"third"):
            data = [produced(Topic("topic-1"), (0, small_requests.small_batch(value)))]
            answer = asking.ask(PRODUCE, 7, acks=1, timeout_ms=1000, topic_data=data)
        assert answer.responses[0].partition_responses[0].base_offset == 2
        wanted = small_requests.fetch(Topic("topic-1"), fetch_offset=1)
        (partition,) = asking.ask(FETCH, 10, **wanted).responses[0].partitions
    assert [line.split(",")[0] for line in described(partition.records)] == ["1 +0", "2 +0"]
    assert b"first" not in bytes(partition.records)


def test_canned_answers_are_answers_to_the_load_program(started, tmp_path):
    canned = started(Canned(tmp_path, small_requests.PRODUCE_ANSWER_BYTES))
    (tmp_path / "frames").write_bytes(small_requests.frame_of_a_produce())
    wanted = ["--answer-bytes", str(small_requests.PRODUCE_ANSWER_BYTES), "--zero", "27"]
    shape = ["--connections", "3", "--depth", "4", "--seconds", "0.05", "--warm", "0"]
    place = ["127.0.0.1", str(canned.port), tmp_path / "frames"]
    done = subprocess.run([programs.c_program("requests"), *place, *shape, *wanted], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
