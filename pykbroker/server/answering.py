"""From a frame to its answer: header, route, request, handler, response, chunks.

A handler's bug is logged with its traceback and answered UNKNOWN_SERVER_ERROR; the connection lives.
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Sequence
from typing import Any

from pykbroker_protocol.apis.api_versions import API_VERSIONS, ApiVersionsResponse
from pykbroker_protocol.apis.produce import PRODUCE
from pykbroker_protocol.errors import ErrorCode, Malformed
from pykbroker_protocol.types import checked

from pykbroker import codec
from pykbroker.handlers.broker import Broker
from pykbroker.handlers.client import Client
from pykbroker.handlers.prefixes import Exchange
from pykbroker.handlers.routes import ROUTES
from pykbroker.handlers.shortcuts import Shortcut
from pykbroker.runtime.later import Later, Parked, Pledge, Promised, settled
from pykbroker.server.contract import Answer, Answered
from pykbroker.server.served import Served
from pykbroker.server.straight import number, straight

_HEADER = struct.Struct(">hhih")  # api key, api version, correlation id, length of the client id
_SIZE_AND_CORRELATION = struct.Struct(">ii")

# What is no records becomes objects, and some of it is kept: a member's metadata for as long as the member is there.
# A Metadata request of 100,000 topics with the longest names has 25 MB.
_MOST_BYTES = 32 * 2**20
_MOST_LEARNT_BYTES = 4096  # of a request that waits: what is learnt from it is its own copy

log = logging.getLogger("pykbroker.server")


class Answering:
    """The function that the connection loop asks, over one broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._served: dict[int, Served] = {}  # what was asked for, by its number
        self._shortcuts: dict[int, Shortcut | None] = {}

    def answer(self, frame: memoryview, client: Client) -> Answered:
        """The answer to one frame; see contract.AnswerFunction."""
        at_once = straight(frame, client, self._served, self._broker)
        if at_once is not None:
            return at_once
        try:
            key, version, correlation_id, _ = _HEADER.unpack_from(frame)
            served = self._served.get(number(key, version)) or self._first_asked(key, version)
            if served is None:
                return _unserved(key, version, correlation_id)
            shortcut = served.shortcut
            known = None if shortcut is None else shortcut.answer(frame, version, correlation_id, client)
        except (struct.error, IndexError) as cut:
            raise _no_header(frame) from cut
        if known is None:
            return self._answer_in_full(served, shortcut, frame, client)
        if isinstance(known, Parked):
            whole = bytes(frame)
            return Parked(known.watch, lambda: self._known_at_last(known, served, shortcut, whole, client))
        served.requests += 1
        return known

    def _first_asked(self, key: int, version: int) -> Served | None:
        route = ROUTES.get(key)
        if route is None or not route.versions[0] <= version <= route.versions[1]:
            return None
        if key not in self._shortcuts:
            self._shortcuts[key] = route.shortcut(self._broker)
        served = self._served[number(key, version)] = Served(route, version, self._shortcuts[key])
        return served

    def _answer_in_full(self, served: Served, shortcut: Shortcut | None, frame: memoryview, client: Client) -> Answered:
        """The frame is read, and its handler asked."""
        request, correlation_id = _request(served, frame, client)
        served.requests += 1
        pledges = self._broker.pledges
        if pledges:  # of what nobody asked for, such as a deadline
            pledges.clear()
        response = self._respond(served, request, client)
        exchange = Exchange(served.version, request, response)
        if isinstance(response, Parked):
            learner = shortcut if len(frame) <= _MOST_LEARNT_BYTES else None
            whole = bytes(frame) if learner else b""
            return Parked(
                response.watch,
                lambda: self._respond_at_last(served, learner, whole, exchange, correlation_id, client, response),
            )
        if pledges or isinstance(response, Promised):
            if shortcut is not None and isinstance(response, Promised):
                shortcut.learn(frame, exchange, [], client)
            return self._when_kept(served, request, correlation_id, client, response)
        if response is None:
            return None
        if isinstance(response, Later):
            return Later(lambda: self._respond_later(served, request, correlation_id, client, response))
        answer = served.chunks(response, correlation_id)
        if shortcut is not None:
            shortcut.learn(frame, exchange, answer, client)
        return answer

    def _known_at_last(
        self, known: Parked[Answer | None], served: Served, shortcut: Shortcut | None, frame: bytes, client: Client
    ) -> Answered:
        """What a shortcut waited for; what it turned out not to know is answered in full."""
        answer = known.finish()
        if answer is None:
            return self._answer_in_full(served, shortcut, memoryview(frame), client)
        served.requests += 1
        return answer

    def _respond_at_last(
        self,
        served: Served,
        shortcut: Shortcut | None,
        frame: bytes,
        exchange: Exchange,
        correlation_id: int,
        client: Client,
        parked: Parked[Any],
    ) -> Answer:
        try:
            response = parked.finish()
        except Exception as failure:
            response = served.failed(exchange.request, failure, client)
        answer = served.chunks(response, correlation_id)
        if shortcut is not None:
            shortcut.learn(memoryview(frame), exchange, answer, client)
        return answer

    def requests(self) -> list[tuple[str, int, int]]:
        """(API, version, how often it was asked) since the start, of what was asked at all."""
        return [(served.name, served.version, served.requests) for served in self._served.values() if served.requests]

    def _respond(self, served: Served, request: Any, client: Client) -> Any:
        try:
            return served.handler(self._broker, request, client)
        except Exception as failure:
            return served.failed(request, failure, client)

    def _when_kept(
        self, served: Served, request: Any, correlation_id: int, client: Client, response: Any
    ) -> Later[Answer | None] | Promised[Answer | None] | None:
        """The answer to a request that wrote what has to be on disk before."""
        pledges = self._broker.pledges.copy()
        if response is None:
            return None
        if isinstance(response, Later):
            return Later(lambda: self._respond_later(served, request, correlation_id, client, response, pledges))

        def finish() -> Answer:
            try:
                for pledge in pledges:
                    pledge.check()
                final = response.finish() if isinstance(response, Promised) else response
            except Exception as failure:
                final = served.failed(request, failure, client)
            return served.chunks(final, correlation_id)

        return Promised([*pledges, *response.pledges] if isinstance(response, Promised) else pledges, finish)

    async def _respond_later(
        self,
        served: Served,
        request: Any,
        correlation_id: int,
        client: Client,
        later: Later[Any],
        pledges: Sequence[Pledge] = (),
    ) -> Answer | None:
        try:
            response = await later.wait()
            await settled(pledges)
        except Exception as failure:
            response = served.failed(request, failure, client)
        return None if response is None else served.chunks(response, correlation_id)


