"""What the files and directories of a log are called, as Kafka names them."""

from __future__ import annotations

import base64
from pathlib import Path

LOG, INDEX, TIME_INDEX, TRANSACTION_INDEX, SNAPSHOT = ".log", ".index", ".timeindex", ".txnindex", ".snapshot"
SEGMENT_SUFFIXES = (LOG, INDEX, TIME_INDEX, TRANSACTION_INDEX)
DELETE_SUFFIX, STRAY_SUFFIX = "-delete", "-stray"
DELETED_SUFFIX = ".deleted"  # of files that are to be removed
CLEANED_SUFFIX = ".cleaned"  # of segments that a compaction is writing
SWAP_SUFFIX = ".swap"  # of those that are written, and about to take the place of others
LEFTOVER_SUFFIXES = (DELETED_SUFFIX, CLEANED_SUFFIX, ".tmp")  # of work that a crash interrupted

LEADER_EPOCHS = "leader-epoch-checkpoint"
PARTITION_METADATA = "partition.metadata"
META_PROPERTIES = "meta.properties"
LOCK = ".lock"
CLEAN_SHUTDOWN = ".kafka_cleanshutdown"
RECOVERY_POINTS = "recovery-point-offset-checkpoint"
LOG_START_OFFSETS = "log-start-offset-checkpoint"
HIGH_WATERMARKS = "replication-offset-checkpoint"
CLEANER_OFFSETS = "cleaner-offset-checkpoint"

MAX_OFFSET = 2**63 - 1
_MAX_NAME = 255


def offset_file(offset: int, suffix: str) -> str:
    return f"{offset:020d}{suffix}"


def offset_of(name: str) -> int:
    """The offset that a segment's or snapshot's file name carries.

    Raises:
        ValueError: the name does not begin with one.
    """
    digits = name.partition(".")[0]
    if not digits.isascii() or not digits.isdigit():
        raise ValueError(f"{name} carries no offset")
    return int(digits)


def partition_directory(topic: str, partition: int) -> str:
    return f"{topic}-{partition}"


def parse_partition_directory(name: str) -> tuple[str, int] | None:
    """(topic, partition), or None if `name` is not a partition's directory."""
    topic, dash, number = name.rpartition("-")
    if not dash or not topic or not number.isascii() or not number.isdigit() or name != f"{topic}-{int(number)}":
        return None
    return topic, int(number)


def set_aside_directory(topic: str, partition: int, unique: bytes, suffix: str) -> str:
    """`<topic>-<partition>.<hex><suffix>`; the topic is cut where the name would be too long for a file system."""
    tail = f"-{partition}.{unique.hex()}{suffix}"
    return topic[: _MAX_NAME - len(tail)] + tail


def uuid_text(uuid: bytes) -> str:
    return base64.urlsafe_b64encode(uuid).decode().rstrip("=")


def uuid_bytes(text: str) -> bytes:
    """
    Raises:
        ValueError: it is no UUID as Kafka prints them.
    """
    uuid = base64.urlsafe_b64decode(text + "==")
    if len(uuid) != 16:
        raise ValueError(f"{text!r} is not a UUID of 22 characters")
    return uuid


def segment_path(directory: Path, base_offset: int, suffix: str) -> Path:
    return directory / offset_file(base_offset, suffix)
