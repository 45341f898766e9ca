"""What a restart keeps: everything that was answered.  And what a log that does not take a record leaves behind."""

from __future__ import annotations

import itertools

from coordination import Coordinator
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pykbroker_protocol.errors import ErrorCode

from pykbroker.groups.coordinator import Groups
from pykbroker.groups.limits import GroupLimits
from pykbroker.groups.states import State


def test_members_go_on_after_a_restart_with_a_fresh_session():
    groups = Coordinator()
    members = groups.stable_group(3, session_timeout_ms=6_000)
    groups.wait(5_999)
    groups.restart()
    groups.wait(5_999)
    assert [groups.heartbeat(member) for member in members] == [ErrorCode.NONE] * 3
    assert groups.sync(members[1]).response.assignment == members[1].member_id.encode()


def test_members_that_do_not_come_back_after_a_restart_are_out():
    groups = Coordinator()
    groups.stable_group(session_timeout_ms=6_000)
    groups.restart()
    groups.wait(6_000)
    assert groups.state() == "Empty"


def test_a_rebalance_that_a_restart_ended_begins_again_from_the_last_recorded_generation():
    groups = Coordinator()
    (member,) = groups.stable_group()
    groups.join_fully()
    groups.restart()
    assert (groups.heartbeat(member), groups.state()) == (ErrorCode.NONE, "Stable")


def test_a_static_member_is_known_after_a_restart():
    groups = Coordinator()
    first = groups.join(instance="a")
    groups.wait(3_000)
    groups.settle([first])
    again = groups.join(instance="a")
    groups.restart()
    assert groups.heartbeat(again, group_instance_id="a") == ErrorCode.NONE
    assert groups.heartbeat(first, group_instance_id="a") == ErrorCode.FENCED_INSTANCE_ID


def test_a_group_that_committed_before_anybody_joined_keeps_its_members():
    groups = Coordinator()
    groups.commit({0: 1})
    (member,) = groups.stable_group()
    groups.restart()
    assert groups.heartbeat(member) == ErrorCode.NONE


def test_a_group_that_outgrew_its_limit_rebalances_after_a_restart():
    groups = Coordinator()
    members = groups.stable_group(2)
    groups.limits = GroupLimits(group_max_size=1)
    groups.restart()
    assert groups.heartbeat(members[0]) == ErrorCode.REBALANCE_IN_PROGRESS


def test_an_assignment_that_was_not_written_is_told_to_nobody_and_the_next_one_counts():
    groups = Coordinator()
    joined = groups.join_fully()
    groups.wait(3_000)
    groups.log_fails = True
    assert groups.sync(joined, {joined.member_id: b"lost"}).parked
    assert groups.state() == "CompletingRebalance"
    groups.log_fails = False
    assert groups.sync(joined, {joined.member_id: b"kept"}).response.assignment == b"kept"
    groups.restart()
    assert groups.sync(joined).response.assignment == b"kept"


def test_after_an_unwritten_assignment_sessions_still_end():
    groups = Coordinator()
    joined = groups.join_fully(session_timeout_ms=6_000)
    groups.wait(3_000)
    groups.log_fails = True
    groups.sync(joined)
    groups.log_fails = False
    groups.wait(6_000)
    assert groups.state() == "Empty"


def test_a_tick_whose_record_fails_takes_no_other_group_with_it():
    groups = Coordinator()
    for name in ("g", "h"):
        groups.stable_group(group=name, session_timeout_ms=600_000)
    groups.now += 600_000
    ticks = []
    while (due := groups.machine.next_deadline) is not None and due <= groups.now:
        ticks.append(groups.machine.tick(now=groups.now, timestamp=groups.timestamp))
    assert [[effect.group_id for effect in tick] for tick in ticks if tick] == [["g"], ["h"]]


INSTANCES = st.sampled_from([None, None, "a", "b"])
GROUPS = st.sampled_from(["g", "h"])


