"""Three crowds and what tells them apart."""

import numpy as np
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, INK, ORANGE
from benchmarks.crowd_pictures.walkers import spread

from throng.core.order import counter_flow, direction_entropy, polarisation
from throng.core.points import FloatArray, Image
from throng.vision.plot import Axis

EXTENT = (0.0, 0.0, 8.0, 6.0)


def draw() -> Image:
    """Draw one way, all ways and two ways, with the indices as bars."""
    image = canvas.page(540)
    rng = np.random.default_rng(11)
    people = spread(46, (0.6, 0.6, 7.4, 5.4), apart_m=0.7, seed=6)
    turn = rng.normal(0, 0.16, len(people))
    right = np.where(people[:, 1] < 3.0, 0.0, np.pi)
    crowds = (
        ("One way", turn + 0.35),
        ("All ways", rng.uniform(-np.pi, np.pi, len(people))),
        ("Two ways", turn + right),
    )
    for i, (title, angles) in enumerate(crowds):
        speed = rng.uniform(0.9, 1.4, len(people))[:, None]
        _panel(image, 32 + 389.0 * i, title, people, speed * np.column_stack((np.cos(angles), np.sin(angles))))
    return image


def _panel(image: Image, left: float, title: str, people: FloatArray, velocities: FloatArray) -> None:
    panel = canvas.ground((left, 62), 358, EXTENT)
    canvas.floor(image, panel)
    back = velocities[:, 0] < 0
    for some, colour in ((~back, BLUE), (back, ORANGE)):
        middle = people[some] - 0.25 * velocities[some]
        canvas.arrows(image, panel, middle, 0.5 * velocities[some], colour=colour, width=2.2)
    canvas.frame(image, panel)
    canvas.text(image, title, (left, 44), size=13, bold=True)
    measures = (
        ("polarisation", polarisation(velocities)),
        ("entropy", direction_entropy(velocities)),
        ("counter-flow", counter_flow(velocities)),
    )
    for i, (name, value) in enumerate(measures):
        row = 372 + 52.0 * i
        bar = canvas.chart((left + 144, row, left + 306, row + 22), Axis(0, 1), Axis(0, 1))
        canvas.floor(image, bar)
        if value is not None:
            corners = np.array(((0, 0), (value, 0), (value, 1), (0, 1)), dtype=np.float64)
            canvas.area(image, bar, corners, colour=canvas.MUTED)
        canvas.frame(image, bar)
        canvas.text(image, name, (left, row + 17))
        canvas.text(
            image, "-" if value is None else f"{abs(value):.2f}", (left + 358, row + 17), align="right", colour=INK
        )
