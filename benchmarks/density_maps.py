"""Draws true heads beside density maps of kept-back pictures, without the photographs: docs/images/density-maps.png."""

import sys
from pathlib import Path

import cv2
import numpy as np
from benchmarks.outcome import shared_folder

from throng.core.density_map import DensityMap
from throng.core.points import Image
from throng.train.datasets import open_dataset
from throng.train.record import Record
from throng.vision.counter_registry import load_counter
from throng.vision.plot import draw_text

PICTURES = (("part_B", 1), ("part_B", 3), ("part_A", 1), ("part_A", 2))
TARGET = Path(__file__).parents[1] / "docs/images/density-maps.png"
WIDTH, HEIGHT, GAP, TITLE = 420, 300, 12, 30
PAPER = (250, 248, 246)


def main() -> None:
    """Draw four rows: heads, map, and how many people each has."""
    counter = load_counter("throngnet")
    rows = []
    for part, number in PICTURES:
        root = shared_folder() / "data/shanghaitech" / part
        record = open_dataset("shanghaitech", root, "val").records[number]
        crowd = counter.count([record.image()])[0]
        told = f"{crowd.count.value:.0f} people [{crowd.count.low:.0f} to {crowd.count.high:.0f}]"
        rows.append(np.hstack((heads_panel(record, part), map_panel(crowd.density, told))))
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    cv2.imwrite(str(target), np.vstack(rows))
    print(target)


def heads_panel(record: Record, part: str) -> Image:
    """Return the labelled heads as dots."""
    height, width = record.image().shape[:2]
    scale = min(WIDTH / width, HEIGHT / height)
    drawn = np.full((round(height * scale), round(width * scale), 3), 255, dtype=np.uint8)
    for x, y in np.round(record.points * scale * 16).astype(int).tolist():
        cv2.circle(drawn, (x, y), 24, (150, 96, 32), -1, cv2.LINE_AA, 4)
    return framed(drawn, f"{part.replace('part_', 'Part ')}, {record.name}: {len(record.points)} heads")


def map_panel(density: DensityMap, told: str) -> Image:
    """Return the density map in colours, on the scale of its own densest place."""
    smooth = cv2.GaussianBlur(density.people, (0, 0), 0.8)
    share = np.clip(smooth / max(1e-6, float(np.quantile(smooth, 0.998))), 0, 1)
    colours = cv2.applyColorMap(np.asarray(255 * np.sqrt(share), dtype=np.uint8), cv2.COLORMAP_VIRIDIS)
    scale = min(WIDTH / density.image_size[0], HEIGHT / density.image_size[1])
    size = (round(density.image_size[0] * scale), round(density.image_size[1] * scale))
    return framed(np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_CUBIC), dtype=np.uint8), told)


def framed(drawn: Image, title: str) -> Image:
    """Return a panel with a title above it."""
    panel = np.full((HEIGHT + TITLE + GAP, WIDTH + GAP, 3), PAPER, dtype=np.uint8)
    panel[TITLE : TITLE + drawn.shape[0], GAP // 2 : GAP // 2 + drawn.shape[1]] = drawn
    draw_text(panel, title, (GAP // 2, TITLE - 9), scale=0.5)
    return panel


if __name__ == "__main__":
    main()
