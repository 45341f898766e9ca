"""What the connection loop asks of the function that answers.

A frame is valid only until `answer` returns: what has to outlive it is copied by whoever keeps it.
"""

from __future__ import annotations

from collections.abc import Callable

from pykbroker.handlers.client import Client
from pykbroker.runtime.later import Later, Promised
from pykbroker.storage.slice import FileSlice

Chunk = bytes | bytearray | memoryview | FileSlice
Answer = list[Chunk]
"""One response as it leaves, its four-byte size in the first chunk."""

Answered = Answer | Later[Answer | None] | Promised[Answer | None] | None
AnswerFunction = Callable[[memoryview, Client], Answered]
"""(frame without its size, client) -> the answer; None when the request wants none; or Later; or Promised.

It, and the Later or Promised it returns, may raise Malformed or Hangup.
"""
