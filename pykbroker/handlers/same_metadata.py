"""Metadata, asked again in the same bytes: the answer is the same until the catalog or the broker's config changes."""

from __future__ import annotations

import struct
from typing import Any

from pykbroker import codec
from pykbroker.config.config import Config

from . import known as ways
from .broker import Broker
from .client import Client
from .known import KnownMetadata
from .prefixes import SAME_FROM, Exchange

_MOST_REQUEST_BYTES = 4096
_KEPT_BYTES = 4 * 2**20
_INT32 = struct.Struct(">i")

_Asked = tuple[int, tuple[str, int], bytes]


class SameMetadata:
    """The answers of one broker to Metadata since the last change, 4 MiB at most."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._answers: dict[_Asked, bytes] = {}
        self._bytes = 0
        self._of: tuple[int, Config] | None = None  # the state of the world that they are of
        self.straight = ways.metadata

    def answer(self, frame: memoryview, version: int, correlation_id: int, client: Client) -> list[Any] | None:
        if len(frame) > _MOST_REQUEST_BYTES or not self._is_current():
            return None
        endpoint, asked, (revision, config) = self._broker.endpoint_for(client), bytes(frame[SAME_FROM:]), self._now()
        known = self._answers.get((version, endpoint, asked))
        if known is None:
            return None
        of_listener = None if config.pykbroker_advertise_client_address else endpoint
        client.metadata = KnownMetadata(version, asked, revision, config, of_listener, known)
        answer = bytearray(known)
        _INT32.pack_into(answer, 4, correlation_id)
        return [answer]

    def learn(self, frame: memoryview, asked: Exchange, answer: list[Any], client: Client) -> None:
        """Kept if every topic is there; one that is not may be created by the next who asks."""
        (whole,) = answer
        if len(frame) > _MOST_REQUEST_BYTES or len(whole) > _KEPT_BYTES:
            return
        topics = asked.response.topics
        if not isinstance(topics, codec.Encoded) and any(topic.error_code for topic in topics):
            return
        if not self._is_current() or self._bytes + len(whole) > _KEPT_BYTES:
            self._answers.clear()
            self._bytes, self._of = 0, self._now()
        self._answers[asked.version, self._broker.endpoint_for(client), bytes(frame[SAME_FROM:])] = bytes(whole)
        self._bytes += len(whole)

    def _is_current(self) -> bool:
        revision, config = self._now()
        return self._of is not None and self._of[0] == revision and self._of[1] is config

    def _now(self) -> tuple[int, Config]:
        return self._broker.catalog.revision, self._broker.config
