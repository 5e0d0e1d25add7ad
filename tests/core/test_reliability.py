"""Probabilities are judged as Brier did."""

import math

import numpy as np
import pytest

from throng.core.reliability import brier_score


def test_worked_example() -> None:
    """(0.8−1)², (0.4−0)², (0.6−1)², (0.1−0)²: mean 0.0925; two of four happened: reference 0.25."""
    score = brier_score([0.8, 0.4, 0.6, 0.1], [True, False, True, False])
    assert score.brier == pytest.approx(0.0925)
    assert score.reference == 0.25
    assert score.skill == pytest.approx(1 - 0.0925 / 0.25)
    assert [(part.samples, part.happened) for part in score.bins] == [(1, 0), (1, 0), (1, 1), (1, 1)]


def test_honest_probabilities_lie_on_the_diagonal() -> None:
    rng = np.random.default_rng(1)
    chances = rng.uniform(0, 1, 20_000)
    score = brier_score(chances, rng.uniform(0, 1, 20_000) < chances)
    assert len(score.bins) == 10
    assert all(abs(part.forecast - part.happened) < 0.03 for part in score.bins)


def test_what_never_happens_has_no_skill() -> None:
    score = brier_score([0.1, 0.0], [False, False])
    assert math.isnan(score.skill)
    assert score.base_rate == 0


def test_nothing_to_judge() -> None:
    score = brier_score([], [])
    assert score.samples == 0
    assert math.isnan(score.brier)


def test_impossible_probabilities_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        brier_score([1.2], [True])
    with pytest.raises(ValueError, match="one length"):
        brier_score([0.2], [True, False])
