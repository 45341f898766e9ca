"""Classic groups: joining, syncing, heartbeats, leaving, and what others see of it."""

from __future__ import annotations

import time
from typing import Any

from both.client import PATIENCE_S, Broker, Connection, NoAnswer
from pykbroker_protocol.apis.delete_groups import DELETE_GROUPS
from pykbroker_protocol.apis.describe_groups import DESCRIBE_GROUPS
from pykbroker_protocol.apis.heartbeat import HEARTBEAT
from pykbroker_protocol.apis.join_group import JOIN_GROUP
from pykbroker_protocol.apis.leave_group import LEAVE_GROUP
from pykbroker_protocol.apis.list_groups import LIST_GROUPS
from pykbroker_protocol.apis.sync_group import SYNC_GROUP
from pykbroker_protocol.records.consumer_protocol import CONSUMER_PROTOCOL_SUBSCRIPTION, ConsumerProtocolSubscription

from pykbroker import codec

from . import Answers, scenario

REBALANCE_IN_PROGRESS = 27
MEMBER_ID_REQUIRED = 79


def protocols(*names: str, user_data: bytes = b"mine") -> list[Any]:
    """Kafka never answers a consumer whose metadata is no subscription, so it is one."""
    subscription = ConsumerProtocolSubscription(topics=["t"], user_data=user_data)
    metadata = b"\0\0" + codec.encode(CONSUMER_PROTOCOL_SUBSCRIPTION, 0, subscription)
    return [JOIN_GROUP.request.type.JoinGroupRequestProtocol(name=name, metadata=metadata) for name in names]


def joining(group: str, **fields: Any) -> dict[str, Any]:
    """A JoinGroup that is right unless `fields` say otherwise."""
    return {
        "group_id": group,
        "session_timeout_ms": 10_000,
        "rebalance_timeout_ms": 10_000,
        "member_id": "",
        "protocol_type": "consumer",
        "protocols": protocols("range"),
    } | fields


def join(asker: Any, version: int, group: str, **fields: Any) -> Any:
    """The answer to a JoinGroup that comes again with the id it was told to use."""
    answer = asker.ask(JOIN_GROUP, version, **joining(group, **fields))
    if not isinstance(answer, NoAnswer) and answer.error_code == MEMBER_ID_REQUIRED:
        answer = asker.ask(JOIN_GROUP, version, **joining(group, **fields | {"member_id": answer.member_id}))
    return answer


def sync(asker: Any, version: int, group: str, joined: Any, **fields: Any) -> Any:
    """A SyncGroup of a member that `joined`; a leader assigns its own id to every member."""
    Assignment = SYNC_GROUP.request.type.SyncGroupRequestAssignment
    usual = {
        "group_id": group,
        "generation_id": joined.generation_id,
        "member_id": joined.member_id,
        "protocol_type": "consumer",
        "protocol_name": "range",
        "assignments": [Assignment(member_id=m.member_id, assignment=b"to each") for m in joined.members],
    }
    return asker.ask(SYNC_GROUP, version, **usual | fields)


def heartbeat(asker: Any, version: int, group: str, generation_id: int, member_id: str, **fields: Any) -> Any:
    fields = {"group_id": group, "generation_id": generation_id, "member_id": member_id} | fields
    return asker.ask(HEARTBEAT, version, **fields)


def leave(asker: Any, version: int, group: str, *members: tuple[str, str | None]) -> Any:
    """Members are (member id, group instance id); before version 3 there is one, by its id."""
    Member = LEAVE_GROUP.request.type.MemberIdentity
    identities = [Member(member_id=id, group_instance_id=instance) for id, instance in members]
    return asker.ask(LEAVE_GROUP, version, group_id=group, member_id=members[0][0], members=identities)


def send_join(connection: Connection, version: int, group: str, **fields: Any) -> None:
    """Send a JoinGroup that will wait, with the id that the broker gives where it asks for one."""
    wanted = joining(group, **fields)
    if version >= 4 and not wanted["member_id"] and "group_instance_id" not in fields:
        told = connection.ask(JOIN_GROUP, version, **wanted)
        assert told.error_code == MEMBER_ID_REQUIRED, told
        wanted["member_id"] = told.member_id
    connection.send(JOIN_GROUP, version, **wanted)


def wait_rebalancing(broker: Broker, group: str, joined: Any) -> None:
    """Wait until a heartbeat of the member that `joined` hears of a rebalance."""
    deadline = time.monotonic() + PATIENCE_S
    while heartbeat(broker, 4, group, joined.generation_id, joined.member_id).error_code != REBALANCE_IN_PROGRESS:
        assert time.monotonic() < deadline, f"{group} does not rebalance"
        time.sleep(0.01)


