"""librdkafka's own tests, which come with the npm package of its JavaScript client; each file is a run of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from suite import ROOT, Suite, Test, run

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_ROW = re.compile(r"^\|\s*(\d{4}_\S+)\s*\|\s*(PASSED|FAILED|SKIPPED)\s*\|[^|]*\|(.*)", re.M)
_FAILED = re.compile(r'^### Test "(?P<name>\d{4}_\w+).*', re.M)
_LOCAL = "negative test flags"
_WITHIN_S = 420  # the longest, 0113, takes five minutes


class Librdkafka(Suite):
    """0001 to 0097; most of the later ones are about transactions, share groups or ACLs, and run by --only.  Without
    its local tests (-L), which talk to no broker or to librdkafka's mock of one."""

    name, version, repository = "librdkafka", "1.10.1", "@confluentinc/kafka-javascript"
    settings = {"num.partitions": 4}

    @property
    def title(self) -> str:
        return f"librdkafka 2.15.1 ({self.repository} {self.version})"

    @property
    def tests(self) -> Path:
        return self.home / "deps" / "librdkafka" / "tests"

    def download(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            run("npm", "pack", "--silent", f"{self.repository}@{self.version}", cwd=folder)
            (archive,) = Path(folder).iterdir()
            self.unpack(archive)

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
        numbers = sorted({path.name[:4] for path in self.tests.glob("00[0-9][0-9]-*.c*")})
        chosen = only.split(",") if only else [number for number in numbers if "0001" <= number <= "0097"]
        runs = [(number, part) for number in chosen for part in self._parts(number)]
        return [test for number, part in runs for test in self._one(number, part, address)]

    def _parts(self, number: str) -> list[str]:
        """The sub-tests to run one by one, since the first that fails would end them all; "" for a test as a whole."""
        if number != "0081":
            return [""]
        source = (self.tests / "0081-admin.c").read_text()
        return sorted(set(re.findall(r"^(?:static void )?(do_test_\w+)\(", source, re.M)) - {"do_test_apis"})

    def _one(self, number: str, part: str, address: str) -> list[Test]:
        told = {
            "LD_LIBRARY_PATH": "../src:../src-cpp",
            "TESTS": number,
            **({"SUBTESTS": f"{part}:"} if part else {}),
            "TEST_KAFKA_VERSION": "4.0.0",
            "KAFKA_PATH": str(self.home / "kafka"),
            "BROKERS": address,
        }
        log = self.tests / f"{number}.log"
        with log.open("w") as output:
            words = ["timeout", str(_WITHIN_S), "./test-runner", "-L", "-p1"]
            subprocess.run(words, cwd=self.tests, env={**os.environ, **told}, stdout=output, stderr=output)
        text = _COLOURS.sub("", log.read_text(errors="replace"))
        if part and f"[ {part}:" not in text:
            return []  # a function that is no sub-test; it runs with each of them
        rows = _ROW.findall(text)
        tests = [Test(name, how, why.strip()) for name, how, why in rows if _LOCAL not in why]
        # A test that fails ends the runner before it prints its table; one that hangs is ended from outside.
        if not rows or "TEST FAILURE" in text:
            why = _FAILED.search(text)
            tests = [Test(why["name"], "FAILED", why[0]) if why else Test(number, "FAILED", f"no end in {_WITHIN_S} s")]
        for test in tests:
            test.name += f"[{part}]" if part else ""
            print(test.name, test.how, test.why, flush=True)
        return tests
