"""Retention and compaction leave the same of the same inputs here and in Apache Kafka: offsets, keys, values, times.

One seed; `scripts/survivors` takes as many as one likes.  It needs both brokers, so it runs with `--broker kafka`.
"""

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "wire"))  # its clients send batches as they are

import survivors

SEED = 1


@pytest.fixture(scope="module")
def left(request, tmp_path_factory):
    """What is left, by broker and case."""
    if request.config.getoption("--broker") != "kafka":
        pytest.skip("needs both brokers: run with --broker kafka")
    return survivors.compared(SEED, int(time.time() * 1000), tmp_path_factory.mktemp("survivors"))


NAMES = [case.name for case in survivors.cases(SEED, 0)]


@pytest.fixture(autouse=True)
def _time_limit():
    """Longer than that of all other tests: two brokers do all cases at the first one."""


@pytest.mark.parametrize("name", NAMES)
def test_the_same_survives(left, name):
    kafka, pykbroker = (left[kind][name] for kind in survivors.KINDS)
    assert survivors.differences(kafka, pykbroker) == []


def test_what_survives_is_not_simply_what_was_written(left):
    work = {case.name: case for case in survivors.cases(SEED, 0)}
    for name, lines in left["kafka"].items():
        batches = sum(len(batches) for batches in work[name].rounds)
        assert len([line for line in lines if line[0] == "batch"]) < batches, name


def test_the_same_survives_of_a_log_full_of_transactions_that_kafka_wrote(request, tmp_path):
    if request.config.getoption("--broker") != "kafka":
        pytest.skip("needs both brokers: run with --broker kafka")
    kafka, pykbroker = survivors.of_transactions(SEED, int(time.time() * 1000), tmp_path)
    assert survivors.differences(kafka, pykbroker) == []
    kinds = {line[0] for line in kafka}
    assert kinds == {"segment", "batch", "record", "aborted"}
