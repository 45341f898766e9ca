"""One client's socket and what is under way on it."""

from __future__ import annotations

import math
import socket
from collections import deque
from enum import Enum, auto

import trio

from pykbroker.handlers.client import Client
from pykbroker.runtime.later import Later, Parked, Promised
from pykbroker.server.contract import Answer, Answered
from pykbroker.server.framing import Inbox


class State(Enum):
    """Who sees to a connection.

    RESTING   the loop: nothing is under way, its socket is watched for the next request
    BUSY      a task of its own: a request waits, or an answer that the client is slow to take
    PARKED    the parking: a request waits for what comes in, and has no task
    IN_LINE   the memory budget: its next request has no room yet, and it is not read from
    CLOSED    nobody
    """

    RESTING = auto()
    BUSY = auto()
    PARKED = auto()
    IN_LINE = auto()
    CLOSED = auto()


class Connection:
    """Fields only; `Serving` is what acts on them."""

    __slots__ = (
        "alarm_at",
        "client",
        "descriptor",
        "held_bytes",
        "inbox",
        "last_used_ms",
        "later",
        "owed",
        "promised",
        "released",
        "sock",
        "state",
        "unfinished",
        "verdict",
        "waiting",
        "waits_until",
        "watched",
    )

    def __init__(self, sock: socket.socket, client: Client, max_frame_bytes: int) -> None:
        self.sock = sock
        self.descriptor = sock.fileno()
        self.client = client
        self.inbox = Inbox(max_frame_bytes)
        self.state = State.BUSY
        self.watched = False  # by the loop, for reading
        self.owed: Answer = []
        # The request that everything behind it waits for.
        self.later: Later[Answer | None] | Parked[Answered] | None = None
        # What is owed behind each promise, once it is settled.
        self.promised: deque[tuple[Promised[Answer | None], Answer]] = deque()
        self.released: trio.Event | None = None  # a task waits until no promise is open
        self.waiting: trio.CancelScope | None = None  # of that request, if it is a Later
        self.waits_until = self.alarm_at = math.inf  # by trio's clock: of a Parked, and when its time is looked at
        self.unfinished = False  # the turn ended at its bound: whole frames may be left
        self.verdict: Exception | None = None  # why it is closed as soon as `owed` was tried
        self.held_bytes = 0  # of the memory budget
        self.last_used_ms: float = math.inf  # inf: not idle, whatever the clock says

    def __str__(self) -> str:
        return f"{self.client.host[1:]}:{self.client.port}"
