"""Who stands together on a square."""

import numpy as np
import shapely
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, MUTED, RED
from benchmarks.crowd_pictures.walkers import spread

from throng.core.groups import ALONE, close_pairs, find_groups, group_hulls
from throng.core.points import FloatArray, Image, ground_points
from throng.vision.plot import Axis

EXTENT = (0.0, 0.0, 22.0, 9.0)
CLOSE_M = 0.6
ALONE_M = np.array(
    ((0.9, 4.4), (4.8, 8.2), (6.0, 5.6), (9.6, 1.2), (11.6, 7.9), (15.4, 1.3), (14.6, 4.6), (21.0, 6.8), (18.8, 8.2))
)


def draw() -> Image:
    """Draw people, the outlines of their groups, and pairs that stand close."""
    image = canvas.page(620)
    panel = canvas.ground((32, 60), 1136, EXTENT)
    people = ground_points(_square())
    labels = find_groups(people)
    pairs = close_pairs(people, distance_m=CLOSE_M)
    canvas.floor(image, panel)
    for hull in group_hulls(people, labels):
        if hull is not None:
            around = shapely.get_coordinates(hull.buffer(0.42))
            canvas.area(image, panel, around, colour=canvas.mixed(BLUE, 0.18), edge=BLUE)
    for first, second in pairs.tolist():
        ends = people[[first, second]]
        canvas.curve(image, panel, ends[:, 0], ends[:, 1], colour=RED, width=4)
    canvas.dots(image, panel, people[labels != ALONE], colour=BLUE, radius=5)
    canvas.dots(image, panel, people[labels == ALONE], colour=MUTED, radius=5)
    canvas.frame(image, panel)
    largest = int(np.bincount(labels[labels != ALONE]).max())
    told = f"{len(people)} people: {labels.max() + 1} groups, the largest of {largest}"
    canvas.text(image, told, (32, 42), size=13, bold=True)
    canvas.text(image, "neighbours within 1.2 m", (1168, 42), align="right")
    entries = (("in a group", BLUE), ("alone", MUTED), (f"{len(pairs)} pairs closer than {CLOSE_M} m", RED))
    canvas.key(image, (32, 578), entries, step=200)
    ends = np.array(((20.0, 0.0), (22.0, 0.0)))
    scale = canvas.place(panel, 20.0, 0.0), canvas.place(panel, 22.0, 0.0)
    below = canvas.chart((scale[0][0], 560, scale[1][0], 578), Axis(20, 22), Axis(0, 1))
    canvas.curve(image, below, ends[:, 0], (0.0, 0.0), colour=canvas.INK, width=3)
    canvas.text(image, "2 m", ((scale[0][0] + scale[1][0]) / 2, 602), align="centre")
    return image


def _square() -> FloatArray:
    """Small groups that stand in circles, two dense ones, and people alone."""
    rng = np.random.default_rng(21)
    centres = ((2.6, 6.6), (6.4, 3.0), (8.6, 7.2), (12.2, 4.4), (15.4, 7.4), (18.4, 3.4), (12.6, 1.4), (3.0, 2.0))
    sizes = (3, 5, 2, 9, 4, 18, 2, 4)
    people = []
    for centre, size in zip(centres, sizes, strict=True):
        if size > 5:
            half = 0.33 * size**0.5
            x, y = centre
            people.append(spread(size, (x - half, y - half, x + half, y + half), apart_m=0.5, seed=size))
            continue
        turns = np.arange(size) / size * 2 * np.pi + rng.uniform(0, 6)
        radius = (0.3 + 0.06 * size) * rng.uniform(0.6, 1.1, size)
        people.append(np.column_stack((np.cos(turns), np.sin(turns))) * radius[:, None] + centre)
    return np.vstack((*people, ALONE_M))
