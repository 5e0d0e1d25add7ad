"""Levels of service, and how fast people walk at a density."""

import numpy as np
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, INK, MUTED, ORANGE, RED, SKY

from throng.core.fundamental_diagram import (
    HIGHEST_DENSITY_PER_M2,
    sfpe_speed_mps,
    stagnation_index,
    weidmann_flow_per_m_s,
    weidmann_speed_mps,
)
from throng.core.points import FloatArray, Image
from throng.core.service_level import BANDS_PER_M2
from throng.core.site import ServiceProfile, Use
from throng.vision.plot import Axis, Colour, Panel

MOST = 7.6
LETTERS: tuple[Colour, ...] = (BLUE, (206, 152, 92), (232, 205, 172), (170, 208, 250), (70, 150, 240), (30, 40, 170))
USES = ((Use.MOVING, "walkway"), (Use.QUEUE, "queue, standing"), (Use.STAIRS, "stairs"))
MARKS = ((4.0, "4: cannot be steered", -92), (5.0, "5: dangerous", 56), (7.0, "7: like a fluid", 0))


def draw_service() -> Image:
    """Draw the bands of both profiles as bars along the density."""
    image = canvas.page(560)
    panel = canvas.chart((210, 64, 1160, 490), Axis(0, MOST), Axis(0, 426))
    row = 0
    for profile in ServiceProfile:
        canvas.text(image, {"fruin": "Fruin 1971", "hcm": "HCM 2000"}[profile], (32, 84 + row), size=13, bold=True)
        for use, name in USES:
            canvas.text(image, name, (196, 124 + row), align="right")
            _bar(image, panel, (row + 32.0, row + 76.0), BANDS_PER_M2[profile][use])
            row += 56
        row += 44
    for density, words, shift in MARKS:
        canvas.dashes(image, panel, (density, 0.0), (density, 426.0), colour=INK)
        column = canvas.place(panel, density, 0)[0]
        canvas.text(image, words, (column + shift, 50), align="centre")
    for value in panel.x.ticks(8):
        canvas.text(image, f"{value:g}", (canvas.place(panel, value, 0)[0], 514), align="centre", colour=MUTED)
    canvas.text(image, "people/m^2", (1160, 542), align="right")
    return image


def _bar(image: Image, panel: Panel, rows: tuple[float, float], limits: tuple[float, ...]) -> None:
    top, bottom = 426 - rows[0], 426 - rows[1]
    for letter, low, high, colour in zip("ABCDEF", (0.0, *limits), (*limits, MOST), LETTERS, strict=True):
        corners = np.array(((low, bottom), (high, bottom), (high, top), (low, top)))
        canvas.area(image, panel, corners, colour=colour, edge=canvas.FLOOR)
        x, y = canvas.place(panel, (low + high) / 2, (top + bottom) / 2)
        light = canvas.FLOOR if letter in "ABF" else INK
        size = 14 if high - low > 0.12 else 9
        canvas.text(image, letter, (x, y + size / 2), size=size, align="centre", colour=light, bold=True)


def draw_diagram() -> Image:
    """Draw speed and flow against density."""
    image = canvas.page(580)
    density: FloatArray = np.linspace(0.05, 6.0, 400)
    speed = canvas.chart((80, 84, 570, 470), Axis(0, 6), Axis(0, 1.5))
    flow = canvas.chart((670, 84, 1160, 470), Axis(0, 6), Axis(0, 1.5))
    canvas.axes(image, speed, x_title="people/m^2", y_title="speed in m/s")
    canvas.axes(image, flow, x_title="people/m^2", y_title="people per second and metre of width")
    _stagnation(image, speed)
    for panel in (speed, flow):
        _beyond(image, panel)
    canvas.curve(image, speed, density, sfpe_speed_mps(density), colour=SKY, width=3)
    canvas.curve(image, speed, density, weidmann_speed_mps(density), colour=BLUE, width=4)
    canvas.curve(image, flow, density, weidmann_flow_per_m_s(density), colour=BLUE, width=4)
    _two_crowds(image, flow)
    canvas.key(image, (80, 554), (("Weidmann 1993", BLUE), ("SFPE", SKY), ("stagnation", (150, 196, 246))), step=210)
    return image


def _stagnation(image: Image, panel: Panel) -> None:
    x, y = np.linspace(2.0125, 5.9875, 160), np.linspace(0.005, 0.205, 21)
    index = stagnation_index(*np.meshgrid(x, y))
    canvas.heat(image, panel, (x, y), np.where(index > 0, index, np.nan), canvas.shades(index, 0, 1.8))
    canvas.axes_line(image, panel)


def _beyond(image: Image, panel: Panel) -> None:
    canvas.dashes(image, panel, (HIGHEST_DENSITY_PER_M2, 0.0), (HIGHEST_DENSITY_PER_M2, 1.5))
    canvas.text(image, "not used", (canvas.place(panel, 4.62, 0)[0], panel.top / 2 + 28), colour=MUTED)
    canvas.text(image, "beyond 4.5", (canvas.place(panel, 4.62, 0)[0], panel.top / 2 + 50), colour=MUTED)


def _two_crowds(image: Image, panel: Panel) -> None:
    """Mark the densest crowd that still passes the most, and one that presses harder."""
    for density, colour in ((1.75, ORANGE), (4.0, RED)):
        at = np.array(((density, float(weidmann_flow_per_m_s(density))),))
        canvas.dots(image, panel, at, colour=colour, radius=8)
    canvas.text(image, "most people pass at 1.75", canvas.place(panel, 1.75, 1.31), colour=ORANGE, align="centre")
    canvas.text(image, "pressed harder: fewer pass", canvas.place(panel, 3.8, 0.53), colour=RED, align="right")
