"""The server's life: it accepts, serves, and on a signal stops accepting, finishes what is under way, and ends."""

from __future__ import annotations

import contextlib
import logging
import selectors
import signal
from collections.abc import AsyncIterator, Iterator, Sequence

import trio

from pykbroker.runtime.clock import Clock
from pykbroker.server.admission import Admission
from pykbroker.server.at_rest import AtRest
from pykbroker.server.contract import AnswerFunction
from pykbroker.server.limits import Limits
from pykbroker.server.listener import Listener
from pykbroker.server.serving import Serving
from pykbroker.server.task_each import TaskEach

STOPPING = (signal.SIGTERM, signal.SIGINT)

log = logging.getLogger("pykbroker.server")


def loop_of_this_system() -> type[Serving]:
    return AtRest if hasattr(selectors.DefaultSelector, "fileno") else TaskEach


async def serve(
    listeners: Sequence[Listener],
    answer: AnswerFunction,
    *,
    limits: Limits,
    clock: Clock,
    admission: Admission | None = None,
    signals: Sequence[signal.Signals] = STOPPING,
    loop: type[Serving] | None = None,
    task_status: trio.TaskStatus[Serving] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until one of `signals` comes; then finish what is under way and return.  A second one ends it at once.

    Cancelling it ends it at once, too.  Every socket is closed afterwards.  `signals` is empty outside the main thread.
    """
    serving: Serving | None = None
    try:
        with _receiver(signals) as received:
            async with trio.open_nursery() as nursery:
                serving = (loop or loop_of_this_system())(answer, nursery, limits, clock, admission)
                nursery.start_soon(serving.serve)
                nursery.start_soon(serving.keep_time)
                nursery.start_soon(serving.close_idle)
                async with trio.open_nursery() as accepting:
                    for listener in listeners:
                        accepting.start_soon(listener.accept_into, serving.welcome, serving.admission)
                    task_status.started(serving)
                    log.info("stopping: signal=%s", await anext(received))
                    accepting.cancel_scope.cancel()
                _close(listeners)
                nursery.start_soon(_end_at_second, received, nursery.cancel_scope)
                await serving.drain()
                nursery.cancel_scope.cancel()
    finally:
        _close(listeners)
        if serving is not None:
            serving.close_all()


def _close(listeners: Sequence[Listener]) -> None:
    for listener in listeners:
        listener.close()


async def _end_at_second(received: AsyncIterator[str], scope: trio.CancelScope) -> None:
    log.warning("stopping at once: signal=%s", await anext(received))
    scope.cancel()


@contextlib.contextmanager
def _receiver(signals: Sequence[signal.Signals]) -> Iterator[AsyncIterator[str]]:
    if not signals:
        yield _never()
        return
    with trio.open_signal_receiver(*signals) as received:
        yield _names(received)


async def _names(received: AsyncIterator[int]) -> AsyncIterator[str]:
    async for number in received:
        yield signal.Signals(number).name


async def _never() -> AsyncIterator[str]:
    await trio.sleep_forever()
    yield ""
