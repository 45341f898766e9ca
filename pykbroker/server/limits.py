"""What one client, and all of them together, may take of the broker."""

from __future__ import annotations

from typing import NamedTuple


class Limits(NamedTuple):
    """Kafka's properties of the same names, and its defaults."""

    socket_request_max_bytes: int = 100 * 2**20
    queued_max_request_bytes: int = -1
    """Of all requests that are only partly there; -1 is no limit."""
    connections_max_idle_ms: int = 600_000
    """Negative: idle connections are never closed."""
    shutdown_grace_ms: int = 3_000
    """How long a shutdown waits for what is under way.  Not a property of Kafka."""
