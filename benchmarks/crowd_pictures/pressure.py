"""A dense crowd that begins to shake: the smoothed velocity, and the pressure that comes of it."""

import numpy as np
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, INK, MUTED, ORANGE, RED
from benchmarks.crowd_pictures.walkers import spread

from throng.core.density import DensityGrid
from throng.core.points import FloatArray, Image, ground_points
from throng.core.pressure import CrowdPressure, Pressure
from throng.core.velocity_field import velocity_field
from throng.vision.plot import Axis

ZONE = ((0.0, 0.0), (7.0, 0.0), (7.0, 7.0), (0.0, 7.0))
LONG_S, SHAKES_S = 180, 90
TURBULENT_PER_S2 = 0.02


def draw() -> Image:
    """Draw the velocity at one place, the pressure over time, and where it is highest at the end."""
    image = canvas.page(640)
    people = spread(220, (0.1, 0.1, 6.9, 6.9), apart_m=0.36, seed=9)
    grid = DensityGrid(ZONE, cell_m=0.25)
    pressure = CrowdPressure(grid)
    times: FloatArray = np.arange(LONG_S, dtype=np.float64)
    person = int(np.argmin(np.hypot(*(people - (4.4, 2.6)).T)))
    column, row = (int(np.abs(axis - at).argmin()) for axis, at in zip(grid.cells_m, people[person], strict=True))
    one, smooth, peaks = [], [], []
    last: Pressure | None = None
    density = grid.field(ground_points(people))
    for at_s in times.tolist():
        velocities = _shaken(people, at_s)
        field = velocity_field(grid, ground_points(people), velocities)
        last = pressure.update(at_s, density_per_m2=density, velocity=field)
        one.append(velocities[person, 0])
        smooth.append(field.velocity_mps[0, row, column])
        peaks.append(np.nan if last is None else last.peak_per_s2)
    assert last is not None
    _over_time(image, times, np.array(one), np.array(smooth), np.array(peaks))
    _map(image, grid, people, last)
    return image


def _shaken(people: FloatArray, at_s: float) -> FloatArray:
    """Steps of each person, and shoves that run through everybody, strongest around (4.4, 2.6)."""
    rng = np.random.default_rng((1, int(at_s)))
    strength = 0.012 + 0.07 * np.clip((at_s - SHAKES_S) / 50, 0, 1)
    near = 0.35 + np.exp(-((people - (4.4, 2.6)) ** 2).sum(axis=1) / 8)
    phase = people[:, 0] * 0.5 + people[:, 1] * 0.3
    along = np.sin(0.9 * at_s - phase) + 0.8 * np.sin(0.37 * at_s + 0.6 * phase) + 0.5 * np.sin(1.7 * at_s + phase)
    across = np.sin(0.7 * at_s + phase + 1) + 0.6 * np.sin(1.3 * at_s - phase)
    shove = strength * near[:, None] * np.column_stack((along, 0.6 * across))
    return np.asarray(shove + rng.normal(0, 0.07, people.shape))


def _over_time(image: Image, times: FloatArray, one: FloatArray, smooth: FloatArray, peaks: FloatArray) -> None:
    upper = canvas.chart((90, 80, 680, 280), Axis(0, LONG_S), Axis(-0.3, 0.3))
    lower = canvas.chart((90, 372, 680, 560), Axis(0, LONG_S), Axis(0, max(0.06, 1.1 * float(np.nanmax(peaks)))))
    canvas.axes(image, upper, x_title="", y_title="velocity to the right at one place, m/s", steps=(6, 6))
    canvas.axes(image, lower, x_title="seconds", y_title="pressure, 1/s^2", steps=(6, 4))
    canvas.curve(image, upper, times, one, colour=(205, 198, 192), width=1.5)
    canvas.curve(image, upper, times, smooth, colour=BLUE, width=3)
    canvas.key(image, (90, 606), (("one person", (205, 198, 192)), ("smoothed", BLUE), ("pressure", ORANGE)), step=170)
    canvas.dashes(image, lower, (0, TURBULENT_PER_S2), (LONG_S, TURBULENT_PER_S2), colour=RED)
    at = canvas.place(lower, 4, TURBULENT_PER_S2)
    canvas.text(image, "0.02: turbulence began", (at[0], at[1] - 10), colour=RED)
    canvas.curve(image, lower, times, peaks, colour=ORANGE, width=3)


def _map(image: Image, grid: DensityGrid, people: FloatArray, pressure: Pressure) -> None:
    panel = canvas.ground((740, 80), 420, (0.0, 0.0, 7.0, 7.0))
    canvas.floor(image, panel)
    most = float(np.ceil(100 * pressure.peak_per_s2) / 100)
    colours = canvas.shades(pressure.field_per_s2, 0, most)
    canvas.heat(image, panel, grid.cells_m, pressure.field_per_s2, colours)
    canvas.dots(image, panel, people, colour=INK, radius=1.8, rim=None)
    spot = np.array((pressure.at_m,))
    canvas.dots(image, panel, spot, colour=canvas.FLOOR, radius=7, rim=INK)
    canvas.frame(image, panel)
    canvas.text(image, f"pressure after {LONG_S} s", (740, 60))
    told = f"highest {pressure.peak_per_s2:.2f} 1/s^2, at {pressure.density_per_m2:.1f} people/m^2"
    canvas.text(image, told, (740, 606), colour=MUTED)
    canvas.scale(image, (740, 540, 1160, 552), (0, most), "1/s^2", steps=5)
