"""A metre grid on the ground, drawn over a picture: the quickest proof of a calibration."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from shapely import LineString, Polygon, get_parts

from throng.core.calibration import Calibration
from throng.core.points import FloatArray, GroundPoints, Image, ImagePoints, ground_points
from throng.core.uncertainty import metres_per_pixel
from throng.core.zones import visible_ground

_Cover = NDArray[np.float32]
"""How much of each pixel is covered, (H, W) in [0, 1]."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SHIFT = 5
_STRONG_EVERY = 5
_CURVE_STEP_M = 0.5
_FADE_STEP_PX = 8

_ALL = (slice(None), slice(None))

_FINE = (255, 255, 255)
_STRONG = (70, 214, 255)
_SHADOW = (24, 18, 14)
_INK = (240, 250, 255)


@dataclass(frozen=True, slots=True)
class _Line:
    """One grid line: where it runs in the picture, (N, 2) pixels, and what it stands for."""

    pixels: FloatArray
    label: str
    strong: bool


class GroundGrid:
    """A ground grid for the pictures of one camera, computed once and blended in quickly.

    Lines stand every `step_m`, each fifth stronger and with its metres. They run only where the picture shows ground
    in front of the camera and fade out where they would lie closer than a few pixels.
    """

    def __init__(self, calibration: Calibration, *, step_m: float = 1.0, max_distance_m: float = 40.0) -> None:
        self._calibration = calibration
        self._step_m = step_m
        self._max_distance_m = max_distance_m
        self._size = calibration.image_size
        self._prepare()

    def draw(self, image: Image) -> Image:
        """Return a copy of a picture, (H, W, 3) BGR, with the grid.

        Raises:
            CalibrationError: the picture has another shape than the ones that the calibration was made for.
        """
        size = (image.shape[1], image.shape[0])
        if size != self._size:
            self._calibration, self._size = self._calibration.scaled_to(*size), size
            self._prepare()
        faded = cv2.multiply(image, self._keep, scale=1 / 255)
        return np.asarray(cv2.add(faded, self._add), dtype=np.uint8)

    def _prepare(self) -> None:
        """Paint the grid as a layer of its own: what it keeps of a picture and what it adds."""
        width, height = self._size
        thin = max(1, round(height / 1440))
        thick = thin + (height >= 540)
        lines = _grid_lines(self._calibration, self._step_m, self._max_distance_m)
        layer = _Layer(width, height)
        fine = layer.strokes([line for line in lines if not line.strong], thin)
        strong = layer.strokes([line for line in lines if line.strong], thick)
        shadow = layer.strokes([line for line in lines if line.strong], thick + 2)
        fade = _fading(self._calibration, self._step_m)
        layer.blend(_SHADOW, layer.strokes([line for line in lines if not line.strong], thin + 2) * fade * 0.2)
        layer.blend(_FINE, fine * fade * 0.6)
        fade = _fading(self._calibration, self._step_m * _STRONG_EVERY)
        layer.blend(_SHADOW, shadow * fade * 0.3)
        layer.blend(_STRONG, strong * fade * 0.8)
        _write_labels(layer, [line for line in lines if line.strong])
        self._keep = np.repeat(np.round(255 * (1 - layer.cover)).astype(np.uint8)[..., None], 3, axis=2)
        self._add = np.round(layer.colour).astype(np.uint8)


def draw_ground_grid(
    image: Image, calibration: Calibration, *, step_m: float = 1.0, max_distance_m: float = 40.0
) -> Image:
    """Return a copy of a picture, (H, W, 3) BGR, with a metre grid on the ground.

    Args:
        image: the picture.
        calibration: of its camera, scaled to the size of the picture.
        step_m: metres between lines; each fifth line is stronger and carries its metres.
        max_distance_m: distance on the ground from the point below the camera at which the grid ends.

    Raises:
        CalibrationError: the picture shows no ground, or has another shape than the calibration.
    """
    scaled = calibration.scaled_to(image.shape[1], image.shape[0])
    return GroundGrid(scaled, step_m=step_m, max_distance_m=max_distance_m).draw(image)


