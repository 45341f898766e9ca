"""What a person reads when they ask for help, or ask for something wrong.  Each runs the real command."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
import tomllib
from pathlib import Path

import pytest
from running import ROOT, environment, run

import pykbroker


def test_the_version_is_the_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert run("--version").stdout == f"pykbroker {project['version']}\n"
    assert pykbroker.__version__ == project["version"]


@pytest.mark.parametrize("word", ["-c KEY=VALUE", "--profile", "--ready-file", "--log-level", "Exit codes", "Examples"])
def test_help_explains(word: str):
    assert word in serve_help()


def serve_help() -> str:
    shown = run("serve", "--help")
    assert shown.returncode == 0
    return shown.stdout


def test_help_does_not_load_the_broker():
    code = "import sys, pykbroker.cli.main; print(sorted({'trio', 'construct', 'pykbroker.server'} & set(sys.modules)))"
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=30)
    assert shown.stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["-c", "num.partition=3"],
            "Unknown property num.partition (from -c num.partition=3): did you mean num.partitions?",
        ),
        (
            ["-c", "num.partitions=many"],
            "Invalid value many for configuration num.partitions: Not a number of type INT"
            " (from -c num.partitions=many); valid: int, [1,...]",
        ),
        (["-c", "num.partitions"], "-c num.partitions has no value: write -c num.partitions=VALUE"),
    ],
)
def test_a_wrong_setting_is_one_line_on_standard_error_and_exit_code_2(words: list[str], line: str):
    shown = run("serve", *words)
    assert (shown.returncode, shown.stdout, shown.stderr) == (2, "", f"pykbroker: {line}\n")


def test_a_wrong_line_in_a_file_is_named(tmp_path: Path):
    file = tmp_path / "server.properties"
    file.write_text("# a comment\nlisteners=SSL://:9093\nnum.partitions=0\n")
    shown = run("serve", str(file))
    assert shown.returncode == 2
    assert f"(from {file} line 3)" in shown.stderr


def test_a_file_in_latin_1_is_read_as_java_reads_it(tmp_path: Path):
    file = tmp_path / "server.properties"
    file.write_bytes("# für uns\nnum.partitions=0\n".encode("latin-1"))
    assert "configuration num.partitions" in run("serve", str(file)).stderr


def test_the_environment_is_read():
    assert "(from KAFKA_NUM_PARTITIONS)" in run("serve", KAFKA_NUM_PARTITIONS="0").stderr


@pytest.mark.parametrize(
    "words", [["no-such-file"], ["--profile", "fast"], ["--log-level", "loud"], ["--no-such-option"]]
)
def test_a_wrong_option_is_exit_code_2_and_no_traceback(words: list[str]):
    shown = run("serve", *words)
    assert shown.returncode == 2
    assert "Traceback" not in shown.stderr


def test_a_table_keeps_its_cells_whole_however_narrow_the_terminal_is():
    code = "from pykbroker.cli.output import table; table(['PARTITION', 'LOG-END-OFFSET'], [(10001, 123456789)])"
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 12, 0, 0))
    subprocess.run([sys.executable, "-c", code], env=environment(), stdout=its, check=True, timeout=30)
    os.close(its)
    assert os.read(ours, 4096).decode().splitlines()[-1].split() == ["10001", "123456789"]
    os.close(ours)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no device that is always full")
def test_a_full_disk_is_one_line_and_no_traceback():
    command = [sys.executable, "-m", "pykbroker", "completion", "bash"]
    with open("/dev/full", "w") as full:
        shown = subprocess.run(command, env=environment(), stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
    assert shown.returncode == 1
    assert shown.stderr == "pykbroker: What this prints cannot be written: No space left on device\n"
