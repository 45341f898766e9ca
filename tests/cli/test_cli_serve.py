"""`pykbroker serve` says when it is ready, ends as asked, and names what keeps it from going on."""

import gc
import re
import signal
import socket
import struct
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from running import WITHIN_S, environment, run, serving

from pykbroker import __version__
from pykbroker.cli.serve import _announcer, reachable
from pykbroker.server.app import Ready


def test_the_ready_line_has_the_bound_address_and_the_data_directory(tmp_path: Path):
    with serving(tmp_path / "data") as broker:
        socket.create_connection(("127.0.0.1", broker.port)).close()
        address = f"PLAINTEXT://127.0.0.1:{broker.port}"
        assert broker.ready_line == (
            f"Kafka Server started: pykbroker {__version__} at {address}, data in {tmp_path / 'data'}\n"
        )


def test_the_ready_file_has_the_address_once_clients_can_connect(tmp_path: Path):
    with serving(tmp_path / "data", "--ready-file", str(tmp_path / "ready")) as broker:
        broker.stop()
        assert (tmp_path / "ready").read_text() == f"127.0.0.1:{broker.port}\n"


def test_the_ready_line_has_where_metrics_are_and_clients_are_counted_there(tmp_path: Path):
    with serving(tmp_path / "data", "-c", "pykbroker.metrics.listener=http://127.0.0.1:0") as broker:
        (address,) = re.findall(r", metrics at (http://127\.0\.0\.1:\d+/metrics)\n", broker.ready_line)
        with socket.create_connection(("127.0.0.1", broker.port)) as client:
            client.sendall(struct.pack(">ihhih", 10, 18, 0, 1, -1))  # ApiVersions v0
            assert client.recv(4)
            with urllib.request.urlopen(address, timeout=5) as answer:
                told = answer.read().decode().splitlines()
        assert broker.stop() == 0
    assert 'kafka_server_socket_server_metrics_connection_count{listener="PLAINTEXT",networkProcessor="0"} 1' in told
    assert 'kafka_network_requestmetrics_requests_total{request="ApiVersions",version="0"} 1' in told
    assert "Traceback" not in "".join(broker.log)


def test_h11_is_not_loaded_where_nobody_scrapes(tmp_path: Path):
    words = ["serve", "-c", f"log.dirs={tmp_path}", "-c", "listeners=PLAINTEXT://256.0.0.1:0"]
    tried = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pykbroker", *words],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
    )
    assert "pykbroker.server.app" in tried.stderr
    assert not re.search(r"\| +(h11|pykbroker\.server\.(metrics|scrapes))\n", tried.stderr)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "[::]"])
def test_every_interface_is_told_as_an_address_to_connect_to(host: str):
    assert reachable(f"PLAINTEXT://{host}:9092") == "PLAINTEXT://localhost:9092"
    assert reachable("PLAINTEXT://[::1]:9092") == "PLAINTEXT://[::1]:9092"


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_0_and_without_a_traceback(tmp_path: Path, how: signal.Signals):
    with serving(tmp_path / "data") as broker:
        assert broker.stop(how) == 0
    assert "Traceback" not in "".join(broker.log)


def test_a_setting_without_effect_is_one_line_of_warning(tmp_path: Path):
    with serving(tmp_path / "data", "-c", "num.io.threads=8") as broker:
        broker.stop()
    (warning,) = [line for line in broker.log if "WARNING" in line]
    assert "pykbroker.config: num.io.threads is accepted and has no effect: One thread serves" in warning


def refused(*words: str) -> str:
    shown = run("serve", "--log-level", "error", *words)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr.startswith("pykbroker: ")
    assert shown.stderr.count("\n") == 1
    return shown.stderr


def at(listener: str, data: Path) -> list[str]:
    return ["-c", f"listeners={listener}", "-c", f"log.dirs={data}"]


def test_a_port_in_use_is_one_line_that_names_it(tmp_path: Path):
    with serving(tmp_path / "one") as broker:
        listener = f"PLAINTEXT://127.0.0.1:{broker.port}"
        assert f"127.0.0.1:{broker.port}" in refused(*at(listener, tmp_path / "two"))


def test_a_data_directory_in_use_is_one_line_that_says_what_to_do(tmp_path: Path):
    with serving(tmp_path / "data"):
        line = refused(*at("PLAINTEXT://127.0.0.1:0", tmp_path / "data"))
    assert str(tmp_path / "data") in line
    assert "log.dirs" in line


def test_a_data_directory_that_cannot_be_made_is_one_line(tmp_path: Path):
    (tmp_path / "file").touch()
    assert str(tmp_path / "file") in refused(*at("PLAINTEXT://127.0.0.1:0", tmp_path / "file"))


def test_a_ready_file_that_cannot_be_written_is_one_line(tmp_path: Path):
    missing = tmp_path / "missing" / "ready"
    shown = run("serve", *at("PLAINTEXT://127.0.0.1:0", tmp_path / "data"), "--ready-file", str(missing))
    assert shown.returncode == 1
    assert f"pykbroker: The ready file {missing} cannot be written" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_the_collector_runs_once_the_broker_serves_and_passes_over_what_a_start_made():
    gc.disable()
    try:
        _announcer(None)(Ready(["PLAINTEXT://127.0.0.1:9092"], "data"))
        assert gc.isenabled()
        assert gc.get_freeze_count() > 1000
    finally:
        gc.enable()
        gc.unfreeze()


def test_the_group_of_commands_imports_none_of_them():
    code = "import sys, pykbroker.cli.main; print(*(name for name in sys.modules if name.startswith('pykbroker.cli.')))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, env=environment()).split() == [
        "pykbroker.cli.entry",
        "pykbroker.cli.main",
    ]
