"""scripts/kafka says plainly what is missing.  Needs no broker and no Java."""

import os
import subprocess
import sys

import pytest
from broker_process import ROOT

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("java", "complaint"),
    [
        (None, "no `java` on the PATH"),
        ('openjdk version "11.0.2"', "needs Java 17 or newer"),
        ('openjdk version "17.0.2"', "no `mvn` on the PATH"),
    ],
    ids=["no-java", "old-java", "no-maven"],
)
def test_what_is_missing_is_named_with_what_to_install(tmp_path, java, complaint):
    if java:
        (tmp_path / "java").write_text(f"#!/bin/sh\necho '{java}' >&2\n")
        (tmp_path / "java").chmod(0o755)
    environment = {**os.environ, "PATH": str(tmp_path), "PYKBROKER_KAFKA": str(tmp_path / "cache")}
    command = [sys.executable, ROOT / "scripts/kafka", "install"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (ended.returncode, complaint in ended.stderr, len(ended.stderr.splitlines())) == (1, True, 1)
