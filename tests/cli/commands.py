"""A command as a person types it, in this process, and what it printed."""

import json
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

from pykbroker.cli.main import main


@dataclass
class Typed:
    """Commands that talk to the broker at `port`."""

    port: int

    def __call__(self, *words: str, stdin: bytes | str = "") -> Result:
        environment = {"PYKBROKER_BOOTSTRAP_SERVER": f"127.0.0.1:{self.port}"}
        return CliRunner(env=environment).invoke(main, words, input=stdin)

    def said(self, *words: str, stdin: bytes | str = "") -> str:
        result = self(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.said(*words, "--json"))

    def refused(self, *words: str, code: int = 1, stdin: bytes | str = "") -> str:
        """The one line that says why not."""
        result = self(*words, stdin=stdin)
        assert result.exit_code == code, result.output
        assert result.stderr.startswith("pykbroker: ")
        assert result.stderr.count("\n") == 1
        return result.stderr.removeprefix("pykbroker: ").rstrip("\n")


def typed(*words: str) -> Result:
    """A command that needs no broker."""
    return CliRunner().invoke(main, words)
