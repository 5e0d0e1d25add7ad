"""Warnings: strange scenes are told from usual ones, and only real disagreement is one."""

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from throng.core.estimate import Estimate
from throng.vision.domain import DomainCheck, WarningFilter, disagreement

FEATURES = 24


def signatures(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Features of very different spread that depend on each other, as those of a network do."""
    mixing = np.random.default_rng(99).normal(0, 1, (FEATURES, 8))
    spread = np.logspace(-3, 2, FEATURES)
    return (rng.normal(0, 1, (n, 8)) @ mixing.T + rng.normal(0, 0.3, (n, FEATURES))) * spread + 5 * spread


def test_new_usual_pictures_lie_within_the_limit_and_strange_ones_beyond() -> None:
    rng = np.random.default_rng(0)
    check = DomainCheck.fit(signatures(rng, 300))
    usual = np.array([check.distance(s) for s in signatures(rng, 500)])
    assert 0.93 <= (usual <= check.limit).mean() <= 1.0
    assert 0.5 < np.median(usual) < 2
    shuffled = np.array([check.distance(s[::-1]) for s in signatures(rng, 50)])
    assert (shuffled > check.limit).all()
    # Each feature by itself is usual, only together they are not.
    apart = signatures(rng, 50)
    apart = np.column_stack([rng.permutation(column) for column in apart.T])
    assert np.mean([check.distance(s) > check.limit for s in apart]) > 0.9


def test_fewer_pictures_than_features_still_give_an_honest_limit() -> None:
    rng = np.random.default_rng(1)
    check = DomainCheck.fit(signatures(rng, 22))
    usual = np.array([check.distance(s) for s in signatures(rng, 300)])
    assert (usual <= check.limit).mean() > 0.75
    assert np.isfinite(check.whitening).all()


def test_a_dead_feature_does_not_raise_the_alarm() -> None:
    rng = np.random.default_rng(2)
    known = np.column_stack((signatures(rng, 200), np.zeros(200)))
    check = DomainCheck.fit(known)
    new = np.append(signatures(rng, 1)[0], 1e-6)
    assert check.distance(new) < check.limit


def test_the_check_survives_json() -> None:
    rng = np.random.default_rng(3)
    check = DomainCheck.fit(signatures(rng, 100))
    text = check.to_json()
    again = DomainCheck.from_json(text)
    for signature in signatures(rng, 20):
        assert again.distance(signature) == pytest.approx(check.distance(signature), rel=1e-3)
    assert again.limit == check.limit
    assert len(text) < 20 * FEATURES * (FEATURES + 2)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        json.dumps({"mean": [1.0], "whitening": [[1.0]]}),
        json.dumps({"mean": [1.0], "whitening": [[1.0]], "limit": 0}),
        json.dumps({"mean": [1.0], "whitening": [[1.0]], "limit": None}),
        json.dumps({"mean": [1.0], "whitening": [[float("nan")]], "limit": 1}),
        json.dumps({"mean": [1.0, 2.0], "whitening": [[1.0]], "limit": 1}),
    ],
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|Expecting"):
        DomainCheck.from_json(text)


def test_what_cannot_be_fitted_or_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 20 pictures"):
        DomainCheck.fit(np.zeros((19, 4)))
    check = DomainCheck(np.zeros(2), np.eye(2), limit=3.0)
    with pytest.raises(ValueError, match=r"shape \(2,\), got \(3,\)"):
        check.distance(np.zeros(3))


def test_the_warning_names_distance_limit_and_remedy() -> None:
    check = DomainCheck(np.zeros(2), np.eye(2), limit=3.0)
    assert check.warning(3.0, counter="throngnet") is None
    assert check.warning(4.12, counter="throngnet") == (
        "the scene is unlike the pictures that throngnet was trained on (distance 4.1, limit 3.0): "
        "the count may be wrong; check it against a count by eye"
    )


@pytest.mark.parametrize(
    ("count", "detected", "words"),
    [
        (Estimate(10, 7, 13), 9, None),
        (Estimate(10, 7, 13), 6, None),  # what recall explains
        (Estimate(2, 1, 3), 12, "the detector finds 12 people where the counter counts 2,"),
        (Estimate(20, 15, 25), 2, "the counter counts 20 people where the detector finds 2,"),
        (Estimate(200, 170, 230), 15, None),  # a crowd hides from boxes
        (Estimate(20, 15, 25), 60, "the detector finds 60"),
        (Estimate(0.2, 0, 0.7), 0, None),
    ],
)
def test_disagreement_beyond_errors(count: Estimate, detected: int, words: str | None) -> None:
    told = disagreement(count, detected=detected, recall=0.85, precision=0.95)
    assert len(told) == (words is not None)
    assert words is None or told[0].startswith(words)


def test_warnings_that_flicker_are_not_told() -> None:
    steady = WarningFilter(window_s=10)
    for second in range(10):
        assert steady.steady(second, ["strange (distance 4.1)"] if second % 4 == 3 else []) == ()
    steady = WarningFilter(window_s=10)
    for second in range(20):
        told = steady.steady(second, [f"strange (distance {second}.5)"])
        assert told == (f"strange (distance {second}.5)",)
    held = [steady.steady(20 + second, []) for second in range(12)]
    assert held[0] == ("strange (distance 19.5)",)
    assert held[-1] == ()
