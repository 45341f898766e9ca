"""librdkafka's own tests, which come with the npm package of its JavaScript client; each file is a run of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from suite import ROOT, Suite, Test, run

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ROW = re.compile(r"^\|\s*(\d{4}_\S+)\s*\|\s*(PASSED|FAILED|SKIPPED)\s*\|[^|]*\|(.*)", re.M)
_REASON = re.compile(r"^(?:Test assertion failed|### Test \"(?!<MAIN>)).*", re.M)
_WITHIN_S = 420  # the longest, 0113, takes five minutes


class Librdkafka(Suite):
    """2.15.1.  Without its local tests (-L), which talk to no broker or to librdkafka's mock of one."""

    name, version, repository = "librdkafka", "1.10.1", "@confluentinc/kafka-javascript"
    settings = {"num.partitions": 4}

    @property
    def tests(self) -> Path:
        return self.home / "package" / "deps" / "librdkafka" / "tests"

    def fetch(self, source: Path | None) -> None:
        self.home.mkdir()
        if source is None:
            run("npm", "pack", "--silent", f"{self.repository}@{self.version}", cwd=self.home)
            (source,) = self.home.glob("*.tgz")
        run("tar", "xzf", source.resolve(), cwd=self.home)

    def install(self) -> None:
        there = self.tests.parent
        run("./configure", "--disable-curl", cwd=there)
        jobs = f"-j{os.cpu_count()}"
        run("make", "--silent", jobs, "libs", cwd=there)
        run("make", "--silent", jobs, "-C", "tests", "build", cwd=there)
        self._make_tools()

    def _make_tools(self) -> None:
        """Kafka's tools under the names that tests call: Kafka's own, through scripts/kafka."""
        place = self.home / "kafka" / "bin"
        place.mkdir(parents=True)
        for tool in ("acls", "configs", "topics"):
            script = place / f"kafka-{tool}.sh"
            script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT}/scripts/kafka" tool {tool} "$@"\n')
            script.chmod(0o755)

    def run(self, address: str, only: str | None) -> list[Test]:
        (self.tests / "test.conf").write_text(f"bootstrap.servers={address}\n")
        numbers = sorted({path.name[:4] for path in self.tests.glob("[0-9][0-9][0-9][0-9]-*.c*")} - {"0000"})
        return [test for number in (only.split(",") if only else numbers) for test in self._one(number, address)]

    def _one(self, number: str, address: str) -> list[Test]:
        told = {
            "LD_LIBRARY_PATH": "../src:../src-cpp",
            "TESTS": number,
            "TEST_KAFKA_VERSION": "4.0.0",
            "KAFKA_PATH": str(self.home / "kafka"),
            "BROKERS": address,
        }
        log = self.tests / f"{number}.log"
        with log.open("w") as output:
            words = ["timeout", str(_WITHIN_S), "./test-runner", "-L", "-p1"]
            subprocess.run(words, cwd=self.tests, env={**os.environ, **told}, stdout=output, stderr=output)
        text = _COLOURS.sub("", log.read_text(errors="replace"))
        tests = [Test(name, how, why.strip()) for name, how, why in _ROW.findall(text)]
        # A test that fails ends the runner before it prints its table; one that hangs is ended from outside.
        if not tests or "TEST FAILURE" in text:
            why = _REASON.search(text)
            tests = [Test(number, "FAILED", why[0] if why else f"no end within {_WITHIN_S} s")]
        for test in tests:
            print(test.name, test.how, test.why, flush=True)
        return tests
