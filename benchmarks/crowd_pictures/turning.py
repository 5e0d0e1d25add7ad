"""Velocity fields: where people converge, and where they must turn around each other."""

import numpy as np
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, INK, MUTED
from benchmarks.crowd_pictures.walkers import Walkers, Wish, corridor, spread

from throng.core.congestion import CELL_M, RADIUS_M, Congestion, CongestionLevel
from throng.core.density import DensityGrid
from throng.core.points import FloatArray, Image, ground_points
from throng.core.velocity_field import field_from_sums, velocity_field
from throng.vision.plot import Panel

SQUARE = ((0.0, 0.0), (18.0, 0.0), (18.0, 7.5), (0.0, 7.5))
STAGE = np.array((4.8, 3.75))
WAY = ((0.0, 0.0), (10.0, 0.0), (10.0, 4.0), (0.0, 4.0))


def draw_divergence() -> Image:
    """Draw people who gather at a stage and others who leave a gate, and how fast the ground between them changes."""
    image = canvas.page(640)
    panel = canvas.ground((32, 60), 1136, (0.0, 0.0, 18.0, 7.5))
    people = spread(190, (0.2, 0.2, 17.8, 7.3), apart_m=0.6, seed=3)
    velocities = _gathering(people)
    grid = DensityGrid(SQUARE, cell_m=0.25)
    divergence = velocity_field(grid, ground_points(people), velocities).divergence_per_s()
    canvas.floor(image, panel)
    canvas.heat(image, panel, grid.cells_m, divergence, canvas.shades(divergence, -0.5, 0.5, canvas.TWO_WAYS))
    ways = 0.8 * velocities
    x, y = (people + ways).T
    within = (x > 0.1) & (x < 17.9) & (y > 0.1) & (y < 7.4)
    canvas.arrows(image, panel, people[within], ways[within], colour=INK, width=1.7)
    canvas.frame(image, panel)
    at_stage = np.hypot(*(people - STAGE).T) < 2.5
    field = velocity_field(grid, ground_points(people[at_stage]), velocities[at_stage])
    mean = float(np.nanmean(field.divergence_per_s()))
    canvas.text(image, "People gather before a stage", (32, 42), size=13, bold=True)
    canvas.text(image, "and walk away from a gate", (1168, 42), size=13, bold=True, align="right")
    told = f"before the stage {mean:.2f} 1/s: density grows by {-100 * mean:.0f} % a second"
    canvas.text(image, told, (32, 598))
    canvas.scale(image, (800, 586, 1160, 598), (-0.5, 0.5), "divergence in 1/s", stops=canvas.TWO_WAYS, steps=6)
    return image


def _gathering(people: FloatArray) -> FloatArray:
    """To the stage, the slower the nearer; behind the gate at (11.5, 3.75) away from it, the faster the farther."""
    rng = np.random.default_rng(5)
    way = STAGE - people
    away = np.hypot(*way.T)[:, None]
    gathering = way / np.maximum(away, 0.1) * 1.25 * np.clip((away - 0.2) / 8.0, 0.0, 1.0)
    out = people - (10.8, 3.75)
    past = np.hypot(*out.T)[:, None]
    leaving = out / np.maximum(past, 0.1) * 1.3 * np.clip(past / 9.0, 0.05, 1.0)
    walking = np.where(people[:, :1] < 10.8, gathering, leaving)
    return np.asarray(walking + rng.normal(0, 0.05, people.shape))


def draw_congestion() -> Image:
    """Draw the rotation of a one-way stream and of two streams that pass each other."""
    image = canvas.page(470)
    scenes: tuple[tuple[str, Wish], ...] = (("One stream", _one_way), ("Two streams against each other", _two_ways))
    for i, (title, wish) in enumerate(scenes):
        panel = canvas.ground((32 + 581 * i, 74), 555, (0.0, 0.0, 10.0, 4.0))
        level = _stream(image, panel, wish)
        canvas.text(image, title, (panel.left / 2, 54), size=13, bold=True)
        told = f"level {level.level_per_m:.2f} 1/m     danger {level.danger_per_m3:.1f} 1/m^3"
        canvas.text(image, told, (panel.left / 2, 326), size=13, bold=True, colour=(BLUE, canvas.RED)[i])
    canvas.scale(
        image, (32, 408, 480, 420), (-2, 2), "rotation of the mean velocity over 10 s, in 1/s", stops=canvas.TWO_WAYS
    )
    canvas.text(image, "same corridor, same number of people", (1168, 420), colour=MUTED, align="right")
    return image


def _one_way(places: FloatArray) -> FloatArray:
    return np.tile((1.2, 0.0), (len(places), 1))


def _two_ways(places: FloatArray) -> FloatArray:
    """Every second person walks the other way."""
    sign = np.where(np.arange(len(places)) % 2, 1.0, -1.0)
    return np.column_stack((1.2 * sign, np.zeros(len(places))))


def _stream(image: Image, panel: Panel, wish: Wish) -> CongestionLevel:
    walkers = Walkers(spread(40, (0.0, 0.4, 10.0, 3.6), apart_m=0.6, seed=8), wish, walls=corridor(4.0), seed=2)
    congestion = Congestion(WAY)
    grid = DensityGrid(WAY, radius_m=RADIUS_M, cell_m=CELL_M)
    sums: list[FloatArray] = []
    level = None
    for tick in range(80):
        walkers.advance(0.25)
        walkers.places[:, 0] %= 10.0
        if tick >= 40:
            people = ground_points(walkers.places)
            level = congestion.update(tick / 4, people=people, velocities_mps=walkers.velocities)
            carried = np.column_stack((np.ones(len(people)), walkers.velocities))
            sums.append(grid.smoothed(people, carried))
    assert level is not None
    rotation = field_from_sums(grid, np.mean(sums, axis=0)).rotation_per_s()
    canvas.floor(image, panel)
    canvas.heat(image, panel, grid.cells_m, rotation, canvas.shades(rotation, -2, 2, canvas.TWO_WAYS))
    ahead = walkers.velocities[:, 0] > 0
    within = np.abs(walkers.places[:, 0] + 0.3 * walkers.velocities[:, 0] - 5) < 4.6
    for some, fill in ((ahead & within, INK), (~ahead & within, canvas.FLOOR)):
        canvas.arrows(image, panel, walkers.places[some], 0.6 * walkers.velocities[some], colour=INK, width=1.8)
        canvas.dots(image, panel, walkers.places[some], colour=fill, radius=4, rim=INK)
    canvas.frame(image, panel)
    return level
