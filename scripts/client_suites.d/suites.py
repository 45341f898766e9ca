"""How each client's own suite is fetched, told where the broker is, and run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
CACHE = Path(os.environ.get("PYKBROKER_SUITES", "~/.cache/pykbroker-suites")).expanduser()
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Outcome:
    passed: int = 0
    skipped: int = 0
    failed: list[str] = field(default_factory=list)

    def summary(self) -> str:
        return f"{self.passed} passed, {len(self.failed)} failed, {self.skipped} skipped by the suite itself"


class Suite:
    """A suite of tests; `prepare`, then `run`."""

    name: str
    version: str
    repository: str
    port: int | None = None  # where the suite looks for a broker and cannot be told otherwise
    settings: dict[str, object] = {"num.partitions": 4}
    names_itself = False

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
        what = ["git", "clone", "--quiet", "--depth", "1"]
        at = [] if source else ["--branch", self.tag]
        run(*what, *at, f"file://{source.resolve()}" if source else self.repository, self.home)

    @property
    def tag(self) -> str:
        return self.version

    def install(self) -> None:
        raise NotImplementedError

    def run(self, address: str, only: str | None) -> Outcome:
        raise NotImplementedError


def run(*command: object, cwd: Path | None = None, **more: str) -> None:
    """A step that has to succeed."""
    print("+", *command, flush=True)
    subprocess.run([str(word) for word in command], cwd=cwd, env={**os.environ, **more}, check=True)


class Pytest(Suite):
    """A suite in Python, in a virtual environment of its own."""

    packages: list[str]
    paths: list[str]
    options: list[str] = []

    @property
    def python(self) -> Path:
        return self.home / ".venv" / "bin" / "python"

    def install(self) -> None:
        run(sys.executable, "-m", "venv", self.home / ".venv")
        run(self.python, "-m", "pip", "install", "--quiet", "pytest>=8", "pytest-timeout", *self.packages)

    def told(self, address: str) -> dict[str, str]:
        """The environment by which the suite knows where the broker is."""
        raise NotImplementedError

    def run(self, address: str, only: str | None) -> Outcome:
        report = self.home / "report.xml"
        words = ["-m", "pytest", "-v", "--tb=line", "--timeout=130", "-p", "no:cacheprovider", f"--junitxml={report}"]
        chosen = [only] if only else self.paths
        environment = {**os.environ, **self.told(address)}
        subprocess.run([str(self.python), *words, *self.options, *chosen], cwd=self.home, env=environment)
        return junit(report)


def junit(report: Path) -> Outcome:
    outcome = Outcome()
    for case in ET.parse(report).iter("testcase"):
        name = f"{case.get('classname')}::{case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed.append(name)
        elif case.find("skipped") is not None:
            outcome.skipped += 1
        else:
            outcome.passed += 1
    return outcome


class KafkaPython(Pytest):
    """Takes a broker by environment; KAFKA_ROOT must be there, and is used only for brokers of its own."""

    name, version, repository = "kafka-python", "3.0.12", "https://github.com/dpkp/kafka-python"
    packages = ["pytest-mock", "py", "crc32c", "lz4", "zstandard", "python-snappy"]
    paths = ["test/integration"]
    settings = {"num.partitions": 4, "node.id": 0}
    names_itself = True

    def told(self, address: str) -> dict[str, str]:
        (self.home / "no-kafka" / "bin").mkdir(parents=True, exist_ok=True)
        root = str(self.home / "no-kafka")
        return {"KAFKA_URI": f"PLAINTEXT://{address}", "KAFKA_VERSION": "4.3.0", "KAFKA_ROOT": root}


class Aiokafka(Pytest):
    """Starts a container of its own: `docker` is replaced by nothing, and the fixture of the broker by the address."""

    name, version, repository = "aiokafka", "0.14.0", "https://github.com/aio-libs/aiokafka"
    packages = ["aiokafka==0.14.0", "pytest-asyncio", "pytest-mock", "cramjam", "lz4", "zstandard", "python-snappy"]
    paths = ["tests", "--ignore=tests/test_sasl.py"]
    options = ["--docker-image=none:4.3.1", "-o", "asyncio_default_fixture_loop_scope=function"]
    settings = {"num.partitions": 2}

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    def install(self) -> None:
        super().install()
        shutil.rmtree(self.home / "aiokafka")  # the package that pip built is tested, with its C extension
        (self.home / "docker.py").write_text((HERE / "no_docker.py").read_text())
        with (self.home / "tests" / "conftest.py").open("a") as conftest:
            conftest.write((HERE / "aiokafka_conftest.txt").read_text())

    def told(self, address: str) -> dict[str, str]:
        return {"KAFKA_AT": address}


class Librdkafka(Suite):
    """Its sources with the tests come with the npm package; each file of tests is a run of its own."""

    name, version, repository = "librdkafka", "1.10.1", "@confluentinc/kafka-javascript"

    @property
    def tests(self) -> Path:
        return self.home / "package" / "deps" / "librdkafka" / "tests"

    def fetch(self, source: Path | None) -> None:
        self.home.mkdir()
        run("npm", "pack", "--silent", f"{self.repository}@{self.version}", cwd=self.home)
        (archive,) = self.home.glob("*.tgz")
        run("tar", "xzf", archive, cwd=self.home)

    def install(self) -> None:
        there = self.tests.parent
        run("./configure", "--disable-curl", cwd=there)
        jobs = f"-j{os.cpu_count()}"
        run("make", jobs, "libs", cwd=there)
        run("make", jobs, "-C", "tests", "build", cwd=there)

    def run(self, address: str, only: str | None) -> Outcome:
        (self.tests / "test.conf").write_text(f"bootstrap.servers={address}\n")
        numbers = sorted({path.name[:4] for path in self.tests.glob("[0-9][0-9][0-9][0-9]-*.c*")} - {"0000"})
        outcome = Outcome()
        for number in only.split(",") if only else numbers:
            self._one(number, outcome)
        return outcome

    def _one(self, number: str, outcome: Outcome) -> None:
        environment = {"LD_LIBRARY_PATH": "../src:../src-cpp", "TESTS": number, "TEST_KAFKA_VERSION": "4.0.0"}
        log = self.tests / f"{number}.log"
        with log.open("w") as output:
            with_broker = ["timeout", "240", "./test-runner", "-L", "-p1"]
            subprocess.run(with_broker, cwd=self.tests, env={**os.environ, **environment}, stdout=output, stderr=output)
        text = _COLOURS.sub("", log.read_text(errors="replace"))
        rows = re.findall(r"^\|\s*(\d{4}_\S+)\s*\|\s*(PASSED|FAILED|SKIPPED)", text, re.M)
        if "TEST FAILURE" in text or not rows:
            why = re.findall(r"^(?:Test assertion failed|### Test).*", text, re.M) or ["ended without a report"]
            failed = [name for name, how in rows if how == "FAILED"] or [number]
            outcome.failed += [f"{name}: {why[-1][:200]}" for name in failed]
        outcome.passed += sum(how == "PASSED" for _, how in rows)
        outcome.skipped += sum(how == "SKIPPED" for _, how in rows)
        print(number, " ".join(f"{name} {how}" for name, how in rows) or "FAILED", flush=True)


class KafkaJs(Suite):
    """Looks for a broker at localhost:9092, and makes topics by a command in a container, which is replaced."""

    name, version, repository = "kafkajs", "2.2.4", "https://github.com/tulios/kafkajs"
    port = 9092

    @property
    def tag(self) -> str:
        return f"v{self.version}"

    def install(self) -> None:
        run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=self.home)
        helpers = self.home / "testHelpers" / "index.js"
        one_broker = re.sub(r"\[`\$\{host\}:9092`.*?\]", "[`${host}:9092`]", helpers.read_text())
        helpers.write_text(one_broker)

    def run(self, address: str, only: str | None) -> Outcome:
        report = self.home / "report.xml"
        environment = {"KAFKA_VERSION": "2.4", "NODE_ENV": "test", "JEST_JUNIT_OUTPUT_FILE": str(report)}
        # Errors name the file first: what needs TLS, SASL, or other brokers is told of in FINDINGS.md.
        words = ["npx", "jest", "--forceExit", "--runInBand", "--testTimeout=30000", *([only] if only else [])]
        subprocess.run(words, cwd=self.home, env={**os.environ, **environment})
        return junit(report)


SUITES: dict[str, type[Suite]] = {suite.name: suite for suite in (KafkaPython, Aiokafka, Librdkafka, KafkaJs)}
