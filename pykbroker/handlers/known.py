"""What a shortcut knows of a prefix, and the straight way from there to the answer.

    produce(frame, version, correlation_id, client, broker)
    fetch(frame, version, correlation_id, client, broker)
    metadata(frame, version, correlation_id, client, broker)
    commit(frame, version, correlation_id, client, broker)

give the answer that UsualProduce, UsualFetch, SameMetadata and UsualCommit give, where what is known has its place,
nothing has to be waited for and, of a fetch, the bytes are at hand (storage/at_hand.py); or None, and nothing has
happened.  They are compiled (`_known.c`, `_known_commit.c`); without a compiler they know nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .client import Client

if TYPE_CHECKING:
    from pykbroker_protocol.apis.offset_commit import OffsetCommitRequest

    from pykbroker.config.config import Config
    from pykbroker.groups.records import Committed
    from pykbroker.storage.prepared import PreparedBatch

    from .broker import Broker
    from .places import Place


@dataclass(slots=True, eq=False)
class KnownProduce:
    """What a prefix came to, and the answer to it."""

    version: int
    topic: str | bytes  # name, or id
    partition: int
    client_id: str | None
    answer: bytes  # correlation id and offsets are to be filled in
    base_offset_at: int
    log_start_offset_at: int  # -1: this version does not tell
    place: Place | None = None


@dataclass(slots=True, eq=False)
class KnownFetch:
    """What a prefix came to, what stands behind the offset, and the answer around the records."""

    version: int
    topic: str | bytes  # name, or id
    partition: int
    current_leader_epoch: int
    max_wait_ms: int
    min_bytes: int
    max_bytes: int
    client_id: str | None
    committed: bool  # only records that nobody takes back
    suffix: bytes
    head: bytes  # up to the length of the records; correlation id and offsets are to be filled in
    offsets_at: int  # high watermark and last stable offset, and unless this version does not tell, log start offset
    tail: bytes
    place: Place | None = None


@dataclass(slots=True, eq=False)
class KnownMetadata:
    """What a client asked last, and the answer as long as everything else is the same."""

    version: int
    asked: bytes  # from SAME_FROM on
    revision: int  # of the catalog
    config: Config
    endpoint: tuple[str, int] | None  # of its listener; None where each client hears of the address that it used
    answer: bytes  # correlation id is to be filled in


@dataclass(slots=True, eq=False)
class KnownCommit:
    """What a prefix, up to the first offset, came to."""

    version: int
    client_id: str | None
    request: OffsetCommitRequest  # its topics have both their name and their id
    behind: list[bytes]  # what stands behind each offset, up to the next one or the end
    committed: list[tuple[str, int, Committed]]  # topic, partition
    batch: PreparedBatch
    answer: bytes  # correlation id is to be filled in
    times_learnt: int
    place: Place | None = None  # of the group's offsets; its topics are all there then


Straight = Callable[[memoryview, int, int, Client, "Broker"], list[Any] | None]

try:
    from ._known import fetch as fetch
    from ._known import metadata as metadata
    from ._known import produce as produce
    from ._known_commit import commit as commit
except ImportError:

    def _nothing(
        frame: memoryview, version: int, correlation_id: int, client: Client, broker: Broker, /
    ) -> list[Any] | None:
        return None

    produce = fetch = metadata = commit = _nothing
