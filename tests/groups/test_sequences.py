"""Several clients of several groups in any order: nothing breaks, everybody is answered, and a restart agrees."""

from __future__ import annotations

from coordination import Coordinator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

DAY_MS = 86_400_000


class Clients:
    """Whatever clients did and were told so far, and what they do next."""

    def __init__(self, dice) -> None:
        self.dice, self.groups, self.asked = dice, Coordinator(), []
        self.joined = {"g": [], "h": []}

    def step(self) -> None:
        dice, groups, group = self.dice, self.groups, self.dice.choice("gh")
        known = self.joined[group]
        one = dice.choice(known) if known else None
        match dice.randrange(9):
            case 0 | 1:
                instance = dice.choice([None, None, "i1", "i2"])
                self.join(group, instance=instance, api_version=dice.choice([2, 5, 9]))
            case 2 if one is not None and not one.parked:
                self.join(group, member=one.member_id, session_timeout_ms=dice.choice([6_000, 10_000]))
            case 3 | 4 if one is not None and not one.parked:
                names = [each.member_id for each in known if not each.parked]
                self.asked.append(groups.sync(one, dict.fromkeys(names, b"part"), group))
            case 5 if one is not None and not one.parked:
                groups.heartbeat(one, group)
            case 6 if one is not None and not one.parked:
                groups.leave(one.member_id, group=group)
            case 7 if one is not None and not one.parked:
                groups.commit({0: (dice.randrange(100), "note")}, one, group)
            case _:
                groups.wait(dice.choice([0, 1, 3_000, 6_000, 300_000]))

    def join(self, group, **of) -> None:
        answer = self.groups.join(group, **of)
        self.joined[group].append(answer)
        self.asked.append(answer)


@settings(max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_everybody_is_answered_in_the_end_and_a_restart_knows_what_was_committed(dice, steps):
    clients = Clients(dice)
    for _ in range(steps):
        clients.step()
    groups = clients.groups
    committed = {group: groups.machine.committed(group) for group in "gh"}
    groups.restart()
    assert {group: groups.machine.committed(group) for group in "gh"} == committed


@settings(max_examples=150, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_nobody_waits_for_ever(dice, steps):
    clients = Clients(dice)
    for _ in range(steps):
        clients.step()
    for _ in range(5):
        clients.groups.wait(DAY_MS)
    assert [each for each in clients.asked if each.parked] == []
