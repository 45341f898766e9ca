"""What `listeners` and `advertised.listeners` mean together: which sockets are opened, and what clients are told.

Kafka's rules and Kafka's words; where we refuse more, the message says that it is not served yet.
Source: AbstractKafkaConfig, 4.3.1.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple

from pykbroker.config.values import ConfigInvalid

_FORM = re.compile(r"(.*)://\[?([0-9a-zA-Z\-%._:]*)\]?:(-?[0-9]+)")
_PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_EXAMPLE = "write it as PLAINTEXT://127.0.0.1:9092, or PLAINTEXT://:9092 for every interface"


class Endpoint(NamedTuple):
    """A listener's name and address.  Host None: every interface to bind, this machine's own name to advertise."""

    listener_name: str
    host: str | None
    port: int

    def __str__(self) -> str:
        host = self.host or ""
        return f"{self.listener_name}://{f'[{host}]' if ':' in host else host}:{self.port}"


class Listening(NamedTuple):
    bound: tuple[Endpoint, ...]
    advertised: tuple[Endpoint, ...]
    """Of each bound one at most one; port 0 stands for the port that was bound."""


def read_listeners(
    listeners: tuple[str, ...],
    advertised: tuple[str, ...] | None,
    *,
    protocol_map: str,
    map_is_default: bool,
    controller_names: tuple[str, ...],
    inter_broker_name: str | None,
    client_address_is_told: bool = False,
) -> Listening:
    """What to open and what to advertise; raises ConfigInvalid.

    Where each client is told the address that it reached the broker by, 0.0.0.0 reaches nobody and is no mistake.
    """
    protocols = _read_protocols(protocol_map)
    secure = [name for name in (*controller_names, *map(_name_of, listeners)) if name.upper() in _PROTOCOLS[1:]]
    if map_is_default and not secure:
        protocols |= {name: "PLAINTEXT" for name in controller_names}
    bound = _read_endpoints(listeners, protocols)
    _check_ports(bound, listeners)
    told = bound if advertised is None else _read_endpoints(advertised, protocols)
    told = tuple(endpoint for endpoint in told if endpoint.listener_name not in controller_names)
    _check_advertised(bound, told, inter_broker_name, protocols)
    if any(endpoint.host == "0.0.0.0" for endpoint in told) and not client_address_is_told:
        raise ConfigInvalid(
            "advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a routable IP address: "
            "add advertised.listeners with a name or an address that clients can reach"
        )
    opened = tuple(endpoint for endpoint in bound if endpoint.listener_name not in controller_names)
    for endpoint in opened:
        if protocols[endpoint.listener_name] != "PLAINTEXT":
            raise ConfigInvalid(
                f"Listener {endpoint} is {protocols[endpoint.listener_name]}, which is not served yet: "
                "only PLAINTEXT is; take it out of listeners, or map its name to PLAINTEXT "
                "in listener.security.protocol.map"
            )
    return Listening(opened, told)


def read_metrics_listener(text: str | None) -> Endpoint | None:
    """Where scrapes are answered, None for nowhere; raises ConfigInvalid."""
    if not text:
        return None
    form = _FORM.fullmatch(text)
    if form is None or form[1].lower() != "http" or not 0 <= int(form[3]) <= 65535:
        raise ConfigInvalid(
            f"Invalid value {text} for configuration pykbroker.metrics.listener: it is no http://HOST:PORT; "
            "write it as http://127.0.0.1:9404, or http://:9404 for every interface"
        )
    return Endpoint("http", form[2] or None, int(form[3]))


def _name_of(listener: str) -> str:
    return listener.split("://")[0]


def _read_protocols(text: str) -> dict[str, str]:
    protocols = {}
    for pair in filter(None, re.split(r"\s*,\s*", text.strip())):
        name, colon, protocol = pair.rpartition(":")
        if not colon:
            raise ConfigInvalid(
                f"Error parsing configuration property 'listener.security.protocol.map': {pair!r} is no NAME:PROTOCOL"
            )
        if protocol.strip().upper() not in _PROTOCOLS:
            raise ConfigInvalid(
                f"Invalid security protocol `{protocol.strip()}` defined in listener.security.protocol.map: "
                f"it must be one of {', '.join(_PROTOCOLS)}"
            )
        protocols[name.strip().upper()] = protocol.strip().upper()
    return protocols


def _read_endpoints(listeners: tuple[str, ...], protocols: dict[str, str]) -> tuple[Endpoint, ...]:
    wrong = f"Error creating broker listeners from '[{', '.join(listeners)}]': "
    endpoints: list[Endpoint] = []
    for listener in listeners:
        form = _FORM.fullmatch(listener)
        if form is None:
            raise ConfigInvalid(f"{wrong}Unable to parse {listener} to a broker endpoint; {_EXAMPLE}")
        name, host, port = form[1].upper(), form[2] or None, int(form[3])
        if name not in protocols:
            raise ConfigInvalid(
                f"{wrong}No security protocol defined for listener {name}; "
                f"give it one with listener.security.protocol.map={name}:PLAINTEXT,..."
            )
        if not 0 <= port <= 65535:
            raise ConfigInvalid(f"{wrong}{listener} has no port from 0 to 65535")
        if name in (endpoint.listener_name for endpoint in endpoints):
            raise ConfigInvalid(f"{wrong}Each listener must have a different name")
        endpoints.append(Endpoint(name, host, port))
    return tuple(endpoints)


def _check_ports(endpoints: tuple[Endpoint, ...], listeners: tuple[str, ...]) -> None:
    """One port may have two listeners only as one IPv4 and one IPv6 address.  Port 0 is another port each time."""
    by_port: dict[int, list[Endpoint]] = {}
    for endpoint in endpoints:
        if endpoint.port:
            by_port.setdefault(endpoint.port, []).append(endpoint)
    for port, sharing in by_port.items():
        if len(sharing) > 1 and sorted(_ip_version(endpoint.host) for endpoint in sharing) != [4, 6]:
            raise ConfigInvalid(
                f"Error creating broker listeners from '[{', '.join(listeners)}]': "
                "Each listener must have a different port unless exactly one listener has an IPv4 address "
                f"and the other IPv6 address, port: {port}"
            )


def _ip_version(host: str | None) -> int:
    """4, 6, or 0 for what is no address."""
    try:
        return ipaddress.ip_address(host or "").version
    except ValueError:
        return 0


def _check_advertised(
    bound: tuple[Endpoint, ...], told: tuple[Endpoint, ...], inter_broker_name: str | None, protocols: dict[str, str]
) -> None:
    if not told:
        raise ConfigInvalid(
            "There must be at least one broker advertised listener. "
            "Perhaps all listeners appear in controller.listener.names?"
        )
    names = [endpoint.listener_name for endpoint in told]
    if inter_broker_name is not None and inter_broker_name.upper() not in protocols:
        raise ConfigInvalid(
            f"Listener with name {inter_broker_name.upper()} defined in inter.broker.listener.name "
            "not found in listener.security.protocol.map."
        )
    if inter_broker_name is not None and inter_broker_name.upper() not in names:
        raise ConfigInvalid(
            "inter.broker.listener.name must be a listener name defined in advertised.listeners. "
            f"The valid options based on currently configured listeners are {','.join(names)}"
        )
    if any(name not in _names(bound) for name in names):
        raise ConfigInvalid(
            "advertised.listeners listener names must be equal to or a subset of the ones defined in listeners. "
            f"Found {','.join(names)}. "
            f"The valid options based on the current configuration are {','.join(_names(bound))}"
        )


def _names(endpoints: Iterable[Endpoint]) -> list[str]:
    return [endpoint.listener_name for endpoint in endpoints]
