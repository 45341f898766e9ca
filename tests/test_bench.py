"""What scripts/bench takes for an answer, and what it makes of figures."""

import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts/bench.d"), str(ROOT / "compat-tests"), str(ROOT / "compat-tests/wire")]

import document  # noqa: E402
import growth  # noqa: E402
import pairs  # noqa: E402
import programs  # noqa: E402
import rows  # noqa: E402
import small_requests  # noqa: E402
import svg  # noqa: E402
import turns  # noqa: E402
from pykbroker_protocol.apis.produce import PRODUCE, ProduceResponse  # noqa: E402
from session import Failed, Figure  # noqa: E402

from pykbroker import codec  # noqa: E402


def answer_of_a_produce(error_code=0):
    topic = ProduceResponse.TopicProduceResponse
    partition = topic.PartitionProduceResponse(index=0, error_code=error_code, base_offset=258)
    response = ProduceResponse(responses=[topic(topic_id=bytes(range(16)), partition_responses=[partition])])
    return bytes(5) + codec.encode(PRODUCE.response, 13, response)


def answering(answer):
    """A port on which the first request of each connection gets `answer`, behind its own correlation id."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, listener.accept()[0] as client:
            while request := client.recv(4096):
                client.sendall(len(answer).to_bytes(4, "big") + request[8:12] + answer[4:])

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def requests(port, tmp_path, *options):
    (tmp_path / "frames").write_bytes(small_requests.frame_of_a_produce())
    try:
        program = programs.c_program("requests")
    except programs.Missing as lacks:
        pytest.skip(str(lacks))
    command = [program, "127.0.0.1", str(port), tmp_path / "frames", "--seconds", "0.05", "--warm", "0", *options]
    return subprocess.run(command, capture_output=True, text=True)


RIGHT = answer_of_a_produce()
CHECKED = ["--answer-bytes", str(len(RIGHT)), "--zero", str(small_requests.error_codes(PRODUCE, 13, RIGHT)[0])]


def test_the_load_program_counts_answers_without_an_error(tmp_path):
    done = requests(answering(RIGHT), tmp_path, *CHECKED)
    assert done.returncode == 0, done.stderr
    assert '"requests": ' in done.stdout


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (answer_of_a_produce(error_code=6), "error code 6"),
        (RIGHT[:-1], "length 61 instead of 62"),
        (RIGHT[:4], "length 4 instead of 62"),
    ],
    ids=["an error", "too short", "nothing but a correlation id"],
)
def test_the_load_program_ends_with_an_answer_that_is_not_right(tmp_path, answer, fault):
    done = requests(answering(answer), tmp_path, *CHECKED)
    assert done.returncode == 1
    assert fault in done.stderr


def test_the_load_program_ends_with_an_answer_to_another_request(tmp_path):
    done = requests(answering(RIGHT), tmp_path, "--depth", "2", *CHECKED)
    assert done.returncode == 1
    assert "instead of 1" in done.stderr


def test_the_error_code_of_an_answer_is_found_where_it_stands():
    (at,) = small_requests.error_codes(PRODUCE, 13, RIGHT)
    wrong = answer_of_a_produce(error_code=6)
    assert [n for n in range(len(RIGHT)) if RIGHT[n] != wrong[n]] == [at + 1]


def test_canned_answers_are_as_long_as_right_ones():
    assert len(RIGHT) == small_requests.PRODUCE_ANSWER_BYTES


def test_nothing_is_prepared_from_an_answer_with_an_error():
    with pytest.raises(Failed, match="6"):
        small_requests.error_codes(PRODUCE, 13, answer_of_a_produce(error_code=6))


def test_ratios_are_of_figures_of_the_same_turn():
    figures = [
        Figure("row", broker, medium, turn, value)
        for broker, medium, turn, value in [
            ("pykbroker", "memory", 0, 10.0),
            ("kafka", "memory", 0, 5.0),
            ("pykbroker", "memory", 1, 30.0),
            ("kafka", "memory", 1, 10.0),
            ("pykbroker", "memory", 2, 99.0),
            ("kafka", "disk", 2, 1.0),
        ]
    ]
    found = pairs.ratio(figures, "row", "memory", "pykbroker", "kafka")
    assert (found.pairs, found.lowest, found.median, found.highest) == ([2.0, 3.0], 2.0, 2.5, 3.0)
    assert pairs.ratio(figures, "row", "disk", "pykbroker", "kafka") is None


def test_a_goal_is_a_least_where_more_is_better_and_a_most_otherwise():
    assert rows.rate("r", "", "", kafka=2).reached("kafka", 2.1)
    assert not rows.rate("r", "", "", kafka=2).reached("kafka", 1.9)
    assert rows.Row("r", "", "", kafka=0.5).reached("kafka", 0.4)
    assert not rows.Row("r", "", "", kafka=0.5).reached("kafka", 0.6)
    assert rows.Row("r", "", "").reached("kafka", 0.6) is None


def test_rows_are_chosen_by_name_group_and_pattern():
    assert [row.name for row in rows.chosen(["single", "requests.produce-16"], rows.ROWS)] == [
        "requests.produce-16",
        "single.p50",
        "single.p99",
    ]
    with pytest.raises(ValueError, match="no row is called nonsense"):
        rows.chosen(["nonsense"], rows.ROWS)


@pytest.fixture
def page(tmp_path, monkeypatch):
    """An empty page like docs/benchmarks.md, in a folder of its own."""
    real = document.PAGE.read_text()
    monkeypatch.setattr(document, "PAGE", tmp_path / "benchmarks.md")
    monkeypatch.setattr(document, "PLACE", tmp_path / "benchmarks")
    document.PAGE.write_text(real)
    return document.PAGE


def test_a_row_that_is_measured_again_takes_the_place_of_what_was_known_of_it(page):
    for ours in (100.0, 300.0):
        figures = [
            Figure("consume.1", "pykbroker", "memory", 0, ours),
            Figure("consume.1", "kafka", "memory", 0, 150.0),
        ]
        document.record(turns.Measured(figures=figures), "table")
    (row,) = [line for line in page.read_text().splitlines() if "| 300 | 150 |" in line]
    assert row.startswith(
        f"| {rows.ROWS['consume.1'].what} | MB/s | 300 | 150 |  |  | 2.00 / 2.00 / 2.00 | >= 1 reached |"
    )


def test_plots_are_whole_and_to_the_right_where_we_are_better(page):
    figures = [Figure("single.p50", broker, "memory", 0, us) for broker, us in (("pykbroker", 50.0), ("kafka", 100.0))]
    ((name, beside),) = document._bars(figures, "memory")
    assert (name, beside) == ("single.p50", {"kafka": (2.0, pytest.approx(1 / 0.6))})
    xml.fromstring(svg.bars("ratios", [(name, beside)]))
    xml.fromstring(svg.lines("growth", [("row", (1, 10, 100), {"pykbroker": [1.0, 1.1, 5.0]})]))


def test_growth_is_shown_when_it_was_measured_at_every_size(page):
    row = growth.ROWS["members.settle"]
    some = [Figure(row.name, "pykbroker", "memory", place, 2.0 + place) for place in range(3)]
    assert document._lines(some) == [(row.name, row.sizes, {"pykbroker": [2.0, 3.0, 4.0]})]
    assert document._lines(some[:2]) == []
