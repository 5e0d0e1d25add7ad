"""The curves of a training as a picture: loss and validation error over the steps, both on logarithmic scales."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from throng.core.points import FloatArray, Image
from throng.train.run_folder import replace_file
from throng.vision.plot import MUTED, Axis, Colour, Panel, blank, draw_axes, draw_key, draw_line, draw_text

WIDTH, HEIGHT = 1200, 860
_LEFT, _RIGHT = 90, 260
_MOST_DOTS = 60
_LONGEST_NAME = 26
_COLOURS: tuple[Colour, ...] = (
    (196, 98, 20),
    (60, 140, 40),
    (50, 60, 200),
    (170, 60, 140),
    (30, 150, 190),
    (120, 120, 120),
)


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
    image = blank((WIDTH, HEIGHT))
    draw_text(image, title, (40, 44), scale=0.8, thickness=2)
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
    steps = Axis(0.0, max(last_step, 1.0), whole=True)
    panel = Panel(_LEFT, rows[0], WIDTH - _RIGHT, rows[1], steps, _values_axis(curves))
    draw_axes(image, panel, x_title="steps", y_title=title)
    for number, curve in enumerate(curves):
        colour = _COLOURS[number % len(_COLOURS)]
        draw_line(image, panel, curve.steps, curve.values, colour=colour, dots=len(curve.steps) <= _MOST_DOTS)
        _draw_legend(image, curve, colour, row=panel.top + 14 + 44 * number)


def _values_axis(curves: Sequence[Curve]) -> Axis:
    values = np.concatenate([curve.values for curve in curves]) if curves else np.array([1.0, 10.0])
    low, high = float(np.log10(values.min())), float(np.log10(values.max()))
    middle, half = (low + high) / 2, max((high - low) / 2, 0.1) * 1.08
    return Axis(10 ** (middle - half), 10 ** (middle + half), logarithmic=True)


def _draw_legend(image: Image, curve: Curve, colour: Colour, *, row: int) -> None:
    left = WIDTH - _RIGHT + 20
    draw_key(image, curve.name[-_LONGEST_NAME:], (left, row), colour=colour, scale=0.45)
    told = f"last {curve.values[-1]:.4g}, least {curve.values.min():.4g}"
    draw_text(image, told, (left + 34, row + 23), scale=0.42, colour=MUTED)
