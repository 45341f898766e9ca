"""One member of a classic group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from .deadlines import Timer

if TYPE_CHECKING:
    from collections.abc import Set


class Asker(Protocol):
    """What a group wants to know of the client that asks.  `host` is the text that Kafka shows as `client_host`."""

    @property
    def client_id(self) -> str | None: ...
    @property
    def host(self) -> str: ...
    @property
    def api_version(self) -> int: ...


class Member:
    """A member that has joined.  Its parked answers are the group's business.

    protocols: name -> metadata, the member's favourite first.
    is_new: it was added by a join that is still parked, so it does not know its id and cannot heartbeat.
    """

    __slots__ = (
        "assignment", "client_host", "client_id", "group_instance_id", "is_new", "member_id", "protocols",
        "rebalance_timeout_ms", "session", "session_timeout_ms",
    )  # fmt: skip

    def __init__(
        self,
        member_id: str,
        *,
        group_instance_id: str | None,
        client_id: str,
        client_host: str,
        rebalance_timeout_ms: int,
        session_timeout_ms: int,
        protocols: dict[str, bytes],
        assignment: bytes = b"",
    ) -> None:
        self.member_id = member_id
        self.group_instance_id = group_instance_id
        self.client_id = client_id
        self.client_host = client_host
        self.rebalance_timeout_ms = rebalance_timeout_ms
        self.session_timeout_ms = session_timeout_ms
        self.protocols = protocols
        self.assignment = assignment
        self.is_new = False
        self.session = Timer()

    @property
    def is_static(self) -> bool:
        return self.group_instance_id is not None

    def matches(self, protocols: dict[str, bytes]) -> bool:
        """Whether it would say the same again; the order is a preference, so it counts."""
        return list(self.protocols.items()) == list(protocols.items())

    def vote(self, candidates: Set[str]) -> str:
        return next(name for name in self.protocols if name in candidates)

    def renamed(self, member_id: str) -> Member:
        """The same member under another id, with a session of its own."""
        return Member(
            member_id,
            group_instance_id=self.group_instance_id,
            client_id=self.client_id,
            client_host=self.client_host,
            rebalance_timeout_ms=self.rebalance_timeout_ms,
            session_timeout_ms=self.session_timeout_ms,
            protocols=self.protocols,
            assignment=self.assignment,
        )


def protocols_of(protocols: Iterable[Any]) -> dict[str, bytes]:
    """A JoinGroup request's protocols by name; of a name that comes twice the first counts."""
    named: dict[str, bytes] = {}
    for protocol in protocols:
        named.setdefault(protocol.name, protocol.metadata)
    return named
