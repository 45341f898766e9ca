"""Who is asking: one connection's client, as far as the broker knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .known import KnownCommit, KnownFetch, KnownMetadata, KnownProduce
    from .prefixes import Prefixes


@dataclass(slots=True, eq=False)
class Client:
    """Made with the connection; the fields below the line change with each request, or once in ApiVersions.

    `host` has the form that Kafka shows as `client_host`: a slash, then the address as Java writes it.
    """

    connection_id: int
    listener_name: str
    host: str
    port: int
    local_host: str
    local_port: int

    client_id: str | None = None
    api_version: int = 0
    software_name: str = "unknown"
    software_version: str = "unknown"
    principal: str = "User:ANONYMOUS"
    produces: Prefixes[KnownProduce] | None = None
    fetches: Prefixes[KnownFetch] | None = None
    commits: Prefixes[KnownCommit] | None = None
    metadata: KnownMetadata | None = None

    @property
    def local(self) -> tuple[str, int]:
        """The broker's own address as this client reached it."""
        return self.local_host, self.local_port
