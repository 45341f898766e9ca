"""What a shell is told when Tab is pressed, as click's shells ask for it."""

import pytest
from click.testing import CliRunner
from commands import Typed, typed

from pykbroker.cli.main import main


def completed(words: str, port: int = 1) -> list[str]:
    """What bash is offered for the last of `words`."""
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_PYKBROKER_COMPLETE": "bash_complete"}
    env = {**asked, "PYKBROKER_BOOTSTRAP_SERVER": f"127.0.0.1:{port}"}
    result = CliRunner(env=env).invoke(main, prog_name="pykbroker", complete_var="_PYKBROKER_COMPLETE")
    return [line.partition(",")[2] for line in result.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script(shell: str) -> None:
    assert f"_PYKBROKER_COMPLETE={shell}_complete" in typed("completion", shell).stdout


def test_commands_and_options_are_completed() -> None:
    assert completed("pykbroker dump") == ["dump-log"]
    assert completed("pykbroker topics describe --js") == ["--json"]


def test_names_of_topics_and_groups_are_completed(pk: Typed) -> None:
    pk.said("topics", "create", "completed-topic")
    pk.said("groups", "reset-offsets", "completed-group", "-t", "completed-topic", "--to-earliest")
    assert completed("pykbroker consume -t completed", pk.port) == ["completed-topic"]
    assert completed("pykbroker topics describe completed", pk.port) == ["completed-topic"]
    assert completed("pykbroker groups describe completed", pk.port) == ["completed-group"]
    assert completed("pykbroker configs describe group completed", pk.port) == ["completed-group"]
    assert completed("pykbroker configs describe broker ", pk.port) == ["1", "default"]
    assert completed("pykbroker configs set topic completed-topic retention.", pk.port) == [
        "retention.bytes",
        "retention.ms",
    ]


def test_without_a_broker_nothing_is_completed() -> None:
    assert completed("pykbroker consume -t x") == []
