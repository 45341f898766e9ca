"""Times as people write and read them, and as Unix milliseconds."""

from __future__ import annotations

from datetime import datetime

from pykbroker.cli.failures import Wrong


def timestamp_of(text: str, option: str) -> int:
    """Unix ms of an ISO date or time; the local one, if it has no zone.

    Raises:
        Wrong: it is none.
    """
    try:
        return int(datetime.fromisoformat(text).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError) as fault:
        raise Wrong(f"{option} {text} is not understood: write a time like 2026-01-31T12:00 (see --help)") from fault


def time_text(timestamp: int) -> str:
    """Local time with milliseconds and zone; the bare number where no calendar has it, and - for none."""
    if timestamp < 0:
        return "-" if timestamp == -1 else str(timestamp)
    try:
        return datetime.fromtimestamp(timestamp / 1000).astimezone().isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return str(timestamp)