def stable(broker: Broker, group: str, **fields: Any) -> Any:
    """A group with one member that has its assignment; what it joined with."""
    broker.wait_coordinator(group)
    joined = join(broker, 9, group, **fields)
    assert joined.error_code == 0, joined
    synced = sync(broker, 5, group, joined, protocol_type=joined.protocol_type)
    assert synced.error_code == 0, synced
    return joined


@scenario(JOIN_GROUP)
def a_first_member(broker: Broker, version: int) -> Answers:
    group = broker.name("g")
    broker.wait_coordinator(group)
    first = broker.ask(JOIN_GROUP, version, **joining(group))
    yield "without an id", first
    if first.error_code == MEMBER_ID_REQUIRED:
        yield "with the id it was told", broker.ask(JOIN_GROUP, version, **joining(group, member_id=first.member_id))
    joined = join(broker, version, broker.name("again"))
    yield (
        "joining again before the sync",
        broker.ask(JOIN_GROUP, version, **joining(broker.name("again"), member_id=joined.member_id)),
    )
    yield "an id that the group does not know", broker.ask(JOIN_GROUP, version, **joining(group, member_id="made-up"))
    yield "an id in an unknown group", broker.ask(JOIN_GROUP, version, **joining(broker.name("x"), member_id="made-up"))


@scenario(JOIN_GROUP)
def bad_joins(broker: Broker, version: int) -> Answers:
    group = broker.name("g")
    broker.wait_coordinator(group)
    stable(broker, broker.name("stable"))

    def ask(label: str, group: str = group, **fields: Any) -> tuple[str, Any]:
        return label, join(broker, version, group, **fields)

    yield ask("empty group id", "")
    yield ask("a session timeout too short", session_timeout_ms=5999)
    yield ask("a session timeout too long", session_timeout_ms=1_800_001)
    yield ask("no protocol type", protocol_type="")
    yield ask("no protocols", protocols=[])
    yield ask("another protocol type", broker.name("stable"), protocol_type="connect")
    yield ask("no protocol in common", broker.name("stable"), protocols=protocols("sticky"))
    yield ask("a rebalance timeout of -1", broker.name("hasty"), rebalance_timeout_ms=-1)
    if version >= 5:
        yield ask("an empty instance id", broker.name("static"), group_instance_id="")
        yield ask("a bad instance id", broker.name("bad"), group_instance_id="a b/")
        yield ask(
            "an instance id and an unknown member id", broker.name("s2"), group_instance_id="i", member_id="made-up"
        )


@scenario(JOIN_GROUP)
def a_second_member(broker: Broker, version: int) -> Answers:
    group, other = broker.name("g"), broker.connect("other")
    first = stable(broker, group)
    send_join(other, version, group, protocols=protocols("range", "sticky", user_data=b"other"))
    wait_rebalancing(broker, group, first)
    leader = broker.ask(JOIN_GROUP, version, **joining(group, member_id=first.member_id))
    yield "the first, which leads", leader
    follower = other.receive(JOIN_GROUP, version)
    yield "the second, which follows", follower
    yield "the second leaves", leave(other, 2, group, (follower.member_id, None))
    yield "a heartbeat of the first", heartbeat(broker, 4, group, leader.generation_id, leader.member_id)


@scenario(JOIN_GROUP, since=1)
def a_member_that_does_not_rejoin(broker: Broker, version: int) -> Answers:
    group, other = broker.name("g"), broker.connect("other")
    first = stable(broker, group, rebalance_timeout_ms=500)
    send_join(other, version, group, rebalance_timeout_ms=500)
    second = other.receive(JOIN_GROUP, version)
    yield "the second, when the time is over", second
    yield "a heartbeat of the first", heartbeat(broker, 4, group, first.generation_id, first.member_id)


@scenario(JOIN_GROUP, since=1)
def a_leader_that_does_not_sync(broker: Broker, version: int) -> Answers:
    group = broker.name("g")
    broker.wait_coordinator(group)
    joined = join(broker, version, group, rebalance_timeout_ms=500)
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := heartbeat(broker, 4, group, joined.generation_id, joined.member_id)).error_code:
        assert time.monotonic() < deadline, "it stays in the group"
        time.sleep(0.01)
    yield "its heartbeat in the end", answer
    yield "the group", broker.ask(DESCRIBE_GROUPS, 5, groups=[group])


