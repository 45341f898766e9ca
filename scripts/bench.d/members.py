"""A classic group of many members: they join one that is there already, and then one more joins them.

Members cost little, so that what is measured is the broker: a connection each, all in this process; what they send is
put together from pieces that were encoded before, and of an answer they look at what they need: that it is the one to
their request, its error code, its generation, and that their assignment is theirs.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable

from both.client import Broker as Asking
from pykbroker_protocol.apis.heartbeat import HEARTBEAT
from pykbroker_protocol.apis.join_group import JOIN_GROUP
from pykbroker_protocol.apis.sync_group import SYNC_GROUP
from pykbroker_protocol.errors import ErrorCode
from pykbroker_protocol.messages import Api
from pykbroker_protocol.records.headers import REQUEST_HEADER, RequestHeader
from session import Failed, Session

from pykbroker import codec

PATIENCE_S = 90
METADATA = bytes(100)  # of a size that a subscription has; the broker does not read it
ASSIGNMENT = bytes(range(100))
_PROTOCOL = JOIN_GROUP.request.type.JoinGroupRequestProtocol(name="range", metadata=METADATA)
_Assignment = SYNC_GROUP.request.type.SyncGroupRequestAssignment
_JOIN, _SYNC, _HEARTBEAT = (JOIN_GROUP, 9), (SYNC_GROUP, 5), (HEARTBEAT, 4)

_CORRELATION = 77
_MEMBER, _GENERATION = "member-id-of-whoever", 0x7A7A7A7A  # what pieces are cut at
_SIZE = struct.Struct(">i")
_ANSWER = struct.Struct(">ixih")  # correlation id, no tags, throttle time, error code: of all three
_JOINED_GENERATION_AT = _ANSWER.size
_NOBODY_TOLD = b"\1\0"  # a JoinGroup ends with no members, no tags, but for the leader
_ASSIGNED = bytes([len(ASSIGNMENT) + 1]) + ASSIGNMENT + b"\0"  # ... and a SyncGroup so
_PAUSE_S = 0.1
_TRIES = 5


def _encoded(api: Api, version: int, **fields) -> bytes:
    header = RequestHeader(
        request_api_key=api.key, request_api_version=version, correlation_id=_CORRELATION, client_id="bench"
    )
    return codec.encode(REQUEST_HEADER, 2, header) + codec.encode(api.request, version, api.request.type(**fields))


def _pieces(api: Api, version: int, **fields) -> Callable[[str, int], bytes]:
    """(member id, generation) -> the frame of such a request."""
    if api is not JOIN_GROUP:
        fields["generation_id"] = _GENERATION
    head, tail = _encoded(api, version, member_id=_MEMBER, **fields).split(_compact(_MEMBER))
    head, cut, middle = head.partition(_SIZE.pack(_GENERATION))

    def frame(member_id: str, generation_id: int) -> bytes:
        body = head + (_SIZE.pack(generation_id) + middle if cut else b"") + _compact(member_id) + tail
        return _SIZE.pack(len(body)) + body

    return frame


def _compact(text: str) -> bytes:
    return bytes([len(text) + 1]) + text.encode()


class Members:
    """What the members of one group send."""

    def __init__(self, asking: Asking, group: str) -> None:
        self.address, self.group = (asking.host, asking.port), group
        joining = {"session_timeout_ms": 45_000, "rebalance_timeout_ms": 60_000, "protocols": [_PROTOCOL]}
        syncing = {"protocol_type": "consumer", "protocol_name": "range"}
        self.join = _pieces(*_JOIN, group_id=group, protocol_type="consumer", **joining)
        self.sync = _pieces(*_SYNC, group_id=group, **syncing)
        self.heartbeat = _pieces(*_HEARTBEAT, group_id=group)
        self._syncing = {"group_id": group, **syncing}

    def sync_all(self, joined: "Member", members: list) -> bytes:
        """The leader's: what each of `members` is assigned."""
        assignments = [_Assignment(member_id=each.member_id, assignment=ASSIGNMENT) for each in members]
        who = {"generation_id": joined.generation_id, "member_id": joined.member_id}
        body = _encoded(*_SYNC, assignments=assignments, **who, **self._syncing)
        return _SIZE.pack(len(body)) + body


