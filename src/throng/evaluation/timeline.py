"""A picture per scenario: true and read density over time, the level of risk, events, blind times, and when it was
called."""

from pathlib import Path

import cv2
import numpy as np

from throng.core.crowd_state import RiskLevel
from throng.core.points import FloatArray, Image
from throng.core.reading import Reading
from throng.evaluation.errors import EvaluationError
from throng.evaluation.scenario_bench import ScenarioRun, seconds_of
from throng.evaluation.scenario_verdict import SURE_SCORE, Verdict
from throng.sim.scenario import CRUSH_PER_M2
from throng.vision.plot import (
    GRID,
    INK,
    MUTED,
    Axis,
    Colour,
    Panel,
    blank,
    draw_axes,
    draw_key,
    draw_line,
    draw_text,
)

WIDTH, HEIGHT = 1400, 740
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 50, 170, 470
_BAND_TOP, _BAND_PX, _BAND_APART_PX = 540, 18, 23
_TRUTH: Colour = (120, 110, 100)
_READ: Colour = (196, 98, 20)
_INTERVAL: Colour = (240, 220, 200)
_DANGER: Colour = (50, 50, 200)
_CALLED: Colour = (40, 140, 40)
_BLIND: Colour = (215, 210, 205)
_LEVELS: dict[RiskLevel, Colour] = {
    RiskLevel.SAFE: (150, 200, 140),
    RiskLevel.CAUTION: (110, 220, 240),
    RiskLevel.WARNING: (60, 150, 245),
    RiskLevel.CRITICAL: (50, 50, 200),
}
_LONGEST_REASON = 150


def draw_timeline(run: ScenarioRun, verdict: Verdict) -> Image:
    """Draw the picture, (740, 1400, 3) BGR."""
    image = blank((WIDTH, HEIGHT))
    sensor = "with measurement noise" if run.noise else "without measurement noise"
    draw_text(image, _written(f"{run.scenario.title}, {sensor}"), (60, 48), scale=0.9, thickness=2)
    draw_text(image, _summary(verdict), (60, 82), scale=0.6)
    draw_text(image, _written(verdict.why)[:_LONGEST_REASON], (60, 108), scale=0.45, colour=MUTED)
    panel = _panel(run)
    _draw_blind(image, panel, run)
    _draw_interval(image, panel, run)
    draw_axes(image, panel, x_title="seconds", y_title="people/m2 in the zone")
    _draw_densities(image, panel, run)
    _draw_moments(image, panel, verdict)
    _draw_bands(image, panel, run)
    return image


def write_timeline(run: ScenarioRun, verdict: Verdict, folder: Path) -> Path:
    """Write the picture as PNG into a folder and return its path.

    Raises:
        EvaluationError: it cannot be written.
    """
    path = folder / f"{run.scenario.name}{'-noise' if run.noise else ''}.png"
    _, encoded = cv2.imencode(".png", draw_timeline(run, verdict))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise EvaluationError(f"{path}: the timeline cannot be written: {error.strerror}") from None
    return path


def _panel(run: ScenarioRun) -> Panel:
    read = [r.density.mean.high for r in run.readings if r.density is not None]
    most = max([CRUSH_PER_M2 + 0.5, float(run.truth.density_per_m2.max(initial=0.0)), *read])
    return Panel(_LEFT, _TOP, WIDTH - _RIGHT, _BOTTOM, Axis(0.0, max(run.scenario.duration_s, 1.0)), Axis(0, most))


def _draw_blind(image: Image, panel: Panel, run: ScenarioRun) -> None:
    for blind in run.scenario.blind:
        (left, _), (right, _) = panel.at([blind.from_s, blind.until_s], [0.0, 0.0]).tolist()
        cv2.rectangle(image, (left, panel.top), (right, panel.bottom), _BLIND, cv2.FILLED)
        draw_text(image, "blind", (left + 6, panel.top + 18), scale=0.5, colour=MUTED)


def _draw_interval(image: Image, panel: Panel, run: ScenarioRun) -> None:
    """The 90 % interval, in pieces: there is none while nothing is known."""
    for piece in _known(run.readings):
        times = np.array([seconds_of(r) for r in piece])
        low = np.array([r.density.mean.low for r in piece if r.density is not None])
        high = np.array([r.density.mean.high for r in piece if r.density is not None])
        corners = np.concatenate((panel.at(times, low), panel.at(times, high)[::-1]))
        cv2.fillPoly(image, [corners.reshape(-1, 1, 2)], _INTERVAL, cv2.LINE_AA)


