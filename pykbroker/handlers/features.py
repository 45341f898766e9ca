"""UpdateFeatures: finalized feature levels go up or down, all that are asked for or none.

Source of the rules and texts: org.apache.kafka.controller.FeatureControlManager, 4.3.1.
"""

from __future__ import annotations

from pykbroker_protocol.apis.update_features import UpdateFeaturesRequest, UpdateFeaturesResponse
from pykbroker_protocol.errors import ErrorCode, Refused
from pykbroker_protocol.records.cluster_metadata import FeatureLevelRecord

from pykbroker.topics.frames import Versioned

from .api_versions import SUPPORTED_FEATURES
from .broker import Broker
from .client import Client

_UPGRADE, _SAFE_DOWNGRADE, _UNSAFE_DOWNGRADE = 1, 2, 3  # org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType

_METADATA_VERSION, _KRAFT_VERSION = "metadata.version", "kraft.version"


def update_features(broker: Broker, request: UpdateFeaturesRequest, client: Client) -> UpdateFeaturesResponse:
    """Each feature has the level asked for, or none has changed and the answer says why, once for all of them."""
    # In version 0 every update is an upgrade to Kafka, whatever `allow_downgrade` says.
    updates = {asked.feature: (asked.max_version_level, asked.upgrade_type) for asked in request.feature_updates}
    try:
        for feature, (level, upgrade_type) in updates.items():
            _check(broker, feature, level, upgrade_type)
    except Refused as refused:
        why = f"The update failed for all features since the following feature had an error: {refused.why}"
        return UpdateFeaturesResponse(error_code=refused.code, error_message=why)
    changed = {
        feature: level for feature, (level, _) in updates.items() if level != broker.catalog.features.get(feature, 0)
    }
    if changed and not request.validate_only:
        broker.commit(
            [Versioned(FeatureLevelRecord(name=name, feature_level=level)) for name, level in changed.items()]
        )
    result = UpdateFeaturesResponse.UpdatableFeatureResult
    results = [result(feature=asked.feature, error_message="NONE") for asked in request.feature_updates]
    return UpdateFeaturesResponse(error_message=None, results=results)


def _check(broker: Broker, feature: str, level: int, upgrade_type: int) -> None:
    """Return if `feature` may go to `level`.

    Raises:
        Refused: INVALID_UPDATE_VERSION.
    """
    if upgrade_type not in (_UPGRADE, _SAFE_DOWNGRADE, _UNSAFE_DOWNGRADE):
        raise _invalid(feature, level, "The controller does not support the given upgrade type.")
    if level < 0:
        raise _invalid(feature, level, "A feature version cannot be less than 0.")
    current = broker.catalog.features.get(feature, 0)
    _check_supported(feature, level, broker.node_id)
    if level < current and upgrade_type == _UPGRADE:
        raise _invalid(
            feature,
            level,
            "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe "
            "downgrade.",
        )
    if level > current and upgrade_type != _UPGRADE:
        raise _invalid(feature, level, "Can't downgrade to a newer version.")
    if feature == _METADATA_VERSION and level < current:
        _refuse_older_metadata(current, level, unsafe=upgrade_type == _UNSAFE_DOWNGRADE)
    if feature == _KRAFT_VERSION and level > current:
        # Kafka would write a list of voters that can change from then on; here the one voter is this broker for ever.
        raise _invalid(feature, level, "The voters of this broker's quorum cannot change.")


def _check_supported(feature: str, level: int, node_id: int) -> None:
    supported = SUPPORTED_FEATURES.get(feature)
    if supported is None:
        unknown = (
            f"Local controller {node_id} does not support this feature." if level else f"Feature {feature} not found."
        )
        raise _invalid(feature, level, unknown)
    low, high = supported
    if not low <= level <= high:
        raise _invalid(feature, level, f"Local controller {node_id} only supports versions {low}-{high}")


def _refuse_older_metadata(current: int, level: int, *, unsafe: bool) -> None:
    # Every version since the first one changed the records of the catalog, so that no downgrade is without loss.
    why = (
        "Unsafe metadata downgrade is not supported in this version."
        if unsafe
        else "Refusing to perform the requested downgrade because it might delete metadata information."
    )
    raise Refused(
        ErrorCode.INVALID_UPDATE_VERSION,
        f"Unsupported metadata.version downgrade from {current} to {level}. {why}",
    )


def _invalid(feature: str, level: int, why: str) -> Refused:
    return Refused(ErrorCode.INVALID_UPDATE_VERSION, f"Invalid update version {level} for feature {feature}. {why}")
