"""Who comes into a zone and leaves it, and how many are there by the lines and by the count of the area."""

import numpy as np
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, INK, MUTED, ORANGE, RED

from throng.core.balance import FlowLedger
from throng.core.crowd_state import Balance
from throng.core.estimate import Estimate
from throng.core.inflow import ZoneFlow
from throng.core.points import FloatArray, Image, ground_points
from throng.vision.plot import Axis, Panel

ZONE = ((0.0, 0.0), (12.0, 0.0), (12.0, 8.0), (0.0, 8.0))
LONG_S, STEP_S, SHOWN_S = 480.0, 0.5, 210.0
MISSED_SHARE = 0.08
"""Of those who leave, the line misses so many."""


def draw() -> Image:
    """Draw the zone from above, the flows through its edges, and three counts of the people in it."""
    image = canvas.page(620)
    times: FloatArray = np.arange(0, LONG_S + STEP_S / 2, STEP_S)
    x, y = _paths(times)
    series, counts, shown = _follow(times, x, y)
    _plan(image, x, y, int(SHOWN_S / STEP_S), shown)
    _rates(image, series)
    _books(image, counts)
    return image


def _paths(times: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Positions (T, P) each: people walk in from the left, wait, and leave to the right, 30 a minute at most."""
    rng = np.random.default_rng(17)
    gaps = np.where(np.arange(560) < 60, 2.0, 1.0) * rng.uniform(0.4, 1.6, 560)
    come = np.cumsum(gaps)
    come = come[come < LONG_S + 20] - 20
    spots = rng.uniform((1.5, 0.8), (10.5, 7.2), (len(come), 2))
    gates = rng.uniform(2.5, 5.5, (len(come), 2))
    there = come + np.hypot(spots[:, 0] + 3, spots[:, 1] - gates[:, 0]) / 1.3
    leave = np.maximum(there + rng.uniform(8, 25, len(come)), 0)
    leave = np.maximum.accumulate(np.maximum(leave, leave[0] + 2.0 * np.arange(len(come))))
    gone = leave + np.hypot(15 - spots[:, 0], spots[:, 1] - gates[:, 1]) / 1.3
    x, y = np.empty((2, len(times), len(come)))
    for i, at in enumerate(np.column_stack((come, there, leave, gone))):
        x[:, i] = np.interp(times, at, (-3, spots[i, 0], spots[i, 0], 15), left=np.nan, right=np.nan)
        y[:, i] = np.interp(times, at, (gates[i, 0], spots[i, 1], spots[i, 1], gates[i, 1]))
    return x, y


def _follow(times: FloatArray, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, Balance]:
    """Rates (K, 7) of time, inflow and outflow with intervals, counts (K, 4) of time, truth, lines and both."""
    rng = np.random.default_rng(3)
    flow, ledger = ZoneFlow(ZONE), FlowLedger()
    rates, counts, entered, left = [], [], 0, 0
    shown: Balance | None = None
    for i, at_s in enumerate(times.tolist()):
        here = np.flatnonzero(np.isfinite(x[i]))
        came, went = flow.update(at_s, here, ground_points(np.column_stack((x[i, here], y[i, here]))))
        entered, left = entered + came, left + int(rng.binomial(went, 1 - MISSED_SHARE))
        balance = flow.balance()
        if i % 10:
            continue
        inside = int(((x[i] >= 0) & (x[i] <= 12)).sum())
        counted = float(rng.normal(inside, 0.05 * inside))
        ledger.update(at_s, entered=entered, left=left, count=Estimate(counted, 0.9 * counted, 1.1 * counted))
        entered = left = 0
        books = ledger.ledger()
        assert books is not None
        counts.append((at_s, inside, books.uncorrected, books.people.value))
        if balance is not None:
            ways = balance.inflow_per_min, balance.outflow_per_min
            rates.append((at_s, *(end for way in ways for end in (way.value, way.low, way.high))))
        if at_s == SHOWN_S:
            shown = balance
    assert shown is not None
    return np.array(rates), np.array(counts), shown


def _plan(image: Image, x: FloatArray, y: FloatArray, now: int, balance: Balance) -> None:
    panel = canvas.ground((32, 84), 500, (-3.4, -1.2, 15.4, 9.2))
    canvas.floor(image, panel)
    canvas.area(image, panel, np.array(ZONE), colour=canvas.mixed(BLUE, 0.08), edge=INK)
    before = max(0, now - 2)
    moved = np.hypot(x[now] - x[before], y[now] - y[before])
    for i in np.flatnonzero(np.isfinite(moved)).tolist():
        walks = moved[i] > 0.2
        spot = np.array(((x[now, i], y[now, i]),))
        colour = MUTED if not walks else ORANGE if _leaves(x[:, i], now) else BLUE
        if walks:
            way = spot - (x[before, i], y[before, i])
            canvas.arrows(image, panel, spot - way, way, colour=colour, width=1.8)
        else:
            canvas.dots(image, panel, spot, colour=colour, radius=3.5)
    canvas.frame(image, panel)
    canvas.text(image, "The zone from above", (32, 64), size=13, bold=True)
    canvas.key(image, (32, 396), (("comes in", BLUE), ("leaves", ORANGE), ("waits", MUTED)), step=160)
    rows = (
        ("in", balance.inflow_per_min.value, BLUE),
        ("out", balance.outflow_per_min.value, ORANGE),
        ("net", balance.net_per_min, INK),
    )
    for i, (name, value, colour) in enumerate(rows):
        told = f"{name} {value:+.0f}" if name == "net" else f"{name} {value:.0f}"
        canvas.text(image, told, (32 + 130.0 * i, 470), size=18, bold=True, colour=colour)
    canvas.text(image, f"people per minute, after {SHOWN_S:.0f} s", (32, 504))


def _leaves(x: FloatArray, now: int) -> bool:
    """Whoever has stood still before is on the way out."""
    past = x[:now]
    return bool((np.abs(np.diff(past[np.isfinite(past)])) < 1e-9).any())


def _rates(image: Image, rates: FloatArray) -> None:
    panel = canvas.chart((600, 84, 1130, 274), Axis(0, LONG_S), Axis(0, 80))
    canvas.axes(
        image, panel, x_title="", y_title="people per minute through the edges, with 90 % intervals", steps=(6, 4)
    )
    for first, colour in ((4, ORANGE), (1, BLUE)):
        canvas.band(
            image, panel, rates[:, 0], rates[:, first + 1], rates[:, first + 2], colour=canvas.mixed(colour, 0.2)
        )
    for first, colour, name in ((1, BLUE, "in"), (4, ORANGE, "out")):
        canvas.curve(image, panel, rates[:, 0], rates[:, first], colour=colour, width=3)
        x, y = canvas.place(panel, LONG_S, rates[-1, first])
        canvas.text(image, name, (x + 6, y + 5), colour=colour)
    canvas.dashes(image, panel, (SHOWN_S, 0), (SHOWN_S, 80))


def _books(image: Image, counts: FloatArray) -> None:
    panel: Panel = canvas.chart((600, 360, 1130, 524), Axis(0, LONG_S), Axis(0, 250))
    canvas.axes(image, panel, x_title="seconds", y_title="people in the zone", steps=(6, 4))
    canvas.curve(image, panel, counts[:, 0], counts[:, 1], colour=MUTED, width=6)
    canvas.curve(image, panel, counts[:, 0], counts[:, 2], colour=RED, width=2.5)
    canvas.curve(image, panel, counts[:, 0], counts[:, 3], colour=BLUE, width=2.5)
    entries = (("truth", MUTED), ("lines alone", RED), ("lines and count", BLUE))
    canvas.key(image, (600, 594), entries, step=160)
