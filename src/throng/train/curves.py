"""The curves of a training as a picture: loss and validation error over the steps, both on logarithmic scales."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from throng.core.points import FloatArray, Image
from throng.train.run_folder import replace_file

WIDTH, HEIGHT = 1200, 860
_LEFT, _RIGHT = 90, 260
_MOST_DOTS = 60
_PAPER, _INK, _FAINT = (255, 255, 255), (60, 50, 45), (228, 224, 220)
_COLOURS = ((196, 98, 20), (60, 140, 40), (50, 60, 200), (170, 60, 140), (30, 150, 190), (120, 120, 120))


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of the picture.

    Attributes:
        name: for the legend.
        steps: (N,) steps of the training.
        values: (N,) numbers; those that are not above 0 cannot be drawn on a logarithmic scale and are left out.
    """

    name: str
    steps: FloatArray
    values: FloatArray

    def drawable(self) -> "Curve":
        """Return the curve without the points that cannot be drawn."""
        kept = np.isfinite(self.values) & (self.values > 0)
        return Curve(self.name, self.steps[kept], self.values[kept])


@dataclass(frozen=True, slots=True)
class _Panel:
    """A plot area in pixels, the steps at its sides and the decimal logarithms at its bottom and top."""

    top: int
    bottom: int
    steps: tuple[float, float]
    powers: tuple[float, float]

    def at(self, steps: FloatArray, values: FloatArray) -> FloatArray:
        x = (steps - self.steps[0]) / (self.steps[1] - self.steps[0])
        y = (np.log10(values) - self.powers[0]) / (self.powers[1] - self.powers[0])
        return np.column_stack((_LEFT + x * (WIDTH - _RIGHT - _LEFT), self.bottom - y * (self.bottom - self.top)))


def write_curves(metrics: Sequence[Mapping[str, Any]], path: Path, *, title: str) -> None:
    """Draw the metrics of a run and write the picture as PNG.

    Args:
        metrics: lines of `RunFolder.metrics`.
        path: the .png file.
        title: what stands above.

    Raises:
        TrainError: the file cannot be written.
    """
    _, encoded = cv2.imencode(".png", draw_curves(metrics, title=title))
    replace_file(path, encoded.tobytes())


def draw_curves(metrics: Sequence[Mapping[str, Any]], *, title: str) -> Image:
    """Draw loss and validation error over the steps, (860, 1200, 3) BGR; empty axes before there is anything."""
    image: Image = np.full((HEIGHT, WIDTH, 3), _PAPER, dtype=np.uint8)
    _text(image, title, (40, 44), scale=0.8, thickness=2)
    last_step = float(max((row["step"] for row in metrics), default=1))
    losses = [row for row in metrics if "losses" in row]
    judged = [row for row in metrics if "validation" in row]
    _draw_panel(image, _curves(losses, "losses"), "loss, weighted", rows=(100, 410), last_step=last_step)
    errors = [{"step": row["step"], "mae": {n: v["mae"] for n, v in row["validation"].items()}} for row in judged]
    _draw_panel(image, _curves(errors, "mae"), "validation MAE, people", rows=(490, 800), last_step=last_step)
    return image


def _curves(rows: Sequence[Mapping[str, Any]], key: str) -> list[Curve]:
    names = list(dict.fromkeys(name for row in rows for name in row[key]))
    curves = []
    for name in names:
        points = [(row["step"], row[key][name]) for row in rows if name in row[key]]
        steps, values = np.array(points, dtype=np.float64).T
        curves.append(Curve(name, steps, values).drawable())
    return [curve for curve in curves if len(curve.steps)]


def _draw_panel(image: Image, curves: Sequence[Curve], title: str, *, rows: tuple[int, int], last_step: float) -> None:
    values = np.concatenate([curve.values for curve in curves]) if curves else np.array([1.0, 10.0])
    low, high = float(np.log10(values.min())), float(np.log10(values.max()))
    middle, half = (low + high) / 2, max((high - low) / 2, 0.1) * 1.08
    panel = _Panel(*rows, (0.0, max(last_step, 1.0)), (middle - half, middle + half))
    _draw_axes(image, panel, title)
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        corners = panel.at(curve.steps, curve.values).round().astype(np.int32)
        cv2.polylines(
            image, [corners.reshape(-1, 1, 2)], isClosed=False, color=colour, thickness=2, lineType=cv2.LINE_AA
        )
        if len(corners) <= 60:
            for x, y in corners.tolist():
                cv2.circle(image, (x, y), 3, colour, cv2.FILLED, cv2.LINE_AA)
        _draw_legend(image, curve, colour, row=panel.top + 14 + 44 * number)


def _draw_legend(image: Image, curve: Curve, colour: tuple[int, int, int], *, row: int) -> None:
    left = WIDTH - _RIGHT + 20
    cv2.line(image, (left, row), (left + 22, row), colour, 3, cv2.LINE_AA)
    _text(image, curve.name[-26:], (left + 30, row + 5), scale=0.45)
    _text(image, f"last {curve.values[-1]:.4g}, least {curve.values.min():.4g}", (left + 30, row + 23), scale=0.42)


def _draw_axes(image: Image, panel: _Panel, title: str) -> None:
    for value in _log_ticks(*panel.powers):
        row = int(panel.at(np.array([0.0]), np.array([value]))[0, 1].round())
        cv2.line(image, (_LEFT, row), (WIDTH - _RIGHT, row), _FAINT, 1)
        _text(image, f"{value:g}", (_LEFT - 60, row + 5), scale=0.45)
    for step in _linear_ticks(panel.steps[1]):
        column = int(panel.at(np.array([step]), np.array([10 ** panel.powers[0]]))[0, 0].round())
        cv2.line(image, (column, panel.bottom), (column, panel.bottom + 5), _INK, 1)
        _text(image, f"{step:g}", (column - 8, panel.bottom + 22), scale=0.45)
    cv2.line(image, (_LEFT, panel.bottom), (WIDTH - _RIGHT, panel.bottom), _INK, 1)
    _text(image, title, (_LEFT - 50, panel.top - 16), scale=0.55)
    _text(image, "steps", ((_LEFT + WIDTH - _RIGHT) // 2 - 20, panel.bottom + 44), scale=0.5)


def _log_ticks(low: float, high: float) -> list[float]:
    """Round values between two decimal logarithms: powers of ten, with 2 and 5 between them where there is room."""
    for parts in ((1.0,), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)):
        powers = range(int(np.floor(low)), int(np.ceil(high)) + 1)
        ticks = [part * 10.0**power for power in powers for part in parts]
        ticks = [tick for tick in ticks if low <= np.log10(tick) <= high]
        if len(ticks) >= 4:
            break
    return ticks


def _linear_ticks(last: float) -> list[float]:
    raw = last / 6
    power = 10.0 ** np.floor(np.log10(raw))
    step = max(1.0, next(m * power for m in (1, 2, 5, 10) if m * power >= raw))
    return [float(value) for value in np.arange(0, last + step / 2, step) if value <= last]


def _text(image: Image, text: str, at: tuple[int, int], *, scale: float, thickness: int = 1) -> None:
    cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, thickness, cv2.LINE_AA)