class Walk(RuleBasedStateMachine):
    """Clients do whatever comes to their mind, time passes, and the broker is killed now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.groups = Coordinator(GroupLimits(group_max_size=4))
        self.asked = []  # (group, instance, answer) of joins, the latest last
        self.parked = []

    @property
    def members(self):
        """Those who know their id; the group may know better."""
        return [(g, i, a) for g, i, a in self.asked if not a.parked and a.member_id][-8:]

    def member(self, which):
        return self.members[which % len(self.members)]

    def joined(self, group, instance, **of):
        answer = self.groups.join(group, instance=instance, **of)
        self.asked.append((group, instance, answer))
        self.parked.append(answer)

    @rule(group=GROUPS, instance=INSTANCES, api_version=st.sampled_from([3, 8, 9]), timeout=st.sampled_from([6, 20]))
    def join(self, group, instance, api_version, timeout):
        of = {"session_timeout_ms": timeout * 1_000, "rebalance_timeout_ms": 15_000}
        self.joined(group, instance, api_version=api_version, **of)

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 7), protocols=st.sampled_from(["range", "sticky range"]))
    def join_again(self, which, protocols):
        group, instance, known = self.member(which)
        if known.error not in (ErrorCode.MEMBER_ID_REQUIRED, ErrorCode.NONE) and instance is None:
            return
        self.joined(group, instance, member=known.member_id, protocols=protocols)

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 7), assignment=st.binary(max_size=3))
    def sync(self, which, assignment):
        group, instance, known = self.member(which)
        assignments = {member_id: assignment for _, _, a in self.members for member_id in [a.member_id]}
        self.parked.append(self.groups.sync(known, assignments, group, group_instance_id=instance))

    @rule(group=GROUPS)
    def behave(self, group):
        """Everybody in the group does what a client does, until it is stable."""
        for _, instance, known in [one for one in self.members if one[0] == group]:
            if known.error in (ErrorCode.MEMBER_ID_REQUIRED, ErrorCode.NONE):
                self.joined(group, instance, member=known.member_id)
        self.groups.wait(3_000)
        for _, instance, known in [one for one in self.members if one[0] == group]:
            self.groups.sync(known, {known.member_id: b"mine"}, group, group_instance_id=instance)
        event(f"behaving ends in {self.groups.state(group)}")

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 7))
    def heartbeat(self, which):
        group, instance, known = self.member(which)
        self.groups.heartbeat(known, group, group_instance_id=instance)

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 7))
    def leave(self, which):
        group, _, known = self.member(which)
        self.groups.leave(known.member_id, group=group)

    @precondition(lambda self: self.members)
    @rule(which=st.integers(0, 7), offset=st.integers(0, 9), partition=st.integers(0, 1))
    def commit(self, which, offset, partition):
        group, _, known = self.member(which)
        self.groups.commit({partition: offset}, known, group)

    @rule(group=GROUPS, offset=st.integers(0, 9))
    def commit_alone(self, group, offset):
        self.groups.commit({0: offset}, group=group)

    @rule(group=GROUPS)
    def delete(self, group):
        self.groups.ask(self.groups.machine.delete, group)

    @rule(ms=st.sampled_from([1, 3_000, 6_000, 20_000, 300_000]))
    def wait(self, ms):
        self.groups.wait(ms)

    @rule()
    def restart(self):
        alive = [
            (known, group, instance)
            for group, instance, known in self.members
            if self.groups.state(group) == State.STABLE
            and self.groups.heartbeat(known, group, group_instance_id=instance) == ErrorCode.NONE
        ]
        event(f"{len(alive)} members are alive at a restart")
        self.groups.restart()
        self.parked.clear()
        for known, group, instance in alive:
            assert self.groups.heartbeat(known, group, group_instance_id=instance) == ErrorCode.NONE

    @invariant()
    def a_machine_that_replays_the_log_is_in_the_same_hard_state(self):
        live, rebuilt = self.groups.machine, Groups(self.groups.limits, iter(()))
        for key, value in self.groups.log:
            rebuilt.replay(key, value)
        rebuilt.loaded(now=0, timestamp=0)
        assert rebuilt._groups.keys() == live._groups.keys()
        for name, group in live._groups.items():
            assert rebuilt.committed(name) == live.committed(name)
            assert rebuilt._groups[name].generation_id <= group.generation_id
            if group.state in (State.STABLE, State.EMPTY):
                assert rebuilt.describe(name) == live.describe(name)
                for field in ("generation_id", "leader", "protocol_name", "static_members"):
                    assert getattr(rebuilt._groups[name], field) == getattr(group, field), field

    @invariant()
    def whoever_waits_waits_for_a_time(self):
        self.parked = [answer for answer in self.parked if answer.parked]
        assert not any(group.parked_joins or group.parked_syncs for group in self.groups.machine._groups.values()) or (
            self.groups.machine.next_deadline is not None
        )

    def teardown(self):
        self.groups.wait(3_000_000)
        waiting = [
            group.parked_joins | group.parked_syncs | group.members | group.pending_members
            for group in self.groups.machine._groups.values()
        ]
        assert not any(itertools.chain.from_iterable(waiting))
        assert {group.state for group in self.groups.machine._groups.values()} <= {State.EMPTY}


Walk.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None, database=None)
TestWalk = Walk.TestCase
