"""`quorum-state`: in which epoch the catalog's log was last led, and by whom.  One JSON object, as KRaft writes it.

Version 1 (`kraft.version` 1, KIP-853) names no voters: the log does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from .files import replace_file
from .recovery import StorageError

_NAME = "quorum-state"
_VERSIONS = (0, 1)


class QuorumState(NamedTuple):
    """The last epoch, 0 if the log was never led; and the version of the file."""

    leader_epoch: int = 0
    data_version: int = 0


def read_quorum_state(directory: Path, node_id: int) -> QuorumState:
    """
    Raises:
        StorageError: the file is damaged, or of a quorum of other nodes, whose catalog is not for `node_id` to write.
    """
    path = directory / _NAME
    try:
        state = json.loads(path.read_text())
        version = state["data_version"]
        if version not in _VERSIONS:
            raise ValueError(f"version {version}")
        voters = [voter["voterId"] for voter in state["currentVoters"]] if version == 0 else []
        epoch = int(state["leaderEpoch"])
    except FileNotFoundError:
        return QuorumState()
    except (ValueError, KeyError, TypeError) as fault:
        raise StorageError(f"{path} is damaged ({fault}); restore it from a copy") from fault
    if others := [voter for voter in voters if voter != node_id]:
        raise StorageError(
            f"{path} is of a quorum with node.id {', '.join(map(str, others))}: only the data of a Kafka that is "
            "broker and controller in one, and alone, can be served"
        )
    return QuorumState(epoch, version)


def write_quorum_state(directory: Path, node_id: int, quorum: QuorumState) -> None:
    """From here on `node_id` leads in the epoch of `quorum`."""
    state: dict[str, Any] = {"leaderId": node_id, "leaderEpoch": quorum.leader_epoch, "votedId": -1}
    if quorum.data_version == 0:
        state = {"clusterId": "", **state, "appliedOffset": 0, "currentVoters": [{"voterId": node_id}]}
    else:
        state["votedDirectoryId"] = "AAAAAAAAAAAAAAAAAAAAAA"  # nobody's
    state["data_version"] = quorum.data_version
    replace_file(directory / _NAME, json.dumps(state, separators=(",", ":")).encode())
