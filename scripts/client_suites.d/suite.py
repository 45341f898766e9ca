"""What every client's suite of tests is to `client_suites`: sources that are fetched once, a broker with the settings
that the suite expects, and an outcome for each test."""

from __future__ import annotations

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CACHE = Path(os.environ.get("PYKBROKER_SUITES", "~/.cache/pykbroker-suites")).expanduser()


@dataclass
class Test:
    name: str
    how: str  # PASSED, FAILED or SKIPPED
    why: str = ""
    __test__ = False  # pytest is not to take it for one of its own

    @property
    def key(self) -> str:
        """The name in one word."""
        return "_".join(self.name.split())


class Suite:
    """A suite of tests: `prepare`, then `run`."""

    name: str
    version: str
    repository: str
    host = "127.0.0.1"  # what clients are told is the broker's name
    settings: dict[str, object]

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    @property
    def title(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def home(self) -> Path:
        return CACHE / f"{self.name}-{self.version}"

    def prepare(self, source: Path | None) -> None:
        """The sources and all that they need are in `home`."""
        if (self.home / ".ready").exists():
            return
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.parent.mkdir(parents=True, exist_ok=True)
        self.fetch(source)
        self.install()
        (self.home / ".ready").touch()

    def fetch(self, source: Path | None) -> None:
        if source is None:
            self.download()
        elif source.is_file():
            self.unpack(source)
        else:
            self.clone(f"file://{source.resolve()}")

    def download(self) -> None:
        self.clone(self.repository)

    def clone(self, place: str) -> None:
        quietly = ["--quiet", "--config", "advice.detachedHead=false", "--depth", 1]
        run("git", "clone", *quietly, "--branch", self.tag, place, self.home)

    def unpack(self, archive: Path) -> None:
        """An archive as PyPI, npm and GitHub make them: all in one folder."""
        self.home.mkdir()
        run("tar", "xzf", archive.resolve(), "--strip-components", 1, cwd=self.home)

    def install(self) -> None:
        """What is fetched can be run."""
        raise NotImplementedError

    def run(self, address: str, only: str | None) -> list[Test]:
        """Each test's outcome; the suite prints what it does itself."""
        raise NotImplementedError


def run(*command: object, cwd: Path | str | None = None) -> None:
    """A step that has to succeed."""
    words = [str(word) for word in command]
    print("+", *words, flush=True)
    subprocess.run(words, cwd=cwd, check=True)


def junit(report: Path) -> list[Test]:
    """The outcomes in a report as JUnit writes it; a test that was retried counts as it ended."""
    if not report.exists():
        raise SystemExit("the suite ended without a report; what it printed says why")
    tests: dict[str, Test] = {}
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        wrong = next((case.find(kind) for kind in ("failure", "error") if case.find(kind) is not None), None)
        if wrong is not None:
            lines = (wrong.get("message") or wrong.text or "").strip().splitlines()
            tests[name] = Test(name, "FAILED", lines[0] if lines else "")
        else:
            skipped = case.find("skipped")
            how, why = ("PASSED", "") if skipped is None else ("SKIPPED", skipped.get("message") or "")
            tests[name] = Test(name, how, why)
    return list(tests.values())


def keep(tests: list[Test], record: Path, whole: bool) -> None:
    """The record has a line for each test, as it last ended; a whole run begins it anew."""
    known = {} if whole or not record.exists() else {line.split()[1]: line for line in record.read_text().splitlines()}
    known |= {test.key: f"{test.how} {test.key}  {test.why}".strip() for test in tests}
    record.write_text("".join(line + "\n" for line in sorted(known.values())))
