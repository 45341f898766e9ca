"""UpdateFeatures: all levels that are asked for, or none."""

import pytest
from asking import Asker, opened
from pykbroker_protocol.apis.update_features import UpdateFeaturesRequest

UPGRADE, SAFE, UNSAFE = 1, 2, 3


def update(*features, upgrade_type=UPGRADE, **fields):
    key = UpdateFeaturesRequest.FeatureUpdateKey
    updates = [key(feature=name, max_version_level=level, upgrade_type=upgrade_type) for name, level in features]
    return UpdateFeaturesRequest(feature_updates=updates, **fields)


@pytest.mark.parametrize("version", [0, 1, 2])
async def test_a_level_that_a_feature_has_already_is_fine(ask, version):
    before = ask.broker.catalog_log.log_end_offset
    response = await ask(update(("group.version", 1), ("metadata.version", 30)), version)
    assert (response.error_code, response.error_message) == (0, None)
    results = [(result.feature, result.error_code, result.error_message) for result in response.results]
    told = [("group.version", 0, "NONE"), ("metadata.version", 0, "NONE")]
    assert results == ([] if version == 2 else told)
    assert ask.broker.catalog_log.log_end_offset == before


@pytest.mark.parametrize(
    ("feature", "level", "upgrade_type", "why"),
    [
        ("nonsense", 1, UPGRADE, "Local controller 1 does not support this feature."),
        ("nonsense", 0, UPGRADE, "Feature nonsense not found."),
        ("group.version", 2, UPGRADE, "Local controller 1 only supports versions 0-1"),
        ("metadata.version", 6, SAFE, "Local controller 1 only supports versions 7-30"),
        ("group.version", -1, UPGRADE, "A feature version cannot be less than 0."),
        ("group.version", 1, 0, "The controller does not support the given upgrade type."),
        (
            "group.version",
            0,
            UPGRADE,
            "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe "
            "downgrade.",
        ),
    ],
)
async def test_a_level_that_cannot_be_is_refused_with_kafkas_words(ask, feature, level, upgrade_type, why):
    response = await ask(update((feature, level), upgrade_type=upgrade_type), 2)
    assert (response.error_code, response.error_message) == (
        95,
        "The update failed for all features since the following feature had an error: "
        f"Invalid update version {level} for feature {feature}. {why}",
    )


@pytest.mark.parametrize(
    ("upgrade_type", "why"),
    [
        (SAFE, "Refusing to perform the requested downgrade because it might delete metadata information."),
        (UNSAFE, "Unsafe metadata downgrade is not supported in this version."),
    ],
)
async def test_the_catalog_is_never_written_in_an_older_version(ask, upgrade_type, why):
    response = await ask(update(("metadata.version", 29), upgrade_type=upgrade_type), 1)
    assert (response.error_code, response.error_message) == (
        95,
        "The update failed for all features since the following feature had an error: "
        f"Unsupported metadata.version downgrade from 30 to 29. {why}",
    )


async def test_one_bad_update_keeps_the_others_from_happening(ask):
    response = await ask(update(("share.version", 0), ("nonsense", 1), upgrade_type=SAFE), 2)
    assert response.error_code == 95
    assert ask.broker.catalog.features["share.version"] == 1


async def test_a_feature_that_goes_down_stays_down_after_a_restart_and_comes_up_again(tmp_path):
    ask = Asker(opened(tmp_path))
    await ask(update(("share.version", 0), upgrade_type=SAFE, validate_only=True), 2)
    assert ask.broker.catalog.features["share.version"] == 1
    await ask(update(("share.version", 0), upgrade_type=SAFE), 2)
    ask.broker.data.close()
    ask = Asker(opened(tmp_path))
    assert "share.version" not in ask.broker.catalog.features
    await ask(update(("share.version", 1)), 2)
    assert ask.broker.catalog.features["share.version"] == 1
    ask.broker.data.close()


async def test_the_voters_stay_this_broker(ask):
    assert (await ask(update(("kraft.version", 1)), 2)).error_code == 95
    assert (await ask(update(("kraft.version", 0)), 2)).error_code == 0
