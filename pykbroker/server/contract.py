"""What the connection loop asks of the function that answers.

A frame is valid only until `answer` returns: what has to outlive it is copied by whoever keeps it.
"""

from __future__ import annotations

from collections.abc import Callable

from pykbroker.handlers.client import Client
from pykbroker.runtime.later import Later, Parked, Promised
from pykbroker.storage.slice import FileSlice

Chunk = bytes | bytearray | memoryview | FileSlice
Answer = list[Chunk]
"""One response as it leaves, its four-byte size in the first chunk."""

Answered = Answer | Later[Answer | None] | Parked["Answered"] | Promised[Answer | None] | None
"""An answer, None when the request wants none, or what it waits for: a Parked may turn out to wait on for something."""

AnswerFunction = Callable[[memoryview, Client], Answered]
"""(frame without its size, client) -> what becomes of it.

It, and the Later, Parked or Promised it returns, may raise Malformed or Hangup.
"""
