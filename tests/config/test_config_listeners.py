"""Listeners are read as Kafka reads them; the refusals begin with what a Kafka 4.3.1 says."""

import pytest

from pykbroker.config import Config, ConfigInvalid, Endpoint

TWO = "A:PLAINTEXT,PLAINTEXT:PLAINTEXT"


def refusal(**settings: str) -> str:
    with pytest.raises(ConfigInvalid) as refused:
        Config({name.replace("_", "."): value for name, value in settings.items()})
    return str(refused.value)


@pytest.mark.parametrize(
    ("listener", "endpoint"),
    [
        ("PLAINTEXT://:9092", Endpoint("PLAINTEXT", None, 9092)),
        ("plaintext://127.0.0.1:0", Endpoint("PLAINTEXT", "127.0.0.1", 0)),
        ("PLAINTEXT://[::1]:9092", Endpoint("PLAINTEXT", "::1", 9092)),
        ("PLAINTEXT://::1:9092", Endpoint("PLAINTEXT", "::1", 9092)),
        (" PLAINTEXT://broker-1.example:9092 ", Endpoint("PLAINTEXT", "broker-1.example", 9092)),
    ],
)
def test_a_listener_is_a_name_a_host_and_a_port(listener: str, endpoint: Endpoint):
    config = Config({"listeners": listener})
    assert config.endpoints == config.advertised_endpoints == (endpoint,)


def test_an_advertised_listener_is_what_clients_are_told_and_its_host_may_be_this_machines():
    config = Config({"listeners": "PLAINTEXT://0.0.0.0:9092", "advertised.listeners": "PLAINTEXT://public:19092"})
    assert config.endpoints == (Endpoint("PLAINTEXT", "0.0.0.0", 9092),)
    assert config.advertised_endpoints == (Endpoint("PLAINTEXT", "public", 19092),)
    assert Config({"advertised.listeners": "PLAINTEXT://:0"}).advertised_endpoints == (Endpoint("PLAINTEXT", None, 0),)


def test_a_listener_of_the_controller_is_accepted_and_not_opened():
    config = Config({"listeners": "PLAINTEXT://:9092,CONTROLLER://:9093"})
    assert [endpoint.listener_name for endpoint in config.endpoints] == ["PLAINTEXT"]
    assert [endpoint.listener_name for endpoint in config.advertised_endpoints] == ["PLAINTEXT"]


def test_two_listeners_may_share_a_port_only_as_ipv4_and_ipv6_or_as_port_0():
    settings = {"listener.security.protocol.map": TWO}
    assert len(Config({**settings, "listeners": "PLAINTEXT://127.0.0.1:9092,A://[::1]:9092"}).endpoints) == 2
    assert len(Config({**settings, "listeners": "PLAINTEXT://:0,A://:0"}).endpoints) == 2
    assert "Each listener must have a different port" in refusal(
        listeners="PLAINTEXT://127.0.0.1:9092,A://127.0.0.2:9092", listener_security_protocol_map=TWO
    )
    assert "Each listener must have a different port" in refusal(
        listeners="PLAINTEXT://:9092,A://:9092", listener_security_protocol_map=TWO
    )


def test_any_address_may_be_advertised_only_where_clients_are_told_the_one_they_used():
    listeners = {"listeners": "PLAINTEXT://0.0.0.0:9092"}
    assert Config({**listeners, "pykbroker.advertise.client.address": "true"}).pykbroker_advertise_client_address
    assert refusal(**listeners).startswith("advertised.listeners cannot use the nonroutable meta-address 0.0.0.0.")


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"listeners": "127.0.0.1:9092"}, "Unable to parse 127.0.0.1:9092 to a broker endpoint"),
        ({"listeners": "PLAINTEXT://h"}, "Unable to parse PLAINTEXT://h to a broker endpoint"),
        ({"listeners": "FOO://h:1"}, "No security protocol defined for listener FOO"),
        ({"listeners": "PLAINTEXT://a:1,PLAINTEXT://b:2"}, "Each listener must have a different name"),
        ({"listeners": "PLAINTEXT://h:65536"}, "has no port from 0 to 65535"),
        ({"listeners": "PLAINTEXT://h:-1"}, "has no port from 0 to 65535"),
        ({"listeners": ""}, "Configuration 'listeners' must not be empty"),
        ({"listeners": "CONTROLLER://:9093"}, "There must be at least one broker advertised listener"),
        ({"listeners": "SSL://:9093"}, "SSL, which is not served yet"),
        ({"listeners": "SASL_PLAINTEXT://:9093"}, "SASL_PLAINTEXT, which is not served yet"),
        ({"advertised_listeners": "SSL://h:1"}, "must be equal to or a subset of the ones defined in listeners"),
        ({"advertised_listeners": "PLAINTEXT://0.0.0.0:9092"}, "cannot use the nonroutable meta-address 0.0.0.0"),
        ({"listener_security_protocol_map": "PLAINTEXT:FOO"}, "Invalid security protocol `FOO`"),
        ({"listener_security_protocol_map": "PLAINTEXT"}, "'PLAINTEXT' is no NAME:PROTOCOL"),
        ({"inter_broker_listener_name": "X"}, "not found in listener.security.protocol.map"),
        ({"inter_broker_listener_name": "SSL"}, "must be a listener name defined in advertised.listeners"),
    ],
)
def test_listeners_that_cannot_be_served_are_refused(settings: dict[str, str], why: str):
    assert why in refusal(**settings)


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("http://127.0.0.1:9404", Endpoint("http", "127.0.0.1", 9404)),
        ("HTTP://:0", Endpoint("http", None, 0)),
        ("http://[::1]:9404", Endpoint("http", "::1", 9404)),
        ("", None),
    ],
)
def test_scrapes_are_answered_where_it_says_and_nowhere_by_default(text: str, endpoint: Endpoint | None):
    assert Config({"pykbroker.metrics.listener": text}).metrics_endpoint == endpoint
    assert Config().metrics_endpoint is None


@pytest.mark.parametrize("text", ["9404", "127.0.0.1:9404", "https://:9404", "http://:70000", "http://:9404/metrics"])
def test_a_listener_for_scrapes_that_is_none_is_refused_with_an_example(text: str):
    assert "write it as http://127.0.0.1:9404" in refusal(pykbroker_metrics_listener=text)