def _draw_densities(image: Image, panel: Panel, run: ScenarioRun) -> None:
    ends: FloatArray = np.array([panel.x.low, panel.x.high])
    draw_line(image, panel, ends, np.full(2, CRUSH_PER_M2), colour=_DANGER, thickness=1)
    draw_line(image, panel, run.truth.times_s, run.truth.density_per_m2, colour=_TRUTH, thickness=4)
    for piece in _known(run.readings):
        times = np.array([seconds_of(r) for r in piece])
        values = np.array([r.density.mean.value for r in piece if r.density is not None])
        draw_line(image, panel, times, values, colour=_READ, thickness=2)
    for i, (name, colour) in enumerate((("truth", _TRUTH), ("read", _READ), ("5 per m2", _DANGER))):
        draw_key(image, name, (WIDTH - _RIGHT - 420 + 140 * i, 146), colour=colour, scale=0.55)


def _draw_moments(image: Image, panel: Panel, verdict: Verdict) -> None:
    for time_s, name, colour in ((verdict.danger_s, "danger", _DANGER), (verdict.called_s, "called", _CALLED)):
        if time_s is not None:
            ((column, _),) = panel.at([time_s], [0.0]).tolist()
            cv2.line(image, (column, panel.top), (column, panel.bottom), colour, 2)
            draw_text(image, name, (column + 6, panel.top + (18 if name == "danger" else 38)), scale=0.5, colour=colour)


def _draw_bands(image: Image, panel: Panel, run: ScenarioRun) -> None:
    """One band for the level of risk, one for each kind of event."""
    rows: list[tuple[str, list[tuple[float, Colour]]]] = [("risk", [])]
    kinds = sorted({e.kind for r in run.readings for e in r.events if e.score >= SURE_SCORE})
    rows += [(kind.replace("_", " "), []) for kind in kinds]
    for reading in run.readings:
        if reading.risk is not None:
            rows[0][1].append((seconds_of(reading), _LEVELS[reading.risk.level]))
        for kind, (_, marks) in zip(kinds, rows[1:], strict=True):
            if any(e.kind == kind and e.score >= SURE_SCORE for e in reading.events):
                marks.append((seconds_of(reading), _READ))
    for i, (name, marks) in enumerate(rows):
        _draw_band(image, panel, name, marks, top=_BAND_TOP + i * _BAND_APART_PX)


def _draw_band(image: Image, panel: Panel, name: str, marks: list[tuple[float, Colour]], *, top: int) -> None:
    cv2.rectangle(image, (panel.left, top), (panel.right, top + _BAND_PX), GRID, 1)
    for time_s, colour in marks:
        (left, _), (right, _) = panel.at([time_s - 1, time_s], [0.0, 0.0]).tolist()
        cv2.rectangle(image, (max(left, panel.left), top + 1), (right, top + _BAND_PX - 1), colour, cv2.FILLED)
    draw_text(image, name, (panel.left - 8, top + 14), scale=0.45, align="right", colour=INK)


def _known(readings: tuple[Reading, ...]) -> list[list[Reading]]:
    """Split the readings into pieces without a hole."""
    pieces: list[list[Reading]] = [[]]
    for reading in readings:
        if reading.density is not None:
            pieces[-1].append(reading)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def _summary(verdict: Verdict) -> str:
    false = f"{verdict.false_alarms} false alarm{'' if verdict.false_alarms == 1 else 's'}"
    if verdict.danger_s is None:
        return f"harmless   {false}"
    if verdict.lead_time_s is None:
        return f"danger at {verdict.danger_s:.0f} s   not called   {false}"
    when = f"{abs(verdict.lead_time_s):.0f} s {'before' if verdict.lead_time_s >= 0 else 'after'}"
    return f"danger at {verdict.danger_s:.0f} s   called {when}   {false}"


def _written(text: str) -> str:
    """Leave out what the letters of the plot lack."""
    plain = text.replace("²", "2").replace("–", "-").replace("³", "3")
    return plain.encode("ascii", "replace").decode("ascii")
