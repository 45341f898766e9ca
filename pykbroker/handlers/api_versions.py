"""ApiVersions: what is advertised, computed from the table of routes, so that it is what is served."""

from __future__ import annotations

import re

from pykbroker_protocol.apis.api_versions import ApiVersionsRequest, ApiVersionsResponse
from pykbroker_protocol.errors import ErrorCode

from .broker import Broker
from .client import Client
from .routes import advertised

_LEGAL = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")

# The levels that Kafka 4.3 supports.  Source: org.apache.kafka.server.common.Feature, 4.3.1.
SUPPORTED_FEATURES = {
    "eligible.leader.replicas.version": (0, 1),
    "group.version": (0, 1),
    "kraft.version": (0, 1),
    "metadata.version": (7, 30),
    "share.version": (0, 1),
    "streams.version": (0, 1),
    "transaction.version": (0, 2),
}


def api_versions(broker: Broker, request: ApiVersionsRequest, client: Client) -> ApiVersionsResponse:
    version = client.api_version
    if version >= 3:
        names = (request.client_software_name, request.client_software_version)
        if not all(_LEGAL.fullmatch(name) for name in names):
            return ApiVersionsResponse(error_code=ErrorCode.INVALID_REQUEST)
        client.software_name, client.software_version = names
    return ApiVersionsResponse(
        api_keys=[
            ApiVersionsResponse.ApiVersion(api_key=key, min_version=low, max_version=high)
            for key, low, high in advertised()
        ],
        supported_features=_supported(version),
        finalized_features_epoch=broker.catalog_log.log_end_offset - 1,
        finalized_features=[
            ApiVersionsResponse.FinalizedFeatureKey(name=name, max_version_level=level, min_version_level=level)
            for name, level in sorted(broker.catalog.features.items())
        ],
    )


def _supported(version: int) -> list[ApiVersionsResponse.SupportedFeatureKey]:
    # A client before v4 cannot read a feature whose lowest level is 0 (KAFKA-17011).
    return [
        ApiVersionsResponse.SupportedFeatureKey(name=name, min_version=low, max_version=high)
        for name, (low, high) in SUPPORTED_FEATURES.items()
        if low or version >= 4
    ]
