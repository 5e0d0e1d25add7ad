"""Draws what was measured over the picture: density, zones, boxes, trails, lines, ground grid and a compact panel."""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from throng.camera.ground_grid import GroundGrid
from throng.camera.heat import draw_density
from throng.camera.pipeline import CameraPipeline
from throng.core.observation import UNTRACKED, Observation
from throng.core.points import FloatArray, Image, ground_points
from throng.core.reading import LineReading, Reading, Validity

Colour = tuple[int, int, int]

# Blue-green to purple stays apart for the colour-blind; the letter stands beside it everywhere.
LEVEL_COLOURS: dict[str | None, Colour] = {
    "A": (176, 160, 72),
    "B": (150, 178, 92),
    "C": (92, 200, 200),
    "D": (64, 176, 240),
    "E": (56, 120, 240),
    "F": (72, 56, 216),
    None: (170, 170, 170),
}
_TRAIL: Colour = (255, 214, 120)
_BOX: Colour = (240, 240, 240)
_LINE: Colour = (96, 226, 255)
_INK: Colour = (245, 245, 245)
_PAPER: Colour = (28, 24, 22)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Layers:
    """What to draw."""

    zones: bool = True
    people: bool = True
    trails: bool = True
    lines: bool = True
    grid: bool = False
    density: bool = True
    panel: bool = True


class Overlay:
    """Draws the state of one pipeline over its pictures; whatever does not change is computed once."""

    def __init__(self, pipeline: CameraPipeline, *, layers: Layers | None = None) -> None:
        self._pipeline = pipeline
        self._layers = layers or Layers()
        self._grid = None
        if self._layers.grid and pipeline.calibration is not None:
            self._grid = GroundGrid(pipeline.calibration)
        self._newest: dict[tuple[str, str], Reading | LineReading] = {}

    def note(self, readings: Iterable[Reading | LineReading]) -> None:
        """Keep the newest readings for the panel and the colours."""
        for reading in readings:
            kind, name = ("line", reading.line_id) if isinstance(reading, LineReading) else ("zone", reading.zone_id)
            self._newest[kind, name] = reading

    def draw(self, image: Image, observation: Observation | None) -> Image:
        """Return a copy of the picture with everything drawn in.

        Args:
            image: (H, W, 3) BGR.
            observation: what was seen in this very picture; None draws only what does not move.
        """
        canvas = image.copy() if self._grid is None else self._grid.draw(image)
        thickness = max(1, round(canvas.shape[0] / 540))
        if self._layers.density and observation is not None and observation.density is not None:
            draw_density(canvas, observation.density)
        if self._layers.zones:
            self._draw_zones(canvas, thickness)
        if self._layers.lines:
            self._draw_lines(canvas, thickness)
        if observation is not None and self._layers.trails:
            _draw_trails(canvas, (trail for _, trail in self._pipeline.tracks.trails()), thickness)
        if observation is not None and self._layers.people:
            _draw_people(canvas, observation, thickness)
        if self._layers.panel:
            _draw_panel(canvas, self._panel_rows())
        return canvas

    def _draw_zones(self, canvas: Image, thickness: int) -> None:
        for view in self._pipeline.views:
            reading = self._newest.get(("zone", view.zone.id))
            known = isinstance(reading, Reading) and reading.validity is not Validity.UNKNOWN
            letter = reading.level_of_service if known and isinstance(reading, Reading) else None
            outline = _fixed(view.outline)
            cv2.polylines(canvas, [outline], True, _PAPER, thickness + 2, cv2.LINE_AA, _SHIFT)
            cv2.polylines(canvas, [outline], True, LEVEL_COLOURS[letter], thickness + 1, cv2.LINE_AA, _SHIFT)

    def _draw_lines(self, canvas: Image, thickness: int) -> None:
        calibration = self._pipeline.calibration
        if calibration is None:
            return
        for line in self._pipeline.lines:
            start, end = np.asarray(line.start), np.asarray(line.end)
            along = (end - start) / np.hypot(*(end - start))
            middle = (start + end) / 2
            tip = middle + np.array([along[1], -along[0]])
            ends = calibration.to_image(ground_points([start, end, middle, tip]))
            cv2.line(canvas, *_pair(ends[0], ends[1]), _LINE, thickness + 1, cv2.LINE_AA, _SHIFT)
            if np.isfinite(ends).all():
                tail, head = (tuple(np.round(p).astype(int).tolist()) for p in ends[2:])
                cv2.arrowedLine(canvas, tail, head, _LINE, thickness + 1, cv2.LINE_AA, tipLength=0.35)

    def _panel_rows(self) -> list[tuple[str, Colour]]:
        rows: list[tuple[str, Colour]] = []
        for view in self._pipeline.views:
            reading = self._newest.get(("zone", view.zone.id))
            if isinstance(reading, Reading):
                rows.append((zone_text(view.zone.title, reading), LEVEL_COLOURS[reading.level_of_service]))
        for line in self._pipeline.lines:
            crossed = self._newest.get(("line", line.id))
            if isinstance(crossed, LineReading):
                rows.append((f"{line.name or line.id}  in {crossed.in_total}  out {crossed.out_total}", _LINE))
        return rows


