"""One connection to one broker: a request at a time, each in the newest version that both sides know."""

from __future__ import annotations

import socket
import struct
from typing import Any

from pykbroker_protocol.apis.api_versions import API_VERSIONS, ApiVersionsRequest
from pykbroker_protocol.errors import Malformed
from pykbroker_protocol.messages import Api
from pykbroker_protocol.records.headers import REQUEST_HEADER, RESPONSE_HEADER, RequestHeader

from pykbroker import codec
from pykbroker.cli.failures import Failed

_SIZE = struct.Struct(">i")
_CONNECT_WITHIN_S = 5.0
_ANSWER_WITHIN_S = 60.0
_MOST_BYTES = 256 * 2**20  # what HTTP or TLS would say in place of a size is larger
_CLIENT_ID = "pykbroker-cli"


class Connection:
    """A broker that said which APIs it serves."""

    def __init__(self, host: str, port: int) -> None:
        """
        Raises:
            Failed: nobody listens there, or no Kafka broker.
        """
        self.address = f"{host}:{port}"
        self._correlation_id = 0
        try:
            self._socket = socket.create_connection((host, port), _CONNECT_WITHIN_S)
        except OSError as fault:
            raise Failed(
                f"No broker answers at {self.address} ({_reason(fault)}); start one with `pykbroker serve`, "
                "or say where it is: -b HOST:PORT"
            ) from fault
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(_ANSWER_WITHIN_S)
        # Version 0 is the one that every broker answers, so nothing needs to be tried twice.
        answer = self._exchange(API_VERSIONS, 0, ApiVersionsRequest())
        self._served: dict[int, tuple[int, int]] = {
            api.api_key: (api.min_version, api.max_version) for api in answer.api_keys
        }

    def close(self) -> None:
        self._socket.close()

    def serves(self, api: Api) -> bool:
        low, high = self._served.get(api.key, (0, -1))
        return bool(max(low, api.versions[0]) <= min(high, api.versions[1]))

    def ask(self, api: Api, request: Any, *, at_least: int = 0, at_most: int = 32767) -> Any:
        """The broker's response to `request`, in the newest version from `at_least` to `at_most` that it serves.

        Raises:
            Failed: it serves none of them, or the connection broke.
        """
        low, high = self._served.get(api.key, (0, -1))
        version = min(high, api.versions[1], at_most)
        if version < max(low, api.versions[0], at_least):
            raise Failed(
                f"The broker at {self.address} does not serve {api.name} in a version that this command knows; "
                "it needs pykbroker, or Kafka 3.0 or later"
            )
        return self._exchange(api, version, request)

    def _exchange(self, api: Api, version: int, request: Any) -> Any:
        self._correlation_id += 1
        header = RequestHeader(
            request_api_key=api.key,
            request_api_version=version,
            correlation_id=self._correlation_id,
            client_id=_CLIENT_ID,
        )
        head = codec.encode(REQUEST_HEADER, api.request_header_version(version), header)
        try:
            body = codec.encode(api.request, version, request)
        except codec.Unwritable as fault:
            raise Failed(f"This cannot be sent: {fault}") from fault
        try:
            self._socket.sendall(_SIZE.pack(len(head) + len(body)) + head + body)
            answer = self._receive()
            header, position = codec.read(RESPONSE_HEADER, api.response_header_version(version), answer)
            if header.correlation_id != self._correlation_id:
                raise Malformed(f"answer {header.correlation_id} to request {self._correlation_id}")
            return codec.read(api.response, version, answer, position)[0]
        except OSError as fault:
            raise Failed(
                f"The broker at {self.address} ended the connection at {api.name} ({_reason(fault)}); "
                "its log says why, if it is a Kafka broker without TLS or SASL"
            ) from fault
        except Malformed as fault:
            raise Failed(f"{self.address} does not speak Kafka's protocol ({fault}); is it the right port?") from fault

    def _receive(self) -> memoryview:
        (size,) = _SIZE.unpack(self._exactly(_SIZE.size))
        if not 4 <= size <= _MOST_BYTES:
            raise Malformed(f"it announces {size} bytes")
        return memoryview(self._exactly(size))

    def _exactly(self, size: int) -> bytearray:
        received = bytearray(size)
        view, position = memoryview(received), 0
        while position < size:
            count = self._socket.recv_into(view[position:])
            if not count:
                raise ConnectionError("closed")
            position += count
        return received


def _reason(fault: OSError) -> str:
    return "no answer in time" if isinstance(fault, TimeoutError) else str(fault.strerror or fault).lower()
