"""Both brokers, started once for all tests, or running ones: `--kafka HOST:PORT`, `--pykbroker HOST:PORT`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from both.client import Broker
from broker_process import Broker as Process

SETTINGS: dict[str, object] = {  # the same for both
    "group.initial.rebalance.delay.ms": 0,  # it would only be waited for
    "transaction.partition.verification.enable": "false",  # transactions of hand-made batches, without a coordinator
}

Address = tuple[str, int]


def pytest_addoption(parser: pytest.Parser) -> None:
    for side in ("kafka", "pykbroker"):
        parser.addoption(
            f"--{side}", metavar="HOST:PORT", help=f"a running {side} instead of one started for the tests"
        )


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A real Apache Kafka 4.3.1."""
    if shutil.which("java") is None and not request.config.getoption("--kafka", None):
        pytest.skip("no Java: install a JRE of version 17 or newer to compare with a real Kafka")
    yield from _broker("kafka", request, tmp_path_factory.mktemp("kafka"))


@pytest.fixture(scope="session")
def pykbroker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """pykbroker from this tree, in a process of its own."""
    yield from _broker("pykbroker", request, tmp_path_factory.mktemp("pykbroker"))


def _broker(kind: str, request: pytest.FixtureRequest, data: Path) -> Iterator[Address]:
    if running := request.config.getoption(f"--{kind}", None):
        yield _split(running)
        return
    process = Process(kind, data, SETTINGS)
    process.start()
    yield _split(process.address)
    process.stop()


def _split(address: str) -> Address:
    host, port = address.rsplit(":", 1)
    return host, int(port)


@pytest.fixture(scope="session")
def run_id() -> str:
    """In the names of all topics and groups, so that a running broker can be compared twice."""
    return f"{time.time():.0f}"


@pytest.fixture(scope="session")
def ready(kafka: Address, pykbroker: Address) -> tuple[Address, Address]:
    """Both brokers, once they coordinate groups and give out producer ids."""
    for host, port in (kafka, pykbroker):
        with Broker(host, port) as broker:
            broker.wait_coordinator("wire")
            broker.wait_producer_ids()
    return kafka, pykbroker
