"""kafkajs' own suite: jest.  It looks for brokers in containers, at fixed ports of localhost, over TLS and SASL too."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from suite import Suite, Test, junit, run

_ADD_PARTITIONS = """#!/bin/sh
exec "{python}" -m pykbroker topics add-partitions -b "127.0.0.1:$KAFKA_PORT" "$TOPIC" "$PARTITIONS"
"""


class KafkaJs(Suite):
    """One broker in place of three.  Partitions are added over the network, not by a command in a container."""

    name, version, repository = "kafkajs", "2.2.4", "https://github.com/tulios/kafkajs"
    host = "localhost"
    settings = {"num.partitions": 2, "node.id": 0, "group.initial.rebalance.delay.ms": 0}

    def install(self) -> None:
        run("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", cwd=self.home)
        helpers = self.home / "testHelpers" / "index.js"
        text = re.sub(r"\[`\$\{host\}:9092`.*?\]", "[`${host}:9092`]", helpers.read_text())
        text = text.replace(":9092`", ":${process.env.KAFKA_PORT}`")
        helpers.write_text(text.replace("port: 9092", "port: Number(process.env.KAFKA_PORT)"))
        setup = self.home / "testHelpers" / "setup.js"
        setup.write_text(setup.read_text().replace("jest.setTimeout(90000)", "jest.setTimeout(30000)"))
        (self.home / "scripts" / "addPartitions.sh").write_text(_ADD_PARTITIONS.format(python=sys.executable))

    def run(self, address: str, only: str | None) -> list[Test]:
        report = self.home / "report.xml"
        report.unlink(missing_ok=True)
        told = {
            "KAFKA_PORT": address.split(":")[1],
            "KAFKA_VERSION": "2.4",
            "NODE_ENV": "test",
            "KAFKAJS_DEBUG_PROTOCOL_BUFFERS": "1",
            "JEST_JUNIT_OUTPUT_NAME": report.name,
            "JEST_JUNIT_CLASSNAME": "{filepath}",
        }
        words = ["npx", "jest", "--ci", "--forceExit", "--maxWorkers=4", *(only.split() if only else [])]
        subprocess.run(words, cwd=self.home, env={**os.environ, **told})
        return junit(report)
