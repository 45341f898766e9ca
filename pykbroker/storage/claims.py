"""Whose a partition's directory is: its topic's, or a deleted one's that had the same name."""

from __future__ import annotations

import logging
from pathlib import Path

from .checkpoints import BadCheckpoint, read_topic_id, write_topic_id
from .names import LOG

_log = logging.getLogger(__name__)

ANOTHER_TOPICS = "belongs to another topic of that name"
UNKNOWN = "has records and does not say whose they are"


def claimed_for(directory: Path, topic_id: bytes, *, after_crash: bool) -> str:
    """Empty if the directory is the topic's, and it says so from here on; otherwise why it is not.

    After a crash one with records that says nothing may be anybody's: a topic's directory says whose it is by its first
    sync at the latest.
    """
    try:
        found = read_topic_id(directory)
    except BadCheckpoint as fault:
        _log.warning("not usable: %s", fault)
        found = None
    if found == topic_id:
        return ""
    if found is not None:
        return ANOTHER_TOPICS
    if after_crash and any(path.stat().st_size for path in directory.glob(f"*{LOG}")):
        return UNKNOWN
    write_topic_id(directory, topic_id)
    return ""
