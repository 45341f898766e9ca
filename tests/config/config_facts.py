"""What Kafka 4.3.1's own classes say of its properties."""

import json
from pathlib import Path
from typing import Any

FACTS: dict[str, list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "facts-4.3.1" / "configs.json").read_text()
)
BROKER = {fact["name"]: fact for fact in FACTS["broker"]}
TOPIC = {fact["name"]: fact for fact in FACTS["topic"]}
GROUP = {fact["name"]: fact for fact in FACTS["group"]}
CLIENT_METRICS = {fact["name"]: fact for fact in FACTS["client_metrics"]}
