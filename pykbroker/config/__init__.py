"""Kafka's properties as one table, and where their values come from."""

from pykbroker.config.config import Config
from pykbroker.config.listeners import Endpoint
from pykbroker.config.topic import LogConfig, read_topic_config, validate_topic_config
from pykbroker.config.values import ConfigInvalid

__all__ = ["Config", "ConfigInvalid", "Endpoint", "LogConfig", "read_topic_config", "validate_topic_config"]
