"""A bounded run of `scripts/kill9`: what was acknowledged survives kill -9 under load, once, in order, in place."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
COUNTED = ("acknowledged", "committed")


def test_nothing_acknowledged_is_lost_or_doubled_when_the_broker_is_killed_twice():
    words = [sys.executable, ROOT / "scripts" / "kill9", "--kills", "2", "--every", "1"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=180)
    summary = run.stdout.splitlines()[-1]
    assert run.returncode == 0, run.stdout
    acknowledged, committed = (int(re.search(rf"{what} ([\d,]+)", summary)[1].replace(",", "")) for what in COUNTED)
    assert "violations 0" in summary
    assert acknowledged > 1000
    assert committed > 0
