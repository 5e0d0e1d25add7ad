"""CrowdSafe's score against a table computed by hand from its formula."""

import pytest

from throng.core.crowd_state import Movement, RiskLevel
from throng.core.crowdsafe import (
    CrowdSafeAssessor,
    CrowdSafeMetrics,
    crowdsafe_density_level,
    crowdsafe_level,
    crowdsafe_score,
    crowdsafe_triggers,
)
from throng.core.estimate import Estimate
from throng.core.risk_evidence import RiskInputs


def exactly(value: float) -> Estimate:
    return Estimate(value, value, value)


@pytest.mark.parametrize(
    ("d", "s", "v", "p", "c", "n", "risk"),
    [
        (0, 0, 0, 0, 0, 0, 0.3),  # an empty square
        (0, 0, 1.5, 0, 0, 0, 0.0),
        (4, 0, 1.5, 0, 0, 0, 0.16),
        (4, 0, 0.2, 0, 0, 20, 0.46),
        (10, 0, 1.5, 0, 0, 0, 0.4),
        (25, 0, 1.5, 0, 0, 0, 0.4),  # no more than at 10
        (0, 1, 1.5, 0, 0, 0, 0.15),
        (0, 5, 1.5, 0, 0, 0, 0.3),
        (0, 0, 0.85, 0, 0, 0, 0.15),
        (0, 0, 1.5, 0.3, 0.5, 0, 0.0),
        (0, 0, 1.5, 1, 0, 0, 0.105),
        (0, 0, 1.5, 0, 1, 0, 0.1),
        (5, 0.4, 0.46, 0.5, 0.8, 100, 0.2 + 0.06 + 0.24 + 0.03 + 0.06),
        (5, 0.4, 0.46, 0.5, 0.8, 101, 0.59 * 1.15),
        (10, 2, 0, 1, 1, 200, 1.0),
    ],
)
def test_scores(d: float, s: float, v: float, p: float, c: float, n: float, risk: float) -> None:
    assert crowdsafe_score(CrowdSafeMetrics(d, s, v, p, c, n)) == pytest.approx(risk, abs=1e-12)


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (0.2499, "safe"),
        (0.25, "caution"),
        (0.4999, "caution"),
        (0.5, "warning"),
        (0.7499, "warning"),
        (0.75, "critical"),
    ],
)
def test_levels(score: float, level: str) -> None:
    assert crowdsafe_level(score) == level


@pytest.mark.parametrize(
    ("density", "level"), [(1.99, "safe"), (2, "caution"), (4, "warning"), (5.99, "warning"), (6, "critical")]
)
def test_density_levels(density: float, level: str) -> None:
    assert crowdsafe_density_level(density) == level


@pytest.mark.parametrize(
    ("metrics", "triggers"),
    [
        (CrowdSafeMetrics(6, speed_mps=1.5), ()),
        (CrowdSafeMetrics(6.1, speed_mps=1.5), ("extreme_density",)),
        (CrowdSafeMetrics(1, surge_rate=0.8, speed_mps=1.5), ()),
        (CrowdSafeMetrics(1, surge_rate=0.81, speed_mps=1.5), ("sudden_surge",)),
        (CrowdSafeMetrics(4, speed_mps=0.1), ()),
        (CrowdSafeMetrics(4.1, speed_mps=0.2), ()),
        (CrowdSafeMetrics(4.1, speed_mps=0.1), ("stagnation_with_density",)),
        (CrowdSafeMetrics(5, speed_mps=0.2), ("risk_threshold",)),
        (
            CrowdSafeMetrics(7, surge_rate=1, speed_mps=0.1),
            ("extreme_density", "sudden_surge", "stagnation_with_density", "risk_threshold"),
        ),
    ],
)
def test_triggers(metrics: CrowdSafeMetrics, triggers: tuple[str, ...]) -> None:
    assert crowdsafe_triggers(metrics) == triggers


def test_cool_down_of_a_minute_per_level() -> None:
    assessor = CrowdSafeAssessor()
    warning, critical = RiskInputs(exactly(6.5)), RiskInputs(exactly(8), speed_mps=0.1, speed_std_mps=0.2)
    sent = []
    for at_s, inputs in [(0, warning), (30, warning), (31, critical), (59.9, warning), (60, warning), (90, critical)]:
        assessor.update(at_s, inputs)
        sent.append(bool(assessor.alerts))
    assert sent == [True, False, True, False, True, False]
    assessor.update(10, warning)
    assert assessor.alerts  # the time went backwards


def test_an_assessor_says_what_the_score_is_made_of() -> None:
    movement = Movement((1.0, 0.0), "tracks", 1.0, 0.75, 0.1, 0.0, 0.0, 0.1, 0.1, 0.028, False, None)
    inputs = RiskInputs(Estimate(5, 4, 9), count=exactly(120), speed_mps=0.46, speed_std_mps=0.184, movement=movement)
    risk = CrowdSafeAssessor().update(0, inputs)
    assert risk is not None
    assert (risk.level, risk.profile) == (RiskLevel.WARNING, "crowdsafe")
    assert risk.score == pytest.approx(100 * 1.15 * (0.2 + 0.06 + 0.24 + 0.06 + 0.05))
    assert risk.reasons[:2] == ("mean speed 0.46 m/s: 24 points", "density 5.0 people/m²: 20 points")


def test_an_empty_square_scores_thirty_and_unknown_is_unknown() -> None:
    assessor = CrowdSafeAssessor()
    risk = assessor.update(0, RiskInputs(exactly(0)))
    assert risk is not None
    assert (risk.level, risk.score) == (RiskLevel.CAUTION, 30)
    assert assessor.update(1, RiskInputs()) is None
    assert assessor.alerts == ()
    with pytest.raises(ValueError, match="finite"):
        assessor.update(float("nan"), RiskInputs())
