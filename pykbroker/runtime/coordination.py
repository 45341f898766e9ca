"""Runs one pure coordinator on trio: what it decides is persisted and answered here, and it is woken at its deadlines.

Nothing awaits between a decision and its effects, so effects happen in the order of the decisions.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakValueDictionary

import trio
from pykbroker_protocol.errors import Refused

from pykbroker.groups.effects import Effect, Persist, Reply, Ticket
from pykbroker.runtime.clock import Clock
from pykbroker.runtime.later import Parked, Pledge

# A refused tick leaves its deadline in the past; asking again at once would only spin.
_TICK_AGAIN_MS = 1_000

log = logging.getLogger("pykbroker.runtime")


class Machine(Protocol):
    """Decides only; it is told the time."""

    @property
    def next_deadline(self) -> int | None:
        """When it next wants a tick, in the clock's `now`; None while it waits for nobody."""

    def tick(self, *, now: int, timestamp: int) -> list[Effect]: ...


M = TypeVar("M", bound=Machine)
V = TypeVar("V")


class _Waiter:
    """The watch over one question that was not answered at once."""

    __slots__ = ("__weakref__", "_callback", "_forget", "_is_answered", "_outcome", "_pledges", "ticket")
    max_wait_ms = math.inf  # the machine's deadlines end it

    def __init__(self, ticket: Ticket, forget: Callable[[Ticket], object], pledges: Sequence[Pledge]) -> None:
        self.ticket = ticket
        self._forget = forget
        self._pledges = pledges
        self._is_answered = False
        self._outcome: Any = None
        self._callback: Callable[[], None] | None = None

    def settle(self, outcome: Any, pledges: Sequence[Pledge] = ()) -> None:
        self._outcome, self._is_answered = outcome, True
        if pledges:
            self._pledges = [*self._pledges, *pledges]
        for pledge in self._pledges:
            if not pledge.is_settled:
                pledge.when_settled(self._ripen)
        self._ripen()

    def when_ripe(self, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._ripen()

    def _ripen(self) -> None:
        if self._callback is not None and self.look():
            callback, self._callback = self._callback, None
            callback()

    def look(self) -> bool:
        return self._is_answered and all(pledge.is_settled for pledge in self._pledges)

    def leave(self) -> None:
        self._forget(self.ticket)

    def finish(self) -> Any:
        for pledge in self._pledges:
            pledge.check()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


class Coordination(Generic[M]):
    """The shell of one machine.

    `persist` appends a Persist's records to the log and then replays them to the machine, or raises and does neither.
    It gives what the log pledges: whoever waits for a Reply behind the Persist gets it when that is settled.  The asker
    himself, if he is answered at once, is the caller's to hold back.
    """

    def __init__(self, machine: M, persist: Callable[[Persist], Sequence[Pledge]], clock: Clock) -> None:
        self.machine = machine
        self._persist = persist
        self._clock = clock
        self._tickets = itertools.count()
        # Weak: a Parked that is dropped before anybody waits for it leaves no slot behind either.
        self._waiting: WeakValueDictionary[Ticket, _Waiter] = WeakValueDictionary()
        self._deadline: int | None = None
        self._deadline_moved = trio.Event()

    def ask(self, question: Callable[..., Sequence[Effect]], *args: Any) -> Any:
        """Put `question(*args, ticket=, now=, timestamp=)` to the machine; its answer, or Parked when it has to wait.

        An answer that is there at once costs no trio object.

        Raises:
            What `persist` raised, when the answer stood behind those records or was still to come.
        """
        ticket = Ticket(next(self._tickets))
        effects = question(*args, ticket=ticket, now=self._clock.now(), timestamp=self._clock.timestamp())
        answered, response, pledges = self._put(effects, ticket)
        if answered:
            return response
        waiter = self._waiting[ticket] = _Waiter(ticket, self._forget, pledges)
        return Parked(waiter, waiter.finish)

    def tell(self, news: Callable[..., Sequence[Effect]], *args: Any) -> None:
        """Put `news(*args, now=, timestamp=)` to the machine, which answers nobody.

        Raises:
            What `persist` raised.
        """
        self._put(news(*args, now=self._clock.now(), timestamp=self._clock.timestamp()), None)

    def look(self, question: Callable[..., V], *args: Any) -> V:
        """What the machine says to `question(*args, now=)`, which has no effects."""
        try:
            return question(*args, now=self._clock.now())
        finally:
            self._mark_deadline()

    async def keep_time(self) -> None:
        """Tick the machine whenever its next deadline passes.  Never returns."""
        while True:
            self._deadline = deadline = self.machine.next_deadline
            with trio.move_on_after(self._seconds_until(deadline)) as until_deadline:
                await self._deadline_moved.wait()
            if not until_deadline.cancelled_caught:
                self._deadline_moved = trio.Event()
                continue
            now = self._clock.now()
            if (due := self.machine.next_deadline) is None or due > now:
                continue
            try:
                self._carry_out(self.machine.tick(now=now, timestamp=self._clock.timestamp()), None)
            except Refused as refused:
                log.warning("deadline tried again: in_ms=%d why=%s", _TICK_AGAIN_MS, refused)
                await trio.sleep(_TICK_AGAIN_MS / 1000)

    @property
    def waiting(self) -> int:
        """How many askers wait for their answer."""
        return len(self._waiting)

    def _put(self, effects: Sequence[Effect], asker: Ticket | None) -> tuple[bool, Any, Sequence[Pledge]]:
        try:
            return self._carry_out(effects, asker)
        finally:
            self._mark_deadline()

    def _carry_out(self, effects: Sequence[Effect], asker: Ticket | None) -> tuple[bool, Any, Sequence[Pledge]]:
        """Whether `asker` was answered, its response, and what the log pledges of the records before it.

        Raises:
            What kept its answer from the asker.
        """
        answered, response = False, None
        pledges: Sequence[Pledge] = ()
        for position, effect in enumerate(effects):
            if type(effect) is Persist:
                try:
                    pledges = self._persist(effect) or pledges
                except Exception as failure:
                    self._fail(effects[position + 1 :], failure)
                    if answered and isinstance(failure, Refused):
                        log.warning("records not written: group=%r why=%s", effect.group_id, failure)
                        break
                    raise
            elif type(effect) is Reply:
                if effect.ticket == asker:
                    answered, response = True, effect.response
                elif (waiter := self._waiting.get(effect.ticket)) is not None:
                    waiter.settle(effect.response, pledges)
        return answered, response, pledges

    def _fail(self, effects: Sequence[Effect], failure: Exception) -> None:
        for effect in effects:
            if type(effect) is Reply and (waiter := self._waiting.get(effect.ticket)) is not None:
                waiter.settle(failure)

    def _forget(self, ticket: Ticket) -> None:
        self._waiting.pop(ticket, None)

    def _mark_deadline(self) -> None:
        # A deadline that moved later needs no waking: the sleeper wakes at the old one and looks again.
        deadline = self.machine.next_deadline
        if deadline is not None and (self._deadline is None or deadline < self._deadline):
            self._deadline = deadline
            self._deadline_moved.set()

    def _seconds_until(self, deadline: int | None) -> float:
        return float("inf") if deadline is None else max(0, deadline - self._clock.now()) / 1000
