"""`quorum-state`: in which epoch the catalog's log was last led, and by whom.  One JSON object, as KRaft writes it."""

from __future__ import annotations

import json
from pathlib import Path

from .files import replace_file
from .recovery import StorageError

_NAME = "quorum-state"


def read_leader_epoch(directory: Path) -> int:
    """The last epoch; 0 if the log was never led.

    Raises:
        StorageError: the file is damaged, or of a quorum of several nodes, whose catalog this is not alone to write.
    """
    path = directory / _NAME
    try:
        state = json.loads(path.read_text())
        voters = [voter["voterId"] for voter in state["currentVoters"]]
        epoch = int(state["leaderEpoch"])
    except FileNotFoundError:
        return 0
    except (ValueError, KeyError, TypeError) as fault:
        raise StorageError(f"{path} is damaged ({fault}); restore it from a copy") from fault
    if len(voters) > 1:
        raise StorageError(f"{path} is of a quorum of {len(voters)} nodes; only the data of a single one can be served")
    return epoch


def write_leader_epoch(directory: Path, node_id: int, leader_epoch: int) -> None:
    """From here on `node_id` leads in `leader_epoch`."""
    state = {
        "clusterId": "",
        "leaderId": node_id,
        "leaderEpoch": leader_epoch,
        "votedId": -1,
        "appliedOffset": 0,
        "currentVoters": [{"voterId": node_id}],
        "data_version": 0,
    }
    replace_file(directory / _NAME, json.dumps(state, separators=(",", ":")).encode())
