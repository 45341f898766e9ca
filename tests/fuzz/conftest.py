"""A broker on a thread of its own, served over real sockets, whose insides can be looked at."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
import trio
from asking import opened
from hostile import Healthy
from hypothesis import HealthCheck, settings

from pykbroker.handlers.broker import Broker
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.group_commit import GroupCommit
from pykbroker.server.answering import Answering
from pykbroker.server.limits import Limits
from pykbroker.server.listener import bind
from pykbroker.server.serve import serve
from pykbroker.server.serving import Serving

# The same cases every time, so that a failure is the change's; scripts/fuzz looks further.
settings.register_profile(
    "fuzz", derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=True
)
settings.load_profile("fuzz")

T = TypeVar("T")


class Log(logging.Handler):
    """What the broker said that somebody should look at."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    def tracebacks(self) -> list[str]:
        formatter = logging.Formatter()
        return [formatter.format(each) for each in self.records if each.exc_info]

    def since(self, seen: int) -> list[str]:
        return [each.getMessage() for each in self.records[seen:]]


class Running:
    """One broker over one directory."""

    def __init__(self, directory: Path, **settings: str) -> None:
        self.log = Log()
        self._directory, self._settings = directory, settings
        self._ready = threading.Event()

    def start(self) -> None:
        logging.getLogger("pykbroker").addHandler(self.log)
        self._ready.clear()
        self._thread = threading.Thread(target=lambda: trio.run(self._run), daemon=True)
        self._thread.start()
        assert self._ready.wait(20)

    async def _run(self) -> None:
        self.broker: Broker = opened(self._directory, **self._settings)
        listener = bind("PLAINTEXT", "127.0.0.1", 0)
        self.port, self._token = listener.port, trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.broker.groups.keep_time)
            syncs = GroupCommit(self.broker.data)
            nursery.start_soon(syncs.run)
            serving = partial(
                serve, [listener], Answering(self.broker).answer, limits=Limits(), clock=Clock(), signals=()
            )
            self.serving: Serving = await nursery.start(serving)
            self._scope = nursery.cancel_scope
            while self.broker.data.unsynced or syncs._under_way:  # what the start wrote
                await trio.sleep(0.01)
            self._tasks_at_rest = self._tasks()
            self._ready.set()
            await trio.sleep_forever()

    def look(self, question: Callable[[], T]) -> T:
        """What `question` finds in the broker's own thread."""
        return trio.from_thread.run_sync(question, trio_token=self._token)

    def stop(self, *, cleanly: bool) -> None:
        """As after SIGTERM, or as after kill -9."""
        self.look(self._scope.cancel)
        self._thread.join(20)
        assert not self._thread.is_alive()
        if cleanly:
            self.broker.data.close()
        else:
            self.broker.data.abandon()
        logging.getLogger("pykbroker").removeHandler(self.log)

    def _tasks(self) -> int:
        return trio.lowlevel.current_statistics().tasks_living

    def leftovers(self) -> dict[str, Any]:
        """Whatever connections that are gone have left behind."""

        def count() -> dict[str, Any]:
            logs = self.broker.data.open_logs()
            return {
                "connections": len(self.serving.connections),
                "tasks": self._tasks() - self._tasks_at_rest,
                "watchers": sum(len(log.watchers) for log in logs),
                "waiting": self.broker.groups.waiting,
                "held_bytes": self.serving._budget.held_bytes,
            }

        return {name: value for name, value in self.look(count).items() if value}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    broker = Running(
        tmp_path_factory.mktemp("fuzz"),
        **{"num.partitions": "1", "offsets.topic.num.partitions": "2", "group.initial.rebalance.delay.ms": "0"},
    )
    broker.start()
    client = Healthy(broker.port)
    client.create_topics()
    client.close()
    yield broker
    broker.stop(cleanly=True)


@pytest.fixture
def well(running: Running) -> Iterator[Healthy]:
    client = Healthy(running.port)
    yield client
    client.close()