class _Layer:
    """A picture with transparency: colour times cover, and cover in [0, 1]."""

    def __init__(self, width: int, height: int) -> None:
        self.colour = np.zeros((height, width, 3), dtype=np.float32)
        self.cover = np.zeros((height, width), dtype=np.float32)

    def strokes(self, lines: list[_Line], thickness: int) -> _Cover:
        """Draw smooth lines and return their cover, (H, W) in [0, 1]."""
        cover = np.zeros(self.cover.shape, dtype=np.uint8)
        curves = [np.round(line.pixels * 2**_SHIFT).astype(np.int32) for line in lines]
        cv2.polylines(cover, curves, False, 255, thickness, cv2.LINE_AA, _SHIFT)
        return np.asarray(cover / np.float32(255), dtype=np.float32)

    def blend(self, colour: tuple[int, int, int], cover: _Cover, at: tuple[slice, slice] = _ALL) -> None:
        """Lay a colour over what is there, in the whole picture or a part of it."""
        below = self.colour[at] * (1 - cover)[..., None]
        self.colour[at] = below + cover[..., None] * np.array(colour, dtype=np.float32)
        self.cover[at] = 1 - (1 - self.cover[at]) * (1 - cover)


def _grid_lines(calibration: Calibration, step_m: float, max_distance_m: float) -> list[_Line]:
    ground = Polygon(visible_ground(calibration, max_distance_m=max_distance_m))
    low, high = np.array(ground.bounds).reshape(2, 2)
    lines = []
    for axis, name in enumerate("xy"):
        first, last = int(np.ceil(low[axis] / step_m)), int(np.floor(high[axis] / step_m))
        for number in range(first, last + 1):
            start, end = low.copy(), high.copy()
            start[axis] = end[axis] = number * step_m
            label = f"{name} {number * step_m:g} m"
            for part in get_parts(LineString([start, end]).intersection(ground)):
                if isinstance(part, LineString) and part.length > 0:
                    places = part if calibration.lens is None else part.segmentize(_CURVE_STEP_M)
                    pixels = calibration.to_image(ground_points(places.coords))
                    pixels = ImagePoints(pixels[np.isfinite(pixels[:, 0])])
                    lines.append(_Line(pixels, label, number % _STRONG_EVERY == 0))
    return [line for line in lines if len(line.pixels) > 1]


def _fading(calibration: Calibration, spacing_m: float) -> _Cover:
    """How visible lines are at each pixel: not at all when 3 px apart, fully from 12 px on."""
    width, height = calibration.image_size
    columns, rows = (np.linspace(0, n - 1, max(2, n // _FADE_STEP_PX)) for n in (width, height))
    u, v = np.meshgrid(columns, rows)
    ground = calibration.to_ground(ImagePoints(np.column_stack((u.ravel(), v.ravel()))))
    known = np.isfinite(ground[:, 0])
    spacing_px = np.zeros(len(ground))
    spacing_px[known] = spacing_m / metres_per_pixel(calibration, GroundPoints(ground[known])).max(axis=1)
    fade = np.clip((np.nan_to_num(spacing_px) - 3) / 9, 0, 1).reshape(u.shape).astype(np.float32)
    return np.asarray(cv2.resize(fade, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _write_labels(layer: _Layer, lines: list[_Line]) -> None:
    """Write the metres of strong lines at their near end, those nearest to the camera first, none over another."""
    height, width = layer.cover.shape
    scale = max(0.33, height / 1600)
    taken = np.zeros((height, width), dtype=np.bool_)
    for line in sorted(lines, key=lambda line: -float(line.pixels[:, 1].max())):
        (text_width, text_height), below = cv2.getTextSize(line.label, _FONT, scale, 1)
        box = np.array([text_width + 8, text_height + below + 6])
        near = line.pixels[int(np.argmax(line.pixels[:, 1]))]
        left, top = np.clip(near - box / 2, 2, np.array([width, height]) - box - 2).astype(int)
        here = (slice(top, top + box[1]), slice(left, left + box[0]))
        if taken[here].any():
            continue
        taken[here] = True
        ink = np.zeros((box[1], box[0]), dtype=np.uint8)
        cv2.putText(ink, line.label, (4, text_height + 3), _FONT, scale, 255, 1, cv2.LINE_AA)
        layer.blend(_SHADOW, np.full(ink.shape, 0.6, dtype=np.float32), here)
        layer.blend(_INK, np.asarray(ink / np.float32(255), dtype=np.float32), here)
