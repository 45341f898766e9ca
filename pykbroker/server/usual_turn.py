"""A turn in which nothing is unusual: whole frames have come, and their answers are in memory and go out at once.

    turn(connection, shared, answer)

receives once and answers what is whole, when nothing of an earlier turn is left on the connection.  True: something is
owed now, or the connection is `unfinished`.  False: there is nothing to do.  None: nothing was received, and the long
way has to look.  A tuple: what is left stands in the inbox, and its one item is an answer that comes first and is not
simply owed; None if there is no such answer.  What `answer` raises is raised.

    send(descriptor, owed)

sends what is in memory and no more than a few chunks.  Whether all of it went out; what has not stays in `owed`.

Both are compiled (`_turn.c`).  Without a compiler they do nothing, and serving.py and sending.py do the same step by
step.
"""

from __future__ import annotations

from pykbroker.server.connection import Connection
from pykbroker.server.contract import Answer, Answered, AnswerFunction

try:
    from ._turn import send as send
    from ._turn import turn as turn
except ImportError:

    def turn(connection: Connection, shared: memoryview, answer: AnswerFunction, /) -> tuple[Answered] | bool | None:
        return None

    def send(descriptor: int, owed: Answer, /) -> bool:
        return False

    COMPILED = False
else:
    COMPILED = True