class Member:
    """One of `members`, over its own connection, which has one request under way at a time."""

    def __init__(self, members: Members) -> None:
        self.members = members
        self.member_id, self.generation_id = "", -1
        self._socket = socket.create_connection(members.address)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@qq", PATIENCE_S, 0))
        self.send = self._socket.sendall

    def close(self) -> None:
        self._socket.close()

    def send_join(self) -> None:
        self.send(self.members.join(self.member_id, 0))

    def send_heartbeat(self) -> None:
        self.send(self.members.heartbeat(self.member_id, self.generation_id))

    def receive(self) -> tuple[int, bytes]:
        """The error code of the answer, and the answer.

        Raises:
            Failed: there is none, or it is to something else.
        """
        try:
            frame = self._socket.recv(65_536)
            while len(frame) < 4 or len(frame) < 4 + _SIZE.unpack_from(frame)[0]:
                more = self._socket.recv(1 << 20)
                if not more:
                    raise ConnectionResetError("it hung up")
                frame += more
        except OSError as fault:
            raise Failed(f"a member got no answer: {fault}") from fault
        correlation_id, _throttle_ms, error_code = _ANSWER.unpack_from(frame, 4)
        if correlation_id != _CORRELATION or len(frame) != 4 + _SIZE.unpack_from(frame)[0]:
            raise Failed(f"a member got the answer to another request: {frame[:40].hex()}")
        return error_code, frame[4:]

    def receive_well(self, wanted: ErrorCode = ErrorCode.NONE) -> bytes:
        error_code, answer = self.receive()
        if error_code != wanted:
            raise Failed(f"a member: error code {error_code} instead of {wanted.name}")
        return answer


class Apart(Failed):
    """The group did not wait for all who had a member id from it, as kfake does not."""


def _decoded(api: Api, version: int, answer: bytes):
    return codec.decode(api.response, version, memoryview(answer)[5:])  # behind correlation id and no tags


def _wait_loaded(member: Member) -> None:
    """Kafka goes on loading a group's partition for a moment after it named its coordinator."""
    deadline = time.monotonic() + PATIENCE_S
    loading = ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.NOT_COORDINATOR
    while True:
        member.send(member.members.heartbeat("nobody", 1))
        error_code, _ = member.receive()
        if error_code not in loading or time.monotonic() > deadline:
            return
        time.sleep(_PAUSE_S)


def introduce(members: list[Member]) -> None:
    """Each has its member id, without which none is let in (KIP-394)."""
    for member in members:
        member.send_join()
    for member in members:
        member.member_id = _decoded(*_JOIN, member.receive_well(ErrorCode.MEMBER_ID_REQUIRED)).member_id


def settle(settled: list[Member], joining: list[Member]) -> None:
    """All are members with an assignment each; `settled` learnt of it by their heartbeats."""
    introduce(joining)
    for member in joining:
        member.send_join()
    waiting = settled
    while waiting:  # until the broker has seen the first to join
        for member in waiting:
            member.send_heartbeat()
        waiting = [member for member in waiting if not _must_join(member)]
    joined(settled + joining)


def _must_join(member: Member) -> bool:
    """Whether the member heard so, and does."""
    error_code, _ = member.receive()
    if error_code == ErrorCode.REBALANCE_IN_PROGRESS:
        member.send_join()
        return True
    if error_code != ErrorCode.NONE:
        raise Failed(f"a heartbeat: error code {error_code}")
    return False


def joined(everybody: list[Member]) -> None:
    """The joins of `everybody` are answered, all in one generation, and they have their assignments."""
    told = []
    for member in everybody:
        answer = member.receive_well()
        (member.generation_id,) = _SIZE.unpack_from(answer, _JOINED_GENERATION_AT)
        if answer.endswith(_NOBODY_TOLD):
            member.send(member.members.sync(member.member_id, member.generation_id))
        else:
            told = _decoded(*_JOIN, answer).members
            member.send(member.members.sync_all(member, told))
    generations = {member.generation_id for member in everybody}
    if len(generations) > 1 or {each.member_id for each in told} != {member.member_id for member in everybody}:
        raise Apart(f"{len(everybody)} members joined generations {sorted(generations)}, {len(told)} were told")
    for member in everybody:
        if not member.receive_well().endswith(_ASSIGNED):
            raise Failed("a member got no assignment, or another's")


def measure(session: Session) -> None:
    session.note("members.500", rebalances_s(session, 500))


def rebalances_s(session: Session, count: int) -> float:
    """Seconds for `count` members to join a group of one, and for all to settle again when one more joins.

    Tried again when some of them settled without the others, which is less work.
    """
    for _ in range(_TRIES - 1):
        with contextlib.suppress(Apart):
            return _once_s(session, count)
    return _once_s(session, count)


def _once_s(session: Session, count: int) -> float:
    with session.asking() as asking:
        group = asking.name("members")
        asking.wait_coordinator(group)
        members = Members(asking, group)
        first, *others = everybody = [Member(members) for _ in range(count + 1)]
        try:
            _wait_loaded(first)
            introduce([first])
            first.send_join()
            joined([first])  # Kafka waits for others before a group's first generation
            began = time.monotonic()
            settle([first], others[:-1])
            settle([first, *others[:-1]], others[-1:])
            return time.monotonic() - began
        finally:
            for member in everybody:
                member.close()
