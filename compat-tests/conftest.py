"""Which broker the tests meet, and what they hold in their hands: `use` (one client on one broker), and time limits.

Tests never learn which broker it is.  Most share one; those that kill it override the fixture `broker` in their module.
"""

from __future__ import annotations

import importlib
import logging
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import table
from broker_process import KINDS, Broker
from clients import Admin, Client, Consumer, Partition, Producer, wait_until
from groups import CrashingMember, Member

CLIENTS = {"kafka-python": "kafka_python", "confluent-kafka": "confluent", "aiokafka": "aio"}
TEST_TIMEOUT_S = 90

# Without them each new group costs 3 s, and each crashed member 6 s.  `strict_broker` has Kafka's defaults.
SHARED = {"group.initial.rebalance.delay.ms": 0, "group.min.session.timeout.ms": 500}
MEMBERS = {"auto_offset_reset": "earliest", "heartbeat_interval_ms": 500}  # heartbeats bring news of rebalances
STRICT = {"auto.create.topics.enable": "false"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--broker", default="pykbroker", help="pykbroker (default), kafka, or HOST:PORT of a running one")
    parser.addoption("--write-table", action="store_true", help="record what a whole run saw in README.md's table")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "quick: in the half minute that the project's own tests run")
    config.addinivalue_line("markers", "capability(name): the row of the table that the test counts in")
    config.addinivalue_line("markers", "clients(*names): the only clients that can do what the test is about")
    for gone in ("read_text", "open_text"):  # kafka-python reads its schemas so
        config.addinivalue_line("filterwarnings", f"ignore:{gone} is deprecated:DeprecationWarning")
    kind = config.getoption("--broker")
    if kind not in KINDS and ":" not in kind:
        raise pytest.UsageError(f"--broker is one of {', '.join(KINDS)} or HOST:PORT, not {kind!r}")
    for chatty in ("kafka", "aiokafka"):  # a page a second while a broker is away
        logging.getLogger(chatty).setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated"))  # so that brokers go with the run
    config.pluginmanager.register(table.Recorder(config), "compat-table")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "client" in metafunc.fixturenames:
        chosen = metafunc.definition.get_closest_marker("clients")
        metafunc.parametrize("client", chosen.args if chosen else list(CLIENTS), indirect=True)


@pytest.fixture(autouse=True)
def _time_limit() -> Iterator[None]:
    """A client that waits for ever fails its test, not the run."""

    def out_of_time(*_: object) -> None:
        raise TimeoutError(f"the test took over {TEST_TIMEOUT_S} s")

    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(TEST_TIMEOUT_S)
    yield
    signal.alarm(0)


@pytest.fixture
def only_with_kafka(request: pytest.FixtureRequest) -> None:
    """For the tests that go from one broker to the other themselves, and need Java."""
    if request.config.getoption("--broker") != "kafka":
        pytest.skip("needs both brokers: run with --broker kafka")


@dataclass
class Elsewhere:
    """A broker that was running before; it cannot be restarted or configured from here."""

    address: str


@pytest.fixture(scope="session")
def start_broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Broker]:
    kind = request.config.getoption("--broker")

    def start(**settings: object) -> Broker:
        if kind not in KINDS:
            pytest.skip(f"needs a broker of its own, not {kind}")
        broker = Broker(
            kind, Path(tmp_path_factory.mktemp("data")), {k.replace("_", "."): v for k, v in settings.items()}
        )
        request.addfinalizer(broker.stop)
        try:
            broker.start()
        except RuntimeError as fault:
            pytest.exit(str(fault), returncode=1)
        return broker

    return start


@pytest.fixture(scope="session")
def shared_broker(request: pytest.FixtureRequest, start_broker: Callable[..., Broker]) -> Broker | Elsewhere:
    kind = request.config.getoption("--broker")
    return start_broker(**SHARED) if kind in KINDS else Elsewhere(kind)


@pytest.fixture(scope="session")
def strict_broker(start_broker: Callable[..., Broker]) -> Broker:
    return start_broker(**STRICT)


@pytest.fixture
def broker(shared_broker: Broker | Elsewhere) -> Broker | Elsewhere:
    return shared_broker


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Client:
    return load(request.param)


def load(name: str) -> Any:
    return importlib.import_module(f"clients.{CLIENTS[name]}")


class Use:
    """One client on one broker.  What it opens is closed when the test ends."""

    def __init__(self, client: Client, address: str, closing: ExitStack) -> None:
        self.client = client
        self.address = address
        self._closing = closing
        self._admin: Admin | None = None
        self._members: list[Member] = []

    def end(self) -> None:
        """Members leave together, which takes a moment, and not one after the other, which takes many."""
        for member in self._members:
            member.begin_leaving()

    @property
    def admin(self) -> Admin:
        if self._admin is None:
            self._admin = self.client.admin(self.address)
            self._closing.callback(self._admin.close)
        return self._admin

    def other(self, name: str) -> Use:
        """The same broker by another client."""
        return Use(load(name), self.address, self._closing)

    def name(self, what: str = "t") -> str:
        return f"{what}-{uuid.uuid4().hex[:12]}"

    def topic(self, partitions: int = 1, **configs: str) -> str:
        """The name of a new topic that clients can see."""
        topic = self.name()
        self.admin.create_topic(topic, partitions, configs={name.replace("_", "."): v for name, v in configs.items()})
        wait_until(lambda: self.admin.topics().get(topic) == partitions)
        return topic

    def producer(self, **settings: object) -> Producer:
        producer = self.client.producer(self.address, **settings)
        self._closing.callback(producer.close)
        return producer

    def produce(self, topic: str, count: int, partitions: int = 1, start: int = 0) -> list[bytes]:
        """`count` acknowledged values, different ones, spread over the first `partitions` in turn."""
        producer = self.client.producer(self.address)
        values = [b"%d" % number for number in range(start, start + count)]
        sent = [producer.send(topic, value, partition=turn % partitions) for turn, value in enumerate(values)]
        for acknowledged in sent:
            acknowledged()
        producer.close()
        return values

    def consumer(self, *topics: str, **settings: object) -> Consumer:
        consumer = self.client.consumer(self.address, *topics, **settings)
        self._closing.callback(consumer.close)
        return consumer

    def reader(self, topic: str, partitions: int = 1, **settings: object) -> Consumer:
        """A consumer in no group, at the beginning of the first `partitions` of `topic`."""
        reader = self.consumer(**settings)
        reader.assign([Partition(topic, partition) for partition in range(partitions)], at=0)
        return reader

    def member(self, group_id: str, topic: str, **settings: object) -> Member:
        settings = {"group_id": group_id, **MEMBERS, **settings}
        member = Member(lambda: self.client.consumer(self.address, topic, **settings))
        self._closing.callback(member.leave)
        self._members.append(member)
        return member

    def crashing_member(self, group_id: str, topic: str, **settings: object) -> CrashingMember:
        settings = {"group_id": group_id, **MEMBERS, **settings}
        member = CrashingMember(CLIENTS[self.client.name], self.address, topic, settings)
        self._closing.callback(member.crash)
        return member


@pytest.fixture
def use(client: Client, broker: Broker | Elsewhere) -> Iterator[Use]:
    with ExitStack() as closing:
        use = Use(client, broker.address, closing)
        yield use
        use.end()
