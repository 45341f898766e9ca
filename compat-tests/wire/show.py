#!/usr/bin/env python3
"""Prints what one running broker answers: `compat-tests/wire/show.py HOST:PORT [PATTERN [RUN]]`.

PATTERN is a regular expression over the cases' names; RUN a word that makes this run's names unlike an earlier one's.
Of versions in a row that answer alike, the first is shown.
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path
from pprint import pformat

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parents[1] / "protocol")]

from both.client import Broker  # noqa: E402
from both.normal import Normal  # noqa: E402
from scenarios import cases  # noqa: E402


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    host, port = sys.argv[1].rsplit(":", 1)
    pattern = re.compile(sys.argv[2] if len(sys.argv) > 2 else "")
    run = sys.argv[3] if len(sys.argv) > 3 else f"{time.time():.0f}"
    shown: dict[object, dict[str, str]] = {}
    for case in cases():
        if not pattern.search(case.name):
            continue
        print(f"== {case.name}")
        with Broker(host, int(port), f"{run}.{case.name}") as broker:
            normal = Normal(broker, words=True)
            before, now = shown.get(case.scenario, {}), {}
            for label, answer in case.scenario(broker, case.version):
                now[label] = pformat(normal.answer(answer), width=400, compact=True)
                if before.get(label) != now[label]:
                    print(f"-- {label}\n{now[label]}")
            shown[case.scenario] = now


if __name__ == "__main__":
    main()
