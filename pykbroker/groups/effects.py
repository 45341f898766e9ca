"""What a coordinator decides, as data: the shell carries it out in the order the machine took its decisions."""

from __future__ import annotations

from typing import Any, NamedTuple, NewType

Ticket = NewType("Ticket", int)
"""Names one asker while its answer is outstanding.  The shell issues it and never issues it twice."""


class Persist(NamedTuple):
    """These records go to the log of `group_id`'s partition, all or none, and are then replayed to the machine."""

    group_id: str
    records: list[Any]


class Reply(NamedTuple):
    """The answer to `ticket`.  Behind a Persist it is released only when those records are in the log."""

    ticket: Ticket
    response: Any


Effect = Persist | Reply
