"""Incremental fetch sessions (KIP-227): the broker remembers what a client fetches, and answers only what changed.

The client names its session and the next epoch; epoch 0 opens one, -1 does without.  Sessions are soft state: a client
whose session is gone is told so and opens another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pykbroker_protocol.errors import ErrorCode, Refused

if TYPE_CHECKING:
    from pykbroker_protocol.apis.fetch import FetchRequest

TOPIC_IDS_SINCE = 13  # version of Fetch, KIP-516
NO_SESSION = 0
INITIAL_EPOCH = 0
FINAL_EPOCH = -1
_LAST_EPOCH = 2**31 - 1
_EVICTION_MS = 120_000  # Kafka's min.incremental.fetch.session.eviction.ms
_MOST_PARTITIONS = 1_000_000
"""Of all sessions together, some 300 bytes each.  Whoever would have more fetches without a session."""
_NOTHING_SENT = -1  # no offset: whatever is there now differs from it

Key = tuple[bytes | str, int]


@dataclass(slots=True, eq=False)
class Wanted:
    """One partition that a client fetches, and what it was last told about it."""

    topic: str
    topic_id: bytes
    partition: int
    fetch_offset: int
    partition_max_bytes: int
    current_leader_epoch: int
    last_fetched_epoch: int
    high_watermark: int = _NOTHING_SENT
    log_start_offset: int = _NOTHING_SENT

    def must_tell(self, partition: Any) -> bool:
        """Whether `partition`, the answer for it, says anything new; from now on it is what was last told."""
        changed = partition.high_watermark != self.high_watermark or partition.log_start_offset != self.log_start_offset
        self.high_watermark, self.log_start_offset = partition.high_watermark, partition.log_start_offset
        if partition.error_code or partition.diverging_epoch.end_offset >= 0:
            self.high_watermark = _NOTHING_SENT  # so that the client hears of it when the trouble is over
            return True
        return changed or bool(partition.records)


@dataclass(slots=True, eq=False)
class Session:
    """wanted: in the order in which they are served; a partition that gave records goes to the end, so all get on."""

    session_id: int
    uses_topic_ids: bool
    created_ms: int
    wanted: dict[Key, Wanted] = field(default_factory=dict)
    next_epoch: int = 1
    used_ms: int = 0

    def told(self, answered: Iterable[tuple[Wanted, Any]]) -> list[tuple[Wanted, Any]]:
        """Of `answered`, what the client has to be told."""
        news = []
        for wanted, partition in answered:
            if wanted.must_tell(partition):
                news.append((wanted, partition))
                key = (wanted.topic_id if self.uses_topic_ids else wanted.topic, wanted.partition)
                if partition.records and self.wanted.get(key) is wanted:
                    self.wanted[key] = self.wanted.pop(key)
        return news


@dataclass(slots=True, eq=False)
class Round:
    """One Fetch: what it asks for, and the session it belongs to, if any.  `is_full` ones are answered in full."""

    wanted: list[Wanted]
    session: Session | None = None
    is_full: bool = True

    @property
    def session_id(self) -> int:
        return self.session.session_id if self.session else NO_SESSION

    def told(self, answered: list[tuple[Wanted, Any]]) -> list[tuple[Wanted, Any]]:
        """Of `answered`, what goes into the response."""
        if self.session is None:
            return answered
        news = self.session.told(answered)
        return answered if self.is_full else news


class FetchSessions:
    """All sessions of the broker, at most `slots`.

    new_id: () -> a random positive 31-bit number.
    """

    def __init__(self, slots: int, new_id: Callable[[], int]) -> None:
        self._slots, self._new_id = slots, new_id
        self._sessions: dict[int, Session] = {}  # the least recently used first

    @property
    def _held(self) -> int:
        return sum(len(session.wanted) for session in self._sessions.values())

    def __len__(self) -> int:
        return len(self._sessions)

    def round(self, request: FetchRequest, version: int, now: int) -> Round:
        """What `request` asks for, in or out of a session.

        Raises:
            Refused: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH or FETCH_SESSION_TOPIC_ID_ERROR.
        """
        uses_topic_ids = version >= TOPIC_IDS_SINCE
        if request.session_epoch in (INITIAL_EPOCH, FINAL_EPOCH):
            self._sessions.pop(request.session_id, None)
            wanted = dict(_asked(request, uses_topic_ids))
            if request.session_epoch == FINAL_EPOCH or version < 7:
                return Round(list(wanted.values()))
            return Round(list(wanted.values()), self._open(wanted, uses_topic_ids, now))
        session = self._continued(request, uses_topic_ids)
        before = len(session.wanted)
        _update(session.wanted, _asked(request, uses_topic_ids))
        if len(session.wanted) > before and self._held > _MOST_PARTITIONS:
            del self._sessions[session.session_id]
            raise Refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, f"session {session.session_id} has become too large")
        for topic in request.forgotten_topics_data:
            for partition in topic.partitions:
                session.wanted.pop((topic.topic_id if uses_topic_ids else topic.topic, partition), None)
        if not session.wanted:
            del self._sessions[session.session_id]
            return Round([])
        session.next_epoch = 1 if session.next_epoch == _LAST_EPOCH else session.next_epoch + 1
        session.used_ms = now
        self._sessions[session.session_id] = self._sessions.pop(session.session_id)
        return Round(list(session.wanted.values()), session, is_full=False)

    def _continued(self, request: FetchRequest, uses_topic_ids: bool) -> Session:
        session = self._sessions.get(request.session_id)
        if session is None:
            raise Refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND, f"session {request.session_id}")
        if session.next_epoch != request.session_epoch:
            why = f"session {session.session_id} expects epoch {session.next_epoch}, not {request.session_epoch}"
            raise Refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH, why)
        if session.uses_topic_ids != uses_topic_ids:
            raise Refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR, f"session {session.session_id} began otherwise")
        return session

    def _open(self, wanted: dict[Key, Wanted], uses_topic_ids: bool, now: int) -> Session | None:
        """A new session, or None when there is no room: the client then goes on without."""
        if self._held + len(wanted) > _MOST_PARTITIONS or not self._make_room(len(wanted), now):
            return None
        session_id = self._new_id()
        while session_id in self._sessions:
            session_id = self._new_id()
        self._sessions[session_id] = session = Session(session_id, uses_topic_ids, now, wanted, used_ms=now)
        return session

    def _make_room(self, size: int, now: int) -> bool:
        """True when there is a free slot, if need be that of a session unused for long, or of an older, smaller one."""
        if len(self._sessions) < self._slots:
            return True
        if not self._sessions:
            return False
        oldest = next(iter(self._sessions.values()))
        if now - oldest.used_ms <= _EVICTION_MS:
            oldest = min(self._sessions.values(), key=lambda session: len(session.wanted))
            if len(oldest.wanted) >= size or now - oldest.created_ms <= _EVICTION_MS:
                return False
        del self._sessions[oldest.session_id]
        return True


def _asked(request: FetchRequest, uses_topic_ids: bool) -> Iterable[tuple[Key, Wanted]]:
    for topic in request.topics:
        name, topic_id = topic.topic, topic.topic_id
        for asked in topic.partitions:
            yield (
                (topic_id if uses_topic_ids else name, asked.partition),
                Wanted(
                    name,
                    topic_id,
                    asked.partition,
                    asked.fetch_offset,
                    asked.partition_max_bytes,
                    asked.current_leader_epoch,
                    asked.last_fetched_epoch,
                ),
            )


def _update(known: dict[Key, Wanted], asked: Iterable[tuple[Key, Wanted]]) -> None:
    """Take over new offsets and limits; what the client was last told stays as it is."""
    for key, wanted in asked:
        before = known.get(key)
        if before is not None:
            wanted.high_watermark, wanted.log_start_offset = before.high_watermark, before.log_start_offset
        known[key] = wanted
