"""A broker starts without what it does not need, and understands its command line as click does."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import environment, serving

from pykbroker.cli.entry import plain_serve
from pykbroker.cli.main import main

# Where a module is put off, what it would have imported is named.
NOT_NEEDED = {
    *("argparse", "click", "cramjam", "decimal", "difflib", "email", "importlib.metadata", "stringprep"),
    *("_hashlib", "_ssl", "cmd", "idna.core", "_compat_pickle"),
    *("pykbroker.server.compactions", "pykbroker.server.metrics", "pykbroker.storage.compacting"),
    *("pykbroker.config.described", "pykbroker.config.group", "pykbroker.config.client_metrics"),
}
HANDLERS = {"api_versions", "broker", "client", "counters", "fetch_sessions", "prefixes", "refusals", "replies"}


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """The names of all modules that a broker had loaded when it was ready, and asked to stop."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPROFILEIMPORTTIME", "1")
        with serving(tmp_path_factory.mktemp("data")) as broker:
            broker.stop()
    return set(re.findall(r"^import time: .*\| +(\S+)$", "".join(broker.log), re.MULTILINE))


def test_a_broker_is_ready_without_what_it_may_never_need(imported):
    assert "pykbroker.server.app" in imported
    commands = {name for name in imported if name.startswith("pykbroker.cli.")}
    assert commands == {f"pykbroker.cli.{name}" for name in ("entry", "seldom", "serve")}
    assert not imported & NOT_NEEDED


def test_a_broker_is_ready_before_it_has_imported_what_answers(imported):
    handlers = {name.removeprefix("pykbroker.handlers.") for name in imported if name.startswith("pykbroker.handlers.")}
    assert handlers <= {*HANDLERS, "routes", "shortcuts"}
    assert "pykbroker_protocol.apis.metadata" not in imported
    assert "pykbroker_protocol.apis.fetch" not in imported


def test_what_is_put_off_is_there_when_it_is_used():
    code = (
        "from pykbroker.cli.seldom import put_off; put_off(); import hashlib, hmac, idna, pdb, pickle, ssl;"
        "from idna.core import encode; from ssl import SSLContext;"
        "print(pickle.loads(pickle.dumps(7)), idna.encode('é.de').decode(), pdb.Pdb.__name__, SSLContext.__name__,"
        "hmac.new(b'', b'', 'md5').hexdigest()[:4], hashlib.sha256().hexdigest()[:4], ssl.__spec__.name)"
    )
    told = subprocess.check_output([sys.executable, "-c", code], text=True, env=environment())
    assert told.split() == ["7", "xn--9ca.de", "Pdb", "SSLContext", "74e6", "e3b0", "ssl"]


@pytest.fixture
def there(tmp_path, monkeypatch):
    """In a directory with a file and a directory."""
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("directory").mkdir()


PLAIN = [
    "serve",
    "serve file",
    "serve -c a=b -c c=d file --profile test",
    "serve --ready-file new --log-level debug --log-level error",
    "serve -c a=b=c --profile kafka",
]


@pytest.mark.parametrize("typed", PLAIN)
@pytest.mark.usefixtures("there")
def test_a_plain_command_line_means_what_it_means_to_click(typed):
    asked, command = plain_serve(typed.split()), main.commands["serve"]
    assert asked is not None
    assert asked._asdict() == command.make_context("serve", typed.split()[1:]).params


CLICKS = [
    "",
    "topics list",
    "serve --help",
    "serve -h",
    "serve -c",
    "serve -c -c",
    "serve -ca=b",
    "serve --profile=test",
    "serve --profile other",
    "serve --log-level INFO",
    "serve missing",
    "serve directory",
    "serve file file",
    "serve --ready-file directory",
    "serve --ready-file file",
    "serve -- file",
    "serve --unknown file",
]


@pytest.mark.parametrize("typed", CLICKS)
@pytest.mark.usefixtures("there")
def test_what_is_not_plain_is_read_by_click(typed):
    assert plain_serve(typed.split()) is None
