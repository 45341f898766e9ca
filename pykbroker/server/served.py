"""One API in one version, as it is served: its handler, its ways to an answer, and how an answer leaves."""

from __future__ import annotations

import logging
import struct
from functools import partial
from typing import Any

from pykbroker_protocol.errors import ErrorCode, Malformed, Refused

from pykbroker import codec
from pykbroker.handlers.client import Client
from pykbroker.handlers.replies import Hangup
from pykbroker.handlers.routes import Route
from pykbroker.handlers.shortcuts import Shortcut
from pykbroker.server.contract import Answer

_SIZE_AND_CORRELATION = struct.Struct(">ii")

log = logging.getLogger("pykbroker.server")


class Served:
    """One API in one version."""

    __slots__ = (
        "_header",
        "_refused",
        "flexible",
        "handler",
        "name",
        "request",
        "requests",
        "response",
        "shortcut",
        "straight",
        "version",
    )

    def __init__(self, route: Route, version: int, shortcut: Shortcut | None) -> None:
        api = route.api
        self.name, self.version, self.handler, self.shortcut = api.name, version, route.handler, shortcut
        self.straight = shortcut.straight if shortcut else None
        self._refused = partial(route.refused, api)
        self.request, self.response = api.request, api.response
        self.flexible = api.request_header_version(version) == 2
        self.requests = 0  # since the start
        self._header = bytes(8 + api.response_header_version(version))  # size, correlation id, no tagged fields

    def chunks(self, response: Any, correlation_id: int) -> Answer:
        """`response` as it leaves."""
        out = bytearray(self._header)
        try:
            chunks: Answer = codec.write(self.response, self.version, response, out)
        except codec.Unwritable as fault:
            raise Hangup(f"the answer to {self.name} v{self.version} cannot be written: {fault}") from fault
        size = len(out) if len(chunks) == 1 else _size_of(chunks)
        _SIZE_AND_CORRELATION.pack_into(out, 0, size - 4, correlation_id)
        return chunks

    def failed(self, request: Any, failure: Exception, client: Client) -> Any:
        """The response when the handler raised `failure`; raises what closes the connection."""
        if isinstance(failure, Hangup | Malformed):
            raise failure
        if isinstance(failure, Refused):
            return self._refused(request, failure.code, self.version)
        log.error(
            "request failed: api=%s version=%d client=%s:%d why=a bug of the broker",
            self.name,
            self.version,
            client.host[1:],
            client.port,
            exc_info=failure,
        )
        return self._refused(request, ErrorCode.UNKNOWN_SERVER_ERROR, self.version)


def _size_of(chunks: Answer) -> int:
    sizes: list[int] = [len(c) if isinstance(c, bytes | bytearray | memoryview) else c.length for c in chunks]
    return sum(sizes)