@scenario(JOIN_GROUP)
def joining_again(broker: Broker, version: int) -> Answers:
    group = broker.name("g")
    first = stable(broker, group)
    yield "the leader, unchanged", broker.ask(JOIN_GROUP, version, **joining(group, member_id=first.member_id))
    more = joining(group, member_id=first.member_id, protocols=protocols("sticky", "range"))
    yield "with other protocols", broker.ask(JOIN_GROUP, version, **more)
    yield "after a sync of the old generation", sync(broker, 5, group, first)


@scenario(JOIN_GROUP, since=5)
def static_members(broker: Broker, version: int) -> Answers:
    group = broker.name("g")
    broker.wait_coordinator(group)
    first = broker.ask(JOIN_GROUP, version, **joining(group, group_instance_id="one"))
    yield "the first", first
    yield "its sync", sync(broker, 5, group, first, group_instance_id="one")
    again = broker.ask(JOIN_GROUP, version, **joining(group, group_instance_id="one"))
    yield "it starts anew", again
    yield (
        "a heartbeat of the old one",
        heartbeat(broker, 4, group, again.generation_id, first.member_id, group_instance_id="one"),
    )
    yield (
        "a heartbeat of the new one",
        heartbeat(broker, 4, group, again.generation_id, again.member_id, group_instance_id="one"),
    )
    fenced = joining(group, group_instance_id="one", member_id=first.member_id)
    yield "the old one joins", broker.ask(JOIN_GROUP, version, **fenced)
    changed = joining(group, group_instance_id="one", protocols=protocols("range", user_data=b"changed"))
    yield "it starts anew with another subscription", broker.ask(JOIN_GROUP, version, **changed)


@scenario(SYNC_GROUP)
def syncs(broker: Broker, version: int) -> Answers:
    group, other = broker.name("g"), broker.connect("other")
    first = stable(broker, group)
    yield "again", sync(broker, version, group, first)
    yield "empty group id", sync(broker, version, "", first)
    yield "unknown group", sync(broker, version, broker.name("x"), first)
    yield "unknown member", sync(broker, version, group, first, member_id="made-up")
    yield "no member", sync(broker, version, group, first, member_id="")
    yield "a generation too late", sync(broker, version, group, first, generation_id=first.generation_id + 1)
    yield "a generation too early", sync(broker, version, group, first, generation_id=0)
    if version >= 3:
        yield "unknown instance", sync(broker, version, group, first, group_instance_id="i")
    if version >= 5:
        yield "another protocol type", sync(broker, version, group, first, protocol_type="connect")
        yield "another protocol", sync(broker, version, group, first, protocol_name="sticky")
        yield "no protocol", sync(broker, version, group, first, protocol_type=None, protocol_name=None)
    send_join(other, 9, group)
    wait_rebalancing(broker, group, first)
    yield "during a rebalance", sync(broker, version, group, first)
    leader = broker.ask(JOIN_GROUP, 9, **joining(group, member_id=first.member_id))
    follower = other.receive(JOIN_GROUP, 9)
    asked = {"group_id": group, "generation_id": follower.generation_id, "member_id": follower.member_id}
    other.send(SYNC_GROUP, version, **asked, protocol_type="consumer", protocol_name="range")
    yield "of the leader", sync(broker, version, group, leader)
    yield "of the follower", other.receive(SYNC_GROUP, version)


@scenario(SYNC_GROUP)
def a_sync_before_any(broker: Broker, version: int) -> Answers:
    group = broker.name("g")
    broker.wait_coordinator(group)
    joined = join(broker, 9, group)
    yield "a heartbeat before the sync", heartbeat(broker, 4, group, joined.generation_id, joined.member_id)
    yield "a sync without assignments", sync(broker, version, group, joined, assignments=[])
    yield "a heartbeat", heartbeat(broker, 4, group, joined.generation_id, joined.member_id)


@scenario(HEARTBEAT)
def heartbeats(broker: Broker, version: int) -> Answers:
    group, other = broker.name("g"), broker.connect("other")
    first = stable(broker, group)
    generation, member = first.generation_id, first.member_id
    yield "good", heartbeat(broker, version, group, generation, member)
    yield "empty group id", heartbeat(broker, version, "", generation, member)
    yield "unknown group", heartbeat(broker, version, broker.name("x"), generation, member)
    yield "unknown member", heartbeat(broker, version, group, generation, "made-up")
    yield "no member", heartbeat(broker, version, group, generation, "")
    yield "a generation too late", heartbeat(broker, version, group, generation + 1, member)
    yield "generation -1", heartbeat(broker, version, group, -1, member)
    if version >= 3:
        yield "unknown instance", heartbeat(broker, version, group, generation, member, group_instance_id="i")
    send_join(other, 9, group)
    wait_rebalancing(broker, group, first)
    yield "during a rebalance", heartbeat(broker, version, group, generation, member)


