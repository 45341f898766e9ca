"""A whole message, and the pair of them that is an API."""

from __future__ import annotations

from typing import Any

from .structs import Struct

NEVER = 32767  # `flexible=NEVER`: no version of it is flexible


class Message:
    """A declared message: its struct, the versions it exists in, and from which one on it is flexible.

    record_type: for records at rest, the number that says which record it is (the key's version in `__consumer_offsets`
    and its like, the api key in `__cluster_metadata`).
    """

    def __init__(
        self, name: str, *, versions: tuple[int, int], flexible: int, struct: Struct, record_type: int | None = None
    ) -> None:
        self.name, self.versions, self.flexible, self.struct, self.record_type = (
            name, versions, flexible, struct, record_type,
        )  # fmt: skip
        struct.rename(name)

    @property
    def type(self) -> Any:
        """The class of its values."""
        return self.struct.type

    def is_flexible(self, version: int) -> bool:
        return version >= self.flexible

    def parse(self, data: bytes, version: int) -> Any:
        """Interpret `data`: exact and slow, for tests and tools.  The broker compiles (pykbroker.codec)."""
        return self.struct.parse(data, version=version, flexible=self.is_flexible(version))

    def build(self, value: Any, version: int) -> bytes:
        """The bytes of `value` in `version`, by interpretation."""
        built: bytes = self.struct.build(value, version=version, flexible=self.is_flexible(version))
        return built


class Api:
    """One API of the protocol: a request and its response.

    versions: valid ones, inclusive.  latest_unstable: the last is not for production, and not advertised.
    """

    def __init__(
        self,
        *,
        key: int,
        name: str,
        versions: tuple[int, int],
        flexible: int,
        request: Struct,
        response: Struct,
        latest_unstable: bool = False,
    ) -> None:
        self.key, self.name, self.versions, self.flexible = key, name, versions, flexible
        self.latest_unstable = latest_unstable
        self.request = Message(f"{name}Request", versions=versions, flexible=flexible, struct=request)
        self.response = Message(f"{name}Response", versions=versions, flexible=flexible, struct=response)

    @property
    def types(self) -> tuple[Any, Any]:
        """The classes of its requests and of its responses."""
        return self.request.type, self.response.type

    def request_header_version(self, version: int) -> int:
        return 2 if version >= self.flexible else 1

    def response_header_version(self, version: int) -> int:
        # A client that asks in a version that the broker lacks must still be able to read the answer, so the header
        # of ApiVersions responses never becomes flexible (KIP-511).
        return 1 if version >= self.flexible and self.key != 18 else 0
