"""How the picture moves: displacement per second on a grid that covers one picture."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.points import FloatArray, ImagePoints


@dataclass(frozen=True, slots=True, eq=False)
class MotionField:
    """Displacement per second of what each cell of a grid shows in the newer of two frames.

    Cells have one size; the last column and row may reach over the edge of the picture. What is at pixel p now was
    at p − `baseline_s` · velocity in the older frame.

    Attributes:
        velocity_px: (h, w, 2) float32, pixels of the full frame per second, x to the right, y down; NaN where unknown.
        confidence: (h, w) float32 in [0, 1], how well the motion explains the picture; NaN where it is unknown.
        cell_px: width and height of a cell in pixels of the full frame, > 0; need not be whole numbers.
        image_size: width and height of the picture in pixels.
        baseline_s: time between the two frames in seconds, > 0.
    """

    velocity_px: NDArray[np.float32]
    confidence: NDArray[np.float32]
    cell_px: tuple[float, float]
    image_size: tuple[int, int]
    baseline_s: float

    def __post_init__(self) -> None:
        shape = self.velocity_px.shape
        if len(shape) != 3 or shape[2] != 2 or self.velocity_px.size == 0:
            raise ValueError(f"velocity_px: expected shape (h, w, 2), got {shape}")
        if self.confidence.shape != shape[:2]:
            raise ValueError(f"confidence: expected shape {shape[:2]}, got {self.confidence.shape}")
        if np.any(np.isfinite(self.velocity_px).all(axis=2) != np.isfinite(self.confidence)):
            raise ValueError("confidence: expected a number exactly where both velocities are numbers")
        if not min(self.cell_px) > 0:
            raise ValueError(f"cell_px: expected a size above 0, got {self.cell_px}")
        if not 0 < self.baseline_s < np.inf:
            raise ValueError(f"baseline_s: expected a time above 0, got {self.baseline_s}")

    @property
    def known_share(self) -> float:
        """Share of the cells whose motion is known."""
        return float(np.isfinite(self.confidence).mean())

    def at(self, pixels: ImagePoints) -> FloatArray:
        """Return the velocity, (N, 2) pixels per second, of the cell around each pixel (N, 2).

        NaN where it is unknown, outside the picture, and for pixels that are NaN.
        """
        width, height = self.image_size
        inside = (pixels >= -0.5).all(axis=1) & (pixels[:, 0] <= width - 0.5) & (pixels[:, 1] <= height - 0.5)
        cells = ((np.where(inside[:, None], pixels, 0.0) + 0.5) / np.asarray(self.cell_px)).astype(np.intp)
        rows, columns = self.confidence.shape
        x, y = np.minimum(cells[:, 0], columns - 1), np.minimum(cells[:, 1], rows - 1)
        return np.where(inside[:, None], self.velocity_px[y, x].astype(np.float64), np.nan)