@scenario(LEAVE_GROUP)
def leaving(broker: Broker, version: int) -> Answers:
    group = broker.name("g")
    first = stable(broker, group)
    yield "unknown member", leave(broker, version, group, ("made-up", None))
    yield "unknown group", leave(broker, version, broker.name("x"), (first.member_id, None))
    yield "empty group id", leave(broker, version, "", (first.member_id, None))
    yield "no member", leave(broker, version, group, ("", None))
    yield "good", leave(broker, version, group, (first.member_id, None))
    yield "again", leave(broker, version, group, (first.member_id, None))
    yield "a heartbeat after it", heartbeat(broker, 4, group, first.generation_id, first.member_id)


@scenario(LEAVE_GROUP, since=3)
def several_leave(broker: Broker, version: int) -> Answers:
    group = broker.name("g")
    first = stable(broker, group, group_instance_id="one")
    yield "nobody", broker.ask(LEAVE_GROUP, version, group_id=group)
    yield "a wrong id of an instance", leave(broker, version, group, ("made-up", "one"))
    yield "an unknown instance", leave(broker, version, group, ("", "two"))
    yield "a member's id with another instance", leave(broker, version, group, (first.member_id, "two"))
    yield "by instance, and a stranger", leave(broker, version, group, ("", "one"), ("made-up", None))
    yield "by instance again", leave(broker, version, group, ("", "one"))


@scenario(DESCRIBE_GROUPS)
def descriptions(broker: Broker, version: int) -> Answers:
    group, other = broker.name("g"), broker.connect("other")
    first = stable(broker, group)
    stable(broker, broker.name("static"), group_instance_id="one")
    left = stable(broker, broker.name("left"))
    leave(broker, 2, broker.name("left"), (left.member_id, None))

    def ask(*groups: str, authorized: bool = False) -> Any:
        return broker.ask(DESCRIBE_GROUPS, version, groups=list(groups), include_authorized_operations=authorized)

    yield "stable", ask(group)
    yield "static", ask(broker.name("static"))
    yield "empty", ask(broker.name("left"))
    yield "unknown", ask(broker.name("x"))
    yield "no name", ask("")
    yield "several", ask(group, broker.name("x"), group)
    yield "none", ask()
    if version >= 3:
        yield "authorized operations", ask(group, broker.name("x"), authorized=True)
    send_join(other, 9, group)
    wait_rebalancing(broker, group, first)
    yield "preparing to rebalance", ask(group)
    leader = broker.ask(JOIN_GROUP, 9, **joining(group, member_id=first.member_id))
    yield "completing the rebalance", ask(group)
    sync(broker, 5, group, leader)
    yield "stable with two", ask(group)


@scenario(LIST_GROUPS)
def lists(broker: Broker, version: int) -> Answers:
    group, left = broker.name("g"), broker.name("left")
    stable(broker, group)
    leave(broker, 2, left, (stable(broker, left).member_id, None))
    stable(broker, broker.name("connect"), protocol_type="connect")

    def ask(**fields: Any) -> Any:
        answer = broker.ask(LIST_GROUPS, version, **fields)
        answer.groups = [listed for listed in answer.groups if listed.group_id.startswith(broker.run)]
        return answer

    yield "all", ask()
    if version >= 4:
        for states in (["Stable"], ["Empty"], ["stable"], ["Stable", "Empty"], ["Dead"], ["Nonsense"], [""]):
            yield f"states {states}", ask(states_filter=states)
    if version >= 5:
        for types in (["classic"], ["Classic"], ["consumer"], ["share"], ["streams"], ["nonsense"], [""]):
            yield f"types {types}", ask(types_filter=types)
        yield "state and type", ask(states_filter=["Empty"], types_filter=["classic"])


@scenario(DELETE_GROUPS)
def deletions(broker: Broker, version: int) -> Answers:
    group, left = broker.name("g"), broker.name("left")
    stable(broker, group)
    leave(broker, 2, left, (stable(broker, left).member_id, None))
    yield (
        "in use, empty, unknown, nameless",
        broker.ask(DELETE_GROUPS, version, groups_names=[group, left, broker.name("x"), ""]),
    )
    yield "again", broker.ask(DELETE_GROUPS, version, groups_names=[left])
    yield "none", broker.ask(DELETE_GROUPS, version, groups_names=[])
    yield "twice in one", broker.ask(DELETE_GROUPS, version, groups_names=[group, group])
    yield "described after it", broker.ask(DESCRIBE_GROUPS, 6, groups=[left])
