"""kafka-python's and aiokafka's suites: pytest, in a virtual environment of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from suite import Suite, Test, junit, run

HERE = Path(__file__).resolve().parent


class Pytest(Suite):
    packages: list[str]
    chosen: list[str]
    options: list[str] = []

    @property
    def python(self) -> Path:
        return self.home / ".venv" / "bin" / "python"

    def install(self) -> None:
        run(sys.executable, "-m", "venv", self.home / ".venv")
        run(self.python, "-m", "pip", "install", "--quiet", "pytest==9.0.2", "pytest-timeout", *self.packages)

    def told(self, address: str) -> dict[str, str]:
        """The environment by which the suite knows where the broker is."""
        raise NotImplementedError

    def run(self, address: str, only: str | None) -> list[Test]:
        report = self.home / "report.xml"
        report.unlink(missing_ok=True)
        words = ["-m", "pytest", "-v", "--tb=short", "--timeout=130", "-p", "no:cacheprovider", f"--junitxml={report}"]
        chosen = only.split() if only else self.chosen
        environment = {**os.environ, **self.told(address)}
        subprocess.run([str(self.python), *words, *self.options, *chosen], cwd=self.home, env=environment)
        return junit(report)


class KafkaPython(Pytest):
    """It takes a broker by environment; KAFKA_ROOT must exist, for brokers of its own.  The tests in its source on PyPI
    are not whole."""

    name, version, repository = "kafka-python", "3.0.11", "https://github.com/dpkp/kafka-python"
    packages = ["pytest-mock", "py", "crc32c", "lz4", "zstandard", "python-snappy"]
    chosen = ["test/integration"]
    settings = {  # as its own brokers have them
        "num.partitions": 4,
        "node.id": 0,
        "group.initial.rebalance.delay.ms": 0,
        "group.min.session.timeout.ms": 1000,
    }

    @property
    def tag(self) -> str:
        return self.version

    def told(self, address: str) -> dict[str, str]:
        (self.home / "no-kafka" / "bin").mkdir(parents=True, exist_ok=True)
        root = str(self.home / "no-kafka")
        return {"KAFKA_URI": f"PLAINTEXT://{address}", "KAFKA_VERSION": "4.3.0", "KAFKA_ROOT": root}


class Aiokafka(Pytest):
    """Its tests are only in its repository, and start a container: `docker` and the broker's fixture are replaced."""

    name, version, repository = "aiokafka", "0.14.0", "https://github.com/aio-libs/aiokafka"
    packages = ["aiokafka==0.14.0", "pytest-asyncio", "pytest-mock", "cramjam", "lz4", "zstandard", "python-snappy"]
    chosen = ["tests", "--ignore=tests/test_sasl.py"]
    options = ["--docker-image=none:4.3.1", "-o", "asyncio_default_fixture_loop_scope=function"]
    settings = {"num.partitions": 2, "node.id": 0, "group.initial.rebalance.delay.ms": 0}  # as its container has them

    def install(self) -> None:
        super().install()
        shutil.rmtree(self.home / "aiokafka")  # the package that pip built is tested, with its C extension
        (self.home / "docker.py").write_text((HERE / "no_docker.py").read_text())
        with (self.home / "tests" / "conftest.py").open("a") as conftest:
            conftest.write((HERE / "aiokafka_conftest.txt").read_text())

    def told(self, address: str) -> dict[str, str]:
        return {"KAFKA_AT": address}
