"""From a frame to the answer of whoever knows it at once.

    straight(frame, client, served, broker)

asks the straight way (handlers/known.py) of the API and version that the frame's header names; `served` has them by
`number`.  It counts the request if that has the answer, and gives None otherwise.  It is compiled (`_straight.c`);
without a compiler nobody has such a way.
"""

from __future__ import annotations

from collections.abc import Mapping

from pykbroker.handlers.broker import Broker
from pykbroker.handlers.client import Client
from pykbroker.server.contract import Answer
from pykbroker.server.served import Served

try:
    from ._straight import straight as straight
except ImportError:

    def straight(frame: memoryview, client: Client, served: Mapping[int, Served], broker: Broker, /) -> Answer | None:
        return None


def number(key: int, version: int) -> int:
    """Of one API in one version: the first four bytes of its requests."""
    return key << 16 | version & 0xFFFF
