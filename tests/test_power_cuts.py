"""Nothing that was promised is lost when the power goes: what a topic asks for with flush.messages, and the catalog."""

from __future__ import annotations

import pytest
from power_cut_runs import Lost, run

from pykbroker.storage.syncs import Syncs

RUNS = range(17)  # of three power cuts each; scripts/power_cuts has no end of them


@pytest.mark.parametrize("seed", RUNS)
def test_nothing_that_was_promised_is_lost_in_a_power_cut(seed: int) -> None:
    run(seed)


def test_a_broker_that_answers_before_the_sync_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Syncs, "is_due", False)
    with pytest.raises(Lost):
        list(map(run, RUNS))
