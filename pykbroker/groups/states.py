"""The states of a classic group, and which change into which."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Of a classic group, under the names that clients see.  `PREDECESSORS` says which changes are legal.

    EMPTY                 no members; offsets may remain, and a group that only keeps offsets never leaves it.
                          join of a new member -> PREPARING_REBALANCE; sync, heartbeat and leave: UNKNOWN_MEMBER_ID
    PREPARING_REBALANCE   joins are parked until every member has joined, or the rebalance deadline.
                          heartbeat and sync: REBALANCE_IN_PROGRESS; commits of the last generation are taken
                          some have joined -> COMPLETING_REBALANCE; nobody is left -> EMPTY
    COMPLETING_REBALANCE  syncs are parked until the leader's assignment is in the log.
                          heartbeat is answered; commit: REBALANCE_IN_PROGRESS
                          assignment recorded -> STABLE; join, leave, a session or the sync deadline that ends
                          -> PREPARING_REBALANCE
    STABLE                heartbeats, commits and syncs are answered; a follower's join that changes nothing too.
                          any other join, leave, or a session that ends -> PREPARING_REBALANCE
    DEAD                  deleted: nobody finds it any more

    Source: org.apache.kafka.coordinator.group.classic.ClassicGroupState.
    """

    EMPTY = "Empty"
    PREPARING_REBALANCE = "PreparingRebalance"
    COMPLETING_REBALANCE = "CompletingRebalance"
    STABLE = "Stable"
    DEAD = "Dead"


PREDECESSORS: dict[State, frozenset[State]] = {
    State.EMPTY: frozenset({State.PREPARING_REBALANCE}),
    State.PREPARING_REBALANCE: frozenset({State.EMPTY, State.COMPLETING_REBALANCE, State.STABLE}),
    State.COMPLETING_REBALANCE: frozenset({State.PREPARING_REBALANCE}),
    State.STABLE: frozenset({State.COMPLETING_REBALANCE}),
    State.DEAD: frozenset(State),
}
