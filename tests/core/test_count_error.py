"""Intervals of counts: honest on data that they were not fitted to."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from throng.core.count_error import CountErrorModel, held_out_coverage
from throng.core.points import FloatArray

MODEL = CountErrorModel(per_person=0.5, relative=0.1, q_low=1.5, q_high=2.0)


def samples(
    rng: np.random.Generator, n: int, *, per_person: float, relative: float, bias: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Counts from a handful to thousands, and truths around them."""
    counts = np.exp(rng.uniform(np.log(5), np.log(3000), n))
    spread = np.sqrt(per_person * counts + (relative * counts) ** 2)
    return counts, np.maximum(counts * (1 + bias) + spread * rng.standard_normal(n), 0)


def test_variance_adds_per_person_and_is_shared_by_the_scene() -> None:
    assert MODEL.variance(0) == 0
    assert MODEL.variance(100) == pytest.approx(0.5 * 100 + (0.1 * 100) ** 2)
    estimate = MODEL.interval(100)
    sigma = np.sqrt(150)
    assert (estimate.value, estimate.low, estimate.high) == pytest.approx((100, 100 - 1.5 * sigma, 100 + 2 * sigma))


@given(n=st.floats(0, 1e6), a=st.floats(0, 10), r=st.floats(0, 1), low=st.floats(0, 5), high=st.floats(0, 5))
def test_every_interval_holds_its_count_and_half_a_person(
    n: float, a: float, r: float, low: float, high: float
) -> None:
    estimate = CountErrorModel(a, r, low, high).interval(n)
    assert 0 <= estimate.low <= max(0.0, n - 0.5)
    assert estimate.high >= n + 0.5


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    per_person=st.floats(0.05, 5),
    relative=st.floats(0.02, 0.4),
    bias=st.floats(-0.15, 0.15),
)
def test_intervals_hold_the_truth_of_new_pictures_in_85_to_95_percent(
    seed: int, per_person: float, relative: float, bias: float
) -> None:
    rng = np.random.default_rng(seed)
    known = samples(rng, 600, per_person=per_person, relative=relative, bias=bias)
    new = samples(rng, 4000, per_person=per_person, relative=relative, bias=bias)
    model = CountErrorModel.fit(*known)
    assert 0.85 <= model.covers(*new).mean() <= 0.95


def test_fit_finds_the_variance_that_made_the_errors() -> None:
    counts, truths = samples(np.random.default_rng(3), 4000, per_person=1.5, relative=0.12)
    model = CountErrorModel.fit(counts, truths)
    assert model.per_person == pytest.approx(1.5, rel=0.25)
    assert model.relative == pytest.approx(0.12, rel=0.1)
    assert model.q_low == pytest.approx(1.645, rel=0.1)
    assert model.q_high == pytest.approx(1.645, rel=0.1)


def test_a_few_wild_pictures_do_not_blow_the_variance_up() -> None:
    counts, truths = samples(np.random.default_rng(4), 400, per_person=1.0, relative=0.1)
    truths[:8] += 20 * counts[:8]
    model = CountErrorModel.fit(counts, truths)
    assert model.variance(300) < 2.5 * (300 + (0.1 * 300) ** 2)


def test_a_counter_that_reads_low_gets_an_interval_that_leans_up() -> None:
    counts, truths = samples(np.random.default_rng(5), 500, per_person=0.5, relative=0.1, bias=0.2)
    model = CountErrorModel.fit(counts, truths)
    assert model.q_high > 2 * model.q_low


def test_held_out_coverage_keeps_the_blocks_of_a_picture_together() -> None:
    rng = np.random.default_rng(6)
    counts, truths = samples(rng, 150, per_person=0.5, relative=0.15)
    pictures = np.repeat(np.arange(150), 5)
    quarter_shares = rng.dirichlet(np.ones(4), 150)
    parts = np.column_stack((np.ones(150), quarter_shares))
    weights = np.tile([1.0, 0.25, 0.25, 0.25, 0.25], 150)
    blocks = (counts[:, None] * parts).ravel()
    block_truths = (truths[:, None] * parts).ravel()
    covered = held_out_coverage(blocks, block_truths, pictures=pictures, weights=weights)
    assert 0.85 <= covered[::5].mean() <= 0.97
    alone = held_out_coverage(counts, truths)
    assert alone.shape == (150,)
    assert 0.85 <= alone.mean() <= 0.95
    again = held_out_coverage(counts, truths)
    assert (alone == again).all()


def test_the_model_survives_json() -> None:
    assert CountErrorModel.from_json(MODEL.to_json()) == MODEL


@pytest.mark.parametrize(
    "text", ["[1, 2]", "{}", '{"per_person": 1, "relative": 0.1, "q_low": 1, "q_high": "x"}', "no json"]
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected|Expecting"):
        CountErrorModel.from_json(text)


@pytest.mark.parametrize("n", [-1.0, float("nan")])
def test_no_interval_of_what_is_no_count(n: float) -> None:
    with pytest.raises(ValueError, match="expected a count >= 0"):
        MODEL.interval(n)


def test_too_few_or_unfitting_samples_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 20 samples"):
        CountErrorModel.fit(np.ones(19), np.ones(19))
    with pytest.raises(ValueError, match="one length"):
        CountErrorModel.fit(np.ones(30), np.ones(29))
    with pytest.raises(ValueError, match="finite counts"):
        CountErrorModel.fit(np.ones(30), np.full(30, np.nan))
    with pytest.raises(ValueError, match="four finite numbers"):
        CountErrorModel(-1.0, 0.1, 1.0, 1.0)
