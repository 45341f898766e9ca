"""The file by which a start knows that the shutdown before it was clean: `.kafka_cleanshutdown`, as Kafka writes it."""

from __future__ import annotations

import json
from pathlib import Path

from .files import replace_file, sync_directory
from .names import CLEAN_SHUTDOWN


def take_clean_marker(directory: Path) -> bool:
    """Whether the last shutdown was clean.  The marker goes at once: a crash from here on is seen."""
    try:
        (directory / CLEAN_SHUTDOWN).unlink()
    except FileNotFoundError:
        return False
    sync_directory(directory)
    return True


def leave_clean_marker(directory: Path) -> None:
    """The next start finds a clean shutdown."""
    marker = json.dumps({"version": 0, "brokerEpoch": -1})
    replace_file(directory / CLEAN_SHUTDOWN, marker.encode())