def zone_text(title: str, reading: Reading) -> str:
    """Return one line of plain ASCII about a zone; the built-in font of OpenCV has nothing else."""
    title = title.encode("ascii", "replace").decode()
    if reading.count is None:
        return f"{title}  UNKNOWN: {reading.reasons[0] if reading.reasons else 'no data'}"
    count = reading.count
    text = f"{title}  {count.value:.0f} [{count.low:.0f}-{count.high:.0f}]"
    if reading.density is not None:
        text += f"  {reading.density.mean.value:.2f}/m2  {reading.level_of_service}"
    if reading.speed is not None:
        text += f"  {reading.speed.mean_mps:.1f} m/s"
    return text if reading.validity is Validity.LIVE else f"{text}  ({reading.validity})"


def _draw_people(canvas: Image, observation: Observation, thickness: int) -> None:
    if observation.heads is not None:
        for centre in _fixed(observation.heads.points).tolist():
            cv2.circle(canvas, centre, 3 * thickness << _SHIFT, _PAPER, -1, cv2.LINE_AA, _SHIFT)
            cv2.circle(canvas, centre, 2 * thickness << _SHIFT, _TRAIL, -1, cv2.LINE_AA, _SHIFT)
    if observation.persons is not None:
        tracked = observation.persons.track_ids != UNTRACKED
        for box, known in zip(observation.persons.boxes, tracked.tolist(), strict=True):
            colour = _BOX if known else LEVEL_COLOURS[None]
            cv2.rectangle(canvas, *_pair(box[:2], box[2:]), colour, thickness, cv2.LINE_AA, _SHIFT)


def _draw_trails(canvas: Image, trails: Iterable[FloatArray], thickness: int) -> None:
    """The older half of each trail is darker."""
    paths = [_fixed(trail) for trail in trails]
    older = tuple(int(c * 0.55) for c in _TRAIL)
    cv2.polylines(canvas, [p[: len(p) // 2 + 1] for p in paths], False, older, thickness, cv2.LINE_AA, _SHIFT)
    cv2.polylines(canvas, [p[len(p) // 2 :] for p in paths], False, _TRAIL, thickness, cv2.LINE_AA, _SHIFT)


def _draw_panel(canvas: Image, rows: list[tuple[str, Colour]]) -> None:
    """A dark, half transparent panel at the top left, one row per zone and line."""
    if not rows:
        return
    scale = max(0.38, canvas.shape[0] / 1200)
    sizes = [cv2.getTextSize(text, _FONT, scale, 1)[0] for text, _ in rows]
    row_px = int(max(h for _, h in sizes) * 2.0)
    pad = row_px // 3
    width = min(canvas.shape[1], max(w for w, _ in sizes) + row_px + 2 * pad)
    height = min(canvas.shape[0], row_px * len(rows) + 2 * pad)
    corner = canvas[:height, :width]
    corner[:] = cv2.addWeighted(corner, 0.28, np.full_like(corner, _PAPER), 0.72, 0)
    for k, (text, colour) in enumerate(rows):
        base = pad + (k + 1) * row_px - row_px // 3
        cv2.rectangle(canvas, (pad, base - row_px // 2), (pad + row_px // 2, base), colour, -1)
        cv2.putText(canvas, text, (pad + row_px, base), _FONT, scale, _INK, 1, cv2.LINE_AA)


def _fixed(points: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.int32]]:
    """Pixels as fixed point numbers, so that slow movement does not jump from pixel to pixel."""
    finite = points[np.isfinite(points).all(axis=1)]
    return np.asarray(np.round(np.clip(finite, -30000, 30000) * 2**_SHIFT), dtype=np.int32)


def _pair(a: FloatArray, b: FloatArray) -> tuple[tuple[int, int], tuple[int, int]]:
    (x0, y0), (x1, y1) = _fixed(np.array([a, b])).tolist()
    return (x0, y0), (x1, y1)
