"""The books of a zone stay right where lines miss people."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from throng.core.balance import FlowLedger, Ledger
from throng.core.estimate import Estimate


def ledger_of(books: FlowLedger) -> Ledger:
    ledger = books.ledger()
    assert ledger is not None
    return ledger


def counted(people: float, std: float = 5.0) -> Estimate:
    return Estimate(people, people - 1.645 * std, people + 1.645 * std)


def test_exact_flows_keep_the_books() -> None:
    """Between counts, N(t) is N(0) and what came in less what went out."""
    books = FlowLedger()
    books.update(0, entered=0, left=0, count=Estimate(100, 100, 100))
    for at_s in range(1, 61):
        books.update(at_s, entered=2, left=1, count=None)
    ledger = ledger_of(books)
    assert ledger.uncorrected == 160
    assert ledger.people.value == pytest.approx(160)
    assert ledger.people.low < 160 < ledger.people.high


def test_drift_of_a_line_that_misses_people_is_learnt() -> None:
    """A line that misses 3 of 60 people a minute who leave: the books alone are 90 off after half an hour."""
    rng = np.random.default_rng(2)
    books = FlowLedger()
    for at_s in range(1800):
        left = 0 if at_s % 20 == 0 else 1
        books.update(at_s, entered=1, left=left, count=counted(200 + rng.normal(0, 5)))
    ledger = ledger_of(books)
    assert ledger.uncorrected > 270
    assert ledger.people.value == pytest.approx(200, abs=4)
    assert ledger.drift_per_min.low < -3 < ledger.drift_per_min.high
    assert ledger.drift_per_min.high < 0


def test_residual_says_how_far_count_and_books_are_apart() -> None:
    books = FlowLedger()
    books.update(0, entered=0, left=0, count=counted(50))
    assert math.isnan(ledger_of(books).residual)
    books.update(1, entered=4, left=0, count=counted(60))
    assert ledger_of(books).residual == pytest.approx(6)


def test_crowd_that_grows_is_no_drift() -> None:
    books = FlowLedger()
    for at_s in range(900):
        books.update(at_s, entered=1, left=0, count=counted(100 + at_s))
    assert abs(ledger_of(books).drift_per_min.value) < 0.2


@pytest.mark.parametrize("again_s", [50.0, 400.0])
def test_gap_and_time_backwards_begin_new_books(again_s: float) -> None:
    books = FlowLedger()
    for at_s in range(100):
        books.update(at_s, entered=1, left=0, count=counted(100 + at_s))
    books.update(again_s, entered=0, left=0, count=None)
    assert books.ledger() is None
    books.update(again_s + 1, entered=0, left=0, count=counted(7))
    assert ledger_of(books).uncorrected == 7


def test_unknown_flows_close_the_books() -> None:
    books = FlowLedger()
    books.update(0, entered=0, left=0, count=counted(10))
    books.update(1, entered=None, left=None, count=counted(10))
    assert books.ledger() is None


def test_unknown_count_leaves_them_open() -> None:
    books = FlowLedger()
    books.update(0, entered=0, left=0, count=counted(10))
    books.update(1, entered=1, left=0, count=Estimate(0, 0, math.inf))
    assert ledger_of(books).people.value == pytest.approx(11)


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(0, 50), st.integers(0, 50), st.floats(0, 5000)), max_size=40))
def test_whatever_comes_people_are_never_negative(steps: list[tuple[float, int, int, float]]) -> None:
    books = FlowLedger()
    at_s = 0.0
    for after_s, entered, left, people in steps:
        at_s += after_s
        books.update(at_s, entered=entered, left=left, count=Estimate(people, people, people * 1.2))
        assert 0 <= ledger_of(books).people.low <= ledger_of(books).people.value


@pytest.mark.parametrize("flows", [(-1.0, 0.0), (0.0, math.nan)])
def test_impossible_crossings_are_refused(flows: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="crossings"):
        FlowLedger().update(0, entered=flows[0], left=flows[1], count=None)


def test_time_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="finite time"):
        FlowLedger().update(math.inf, entered=0, left=0, count=None)