def _request(served: Served, frame: memoryview, client: Client) -> tuple[Any, int]:
    """The request in `frame`, and its correlation id; `client` has what its header says.

    Raises:
        Malformed.
    """
    try:
        key, version, correlation_id, length = _HEADER.unpack_from(frame)
        if len(frame) > _MOST_BYTES and key != PRODUCE.key:
            raise Malformed(f"{served.name} of {len(frame)} bytes: only Produce may have more than {_MOST_BYTES}")
        position = _HEADER.size + max(length, 0)
        if position > len(frame):
            raise IndexError(position)
        text = str(frame[_HEADER.size : position], "utf-8", "replace")
        client.client_id = checked(text, "client_id") if length >= 0 else None
        if served.flexible:
            position = codec.skip_tags(frame, position)
    except (struct.error, IndexError) as cut:
        raise _no_header(frame) from cut
    client.api_version = version
    return codec.read(served.request, version, frame, position)[0], correlation_id


def _no_header(frame: memoryview) -> Malformed:
    return Malformed(f"no request header in a frame of {len(frame)} bytes")


def _unserved(key: int, version: int, correlation_id: int) -> Answer:
    """What a client hears that asks for what is not served: nothing, unless it asks what is (KIP-511).

    Raises:
        Malformed: it is not ApiVersions, and so no response exists that the client could read.
    """
    if key != API_VERSIONS.key:
        raise Malformed(f"api key {key} version {version} is not served")
    low, high = API_VERSIONS.versions
    served = ApiVersionsResponse.ApiVersion(api_key=key, min_version=low, max_version=high)
    response = ApiVersionsResponse(error_code=ErrorCode.UNSUPPORTED_VERSION, api_keys=[served])
    body = codec.encode(API_VERSIONS.response, 0, response)
    return [_SIZE_AND_CORRELATION.pack(4 + len(body), correlation_id) + body]
