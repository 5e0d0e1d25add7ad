"""A surge that adds up to an alarm, and where a filling zone is heading."""

import math

import numpy as np
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, INK, MUTED, ORANGE, RED

from throng.core.change import Cusum, RobustScale
from throng.core.crowd_state import ThresholdOutlook
from throng.core.forecast import outlook
from throng.core.points import FloatArray, Image
from throng.core.trend import LocalLinearTrend
from throng.core.trend_state import Z90, TrendState
from throng.vision.plot import Axis, Panel

ALLOWANCE, THRESHOLD, CAP = 1.0, 6.0, 9.0
"""As `throng.core.event_surge` has them."""
STEP_S = 2.0
SURGE_S = 180.0
THRESHOLDS_PER_M2 = {"warning": 3.5, "critical": 5.0}
ERROR_PER_M2 = 0.12
NOW_MIN = 6.0


def draw_change() -> Image:
    """Draw an inflow that rises, and the sum that tells it from chance."""
    image = canvas.page(640)
    times: FloatArray = np.arange(0, 300, STEP_S)
    inflow, usual, sums = _surge(times)
    upper = canvas.chart((90, 76, 1160, 300), Axis(0, 300), Axis(0, 120))
    lower = canvas.chart((90, 392, 1160, 576), Axis(0, 300), Axis(0, 10))
    canvas.axes(image, upper, x_title="", y_title="inflow, people per minute", steps=(6, 4))
    canvas.axes(image, lower, x_title="seconds", y_title="sum of the detector", steps=(6, 5))
    canvas.curve(image, upper, times, usual, colour=MUTED, width=2)
    canvas.text(image, "usual", canvas.place(upper, 296, 24), colour=MUTED, align="right")
    canvas.curve(image, upper, times, inflow, colour=BLUE, width=2.5)
    canvas.dashes(image, lower, (0, THRESHOLD), (300, THRESHOLD), colour=RED)
    canvas.text(image, f"alarm above {THRESHOLD:g}", canvas.place(lower, 4, THRESHOLD + 0.6), colour=RED)
    canvas.curve(image, lower, times, sums, colour=ORANGE, width=3)
    for panel in (upper, lower):
        canvas.dashes(image, panel, (SURGE_S, panel.y.low), (SURGE_S, panel.y.high))
    canvas.text(image, "surge begins", canvas.place(upper, SURGE_S - 4, 108), align="right")
    alarm = int(np.argmax(sums > THRESHOLD))
    canvas.dots(image, lower, np.array(((times[alarm], sums[alarm]),)), colour=RED, radius=7)
    seen = f"seen after {times[alarm] - SURGE_S:.0f} s"
    canvas.text(image, seen, canvas.place(lower, times[alarm] + 4, 3.8), colour=RED)
    return image


def _surge(times: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Inflow per minute over the last 20 s, what is usual for it, and the sum, (T,) each."""
    rng = np.random.default_rng(4)
    mean = np.where(times < SURGE_S, 40.0, np.minimum(40 + (times - SURGE_S) * 1.4, 75.0))
    inflow: FloatArray = 3.0 * rng.poisson(mean / 3).astype(np.float64)
    scale, cusum = RobustScale(floor=6.0), Cusum(k=ALLOWANCE, h=THRESHOLD, cap=CAP)
    usual, sums = [], []
    for value in inflow.tolist():
        z = scale.update(value, frozen=cusum.alarming)
        usual.append(scale.usual or math.nan)
        cusum.update(math.nan if z is None else z)
        sums.append(cusum.value)
    return inflow, np.asarray(usual, dtype=np.float64), np.asarray(sums, dtype=np.float64)


def draw_forecast() -> Image:
    """Draw a density that rises, what it may become, and when it passes two thresholds."""
    image = canvas.page(600)
    seconds, measured = _filling()
    trend = LocalLinearTrend()
    for at_s, value in zip(seconds.tolist(), measured.tolist(), strict=True):
        trend.update(at_s, value, ERROR_PER_M2**2)
    state, told = trend.state(), outlook(trend, tuple(THRESHOLDS_PER_M2.values()))
    assert state is not None
    assert told is not None
    panel = canvas.chart((80, 76, 830, 506), Axis(0, 16), Axis(0, 7))
    canvas.axes(image, panel, x_title="minutes", y_title="people/m^2", steps=(8, 7))
    _fan(image, panel, state)
    canvas.dots(image, panel, np.column_stack((seconds / 60, measured)), colour=BLUE, radius=2, rim=None)
    canvas.dashes(image, panel, (NOW_MIN, 0), (NOW_MIN, 7))
    canvas.text(image, "now", canvas.place(panel, NOW_MIN + 0.15, 6.6))
    canvas.key(image, (80, 570), (("measured", BLUE), ("expected", ORANGE), ("90 % of what may come", (150, 200, 248))))
    for i, (name, threshold) in enumerate(zip(THRESHOLDS_PER_M2, told.thresholds, strict=True)):
        value = threshold.threshold_per_m2
        canvas.dashes(image, panel, (0, value), (16, value), colour=RED)
        canvas.text(image, f"{name} {value:g}", canvas.place(panel, 0.2, value + 0.15), colour=RED)
        _chances(image, 108 + 220.0 * i, name, threshold)
    return image


def _filling() -> tuple[FloatArray, FloatArray]:
    """Times in seconds and densities that rise from 1.5 min on, with errors that last for some seconds."""
    rng = np.random.default_rng(12)
    seconds: FloatArray = np.arange(0, 60 * NOW_MIN + 1, 2.0)
    true = 1.4 + 0.42 * np.maximum(seconds / 60 - 1.5, 0)
    errors = np.convolve(rng.normal(0, 0.21, len(seconds) + 4), np.ones(5) / 5, mode="valid")
    return seconds, np.asarray(true + errors)


def _fan(image: Image, panel: Panel, state: TrendState) -> None:
    """Draw the expected density of the next ten minutes with its 90 % band."""
    later: FloatArray = np.linspace(0, 600, 121)
    mean, variance = state.ahead(later)
    half = Z90 * np.sqrt(variance)
    low, high = np.maximum(mean - half, panel.y.low), np.minimum(mean + half, panel.y.high)
    canvas.band(image, panel, NOW_MIN + later / 60, low, high, colour=(196, 226, 252))
    canvas.curve(image, panel, NOW_MIN + later / 60, mean, colour=ORANGE, width=3)


def _chances(image: Image, top: float, name: str, threshold: ThresholdOutlook) -> None:
    canvas.text(image, f"{name}: {threshold.threshold_per_m2:g} people/m^2", (868, top), size=13, bold=True, colour=RED)
    for i, (horizon_s, chance) in enumerate(threshold.probabilities):
        row = top + 34 + 28 * i
        canvas.text(image, f"in {horizon_s / 60:.0f} min", (868, row))
        bar = canvas.chart((974, row - 14, 1100, row + 2), Axis(0, 1), Axis(0, 1))
        canvas.floor(image, bar)
        canvas.area(image, bar, np.array(((0, 0), (chance, 0), (chance, 1), (0, 1))), colour=ORANGE)
        canvas.frame(image, bar)
        canvas.text(image, f"{100 * chance:.0f} %", (1160, row), align="right", colour=INK)
    time, words = threshold.time_to_s, "no time told"
    if time is not None:
        end = f" to {time.high / 60:.1f}" if math.isfinite(time.high) else " or later"
        words = f"after {time.value / 60:.1f} min  [{time.low / 60:.1f}{end}]"
    canvas.text(image, words, (868, top + 38 + 28 * len(threshold.probabilities)), colour=INK)
