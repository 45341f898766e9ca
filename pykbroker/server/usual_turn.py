"""Turns in which nothing is unusual: whole frames have come, and their answers are in memory and go out at once.

    receive(connections, now, shared, answer)

receives once on each connection that can be read, where nothing of an earlier turn is left, and answers what is whole.
It gives those on which `send` has something to do, and beside them those on which something else is left, and what:

    None          nothing was received, or the connection has no turn now
    (answer,)     more may stand in the inbox; an answer that is not simply owed comes first, or None

More that stands there is in `shared`: what is left is to be done in its order, that connection first, and whoever comes
after it has no turn yet.  What `answer` raises is the connection's `verdict`.

    send(connections)

sends to each what is owed to it, if there is nothing else to do.  It gives those on which there is.

    buffer(nbytes)

is a bytearray whose bytes are whatever they were before: of one that is filled whole before it is read.

All are compiled (`_turn.c`); without a compiler all is left to do, and serving.py does it step by step.
"""

from __future__ import annotations

from pykbroker.server.connection import Connection
from pykbroker.server.contract import Answered, AnswerFunction

Left = tuple[Answered] | None

try:
    from ._turn import buffer as buffer
    from ._turn import receive as receive
    from ._turn import send as send
except ImportError:

    def receive(
        connections: list[Connection], now: int, shared: memoryview, answer: AnswerFunction, /
    ) -> tuple[list[Connection], list[tuple[Connection, Left]]]:
        return [], [(connection, None) for connection in connections]

    def send(connections: list[Connection], /) -> list[Connection]:
        return connections

    buffer = bytearray
    COMPILED = False
else:
    COMPILED = True
