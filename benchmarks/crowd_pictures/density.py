"""The same people by four estimators."""

import numpy as np
import shapely
from benchmarks.crowd_pictures import canvas
from benchmarks.crowd_pictures.canvas import BLUE, INK, MUTED

from throng.core.density import DensityGrid
from throng.core.density_map import DensityMap
from throng.core.points import FloatArray, GroundPoints, Image, ground_points, image_points
from throng.core.voronoi import voronoi_cells, voronoi_density
from throng.sim.viewpoint import look_at
from throng.vision.plot import Panel

EXTENT = (0.0, 0.0, 10.0, 5.0)
ZONE = ((0.0, 0.0), (10.0, 0.0), (10.0, 5.0), (0.0, 5.0))
BOX = (4.25, 0.2, 5.75, 1.7)
HEAD_M = 1.7
MOST = 8.0


def draw() -> Image:
    """Draw people before a gate four times."""
    image = canvas.page(770)
    people = queue()
    box = shapely.box(*BOX)
    in_box = int(shapely.intersects_xy(box, people[:, 0], people[:, 1]).sum()) / box.area
    panels = [canvas.ground((left, top), 555, EXTENT) for top in (70, 415) for left in (32, 613)]
    values = [in_box, _voronoi(image, panels[1], people), _gaussian(image, panels[2], people)]
    values.append(_mapped(image, panels[3], people))
    _classical(image, panels[0], in_box)
    names = ("classical: heads in the box", "voronoi: cells", "gaussian_r1m: smooth field", "from a density map")
    for panel, name, value in zip(panels, names, values, strict=True):
        _finish(image, panel, people, f"{name},")
        left, row = panel.left / 2, panel.top / 2 - 13
        canvas.text(image, name, (left, row), size=13, bold=True)
        canvas.text(image, f"{value:.1f} people/m^2 in the box", (panel.right / 2, row), align="right")
    canvas.scale(image, (613, 726, 900, 738), (0, MOST), "", steps=9)
    canvas.text(image, "people/m^2", (940, 738))
    canvas.text(image, f"{len(people)} people press towards a gate, seen from above", (32, 738), colour=MUTED)
    return image


def queue() -> GroundPoints:
    """Return people who stand the closer, the nearer they are to the gate at (5, 0)."""
    rng = np.random.default_rng(4)
    places = np.empty((0, 2))
    for _ in range(9000):
        place = rng.uniform((0.2, 0.2), (9.8, 4.8))
        away = float(np.hypot((place[0] - 5.0) * 0.8, place[1]))
        if not len(places) or np.hypot(*(places - place).T).min() >= 0.3 + 0.062 * away**1.4:
            places = np.vstack((places, place))
    return ground_points(places)


def _finish(image: Image, panel: Panel, people: GroundPoints, name: str) -> None:
    canvas.dots(image, panel, people, colour=BLUE, radius=3.2)
    x0, y0, x1, y1 = BOX
    corners = np.array(((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)))
    canvas.curve(image, panel, corners[:, 0], corners[:, 1], colour=INK, width=2.2)
    canvas.frame(image, panel)
    for low, high in ((0.0, 4.5), (5.5, 10.0)):
        canvas.curve(image, panel, (low, high), (0.0, 0.0), colour=INK, width=4)
    if name.startswith("classical"):
        canvas.text(image, "gate", canvas.place(panel, 5.0, -0.3), align="centre")


def _classical(image: Image, panel: Panel, in_box: float) -> None:
    canvas.floor(image, panel)
    x0, y0, x1, y1 = BOX
    corners = np.array(((x0, y0), (x1, y0), (x1, y1), (x0, y1)))
    r, g, b = canvas.shades(in_box, 0, MOST).tolist()
    canvas.area(image, panel, corners, colour=(r, g, b))


def _voronoi(image: Image, panel: Panel, people: GroundPoints) -> float:
    cells = voronoi_cells(people, shapely.Polygon(ZONE))
    colours = canvas.shades(cells.densities_per_m2, 0, MOST)
    for polygon, colour in zip(cells.polygons, colours, strict=True):
        corners = shapely.get_coordinates(polygon)
        b, g, r = colour.tolist()
        canvas.area(image, panel, corners, colour=(b, g, r), edge=canvas.FRAME)
    return voronoi_density(cells, shapely.box(*BOX))


def _gaussian(image: Image, panel: Panel, people: GroundPoints) -> float:
    grid = DensityGrid(ZONE, cell_m=0.125)
    field = grid.field(people)
    canvas.heat(image, panel, grid.cells_m, field, canvas.shades(field, 0, MOST))
    x, y = np.meshgrid(*grid.cells_m)
    inside = (x > BOX[0]) & (x < BOX[2]) & (y > BOX[1]) & (y < BOX[3])
    return float(field[inside].mean())


def _mapped(image: Image, panel: Panel, people: GroundPoints) -> float:
    """Blur the heads in a picture into cells, and put the cells on the ground."""
    camera = look_at((5.0, -7.0, 5.5), (5.0, 2.0, 1.7), field_of_view_deg=64, size=(960, 540))
    cell_px, rows, columns = 20.0, 27, 48
    u, v = camera.to_image(people, HEAD_M).T / cell_px
    along_x = np.exp(-((np.arange(columns) + 0.5 - u[:, None]) ** 2) / (2 * 0.6**2))
    along_y = np.exp(-((np.arange(rows) + 0.5 - v[:, None]) ** 2) / (2 * 0.6**2))
    heads = along_y[:, :, None] * along_x[:, None, :]
    heads /= heads.sum(axis=(1, 2), keepdims=True)
    density = DensityMap(heads.sum(axis=0).astype(np.float32), (cell_px, cell_px), (960, 540))
    canvas.floor(image, panel)
    total = 0.0
    box, zone = shapely.box(*BOX), shapely.Polygon(ZONE)
    for held, corners in zip(density.people.ravel().tolist(), _corners(rows, columns, cell_px), strict=True):
        quad = shapely.Polygon(camera.to_ground(image_points(corners), HEAD_M))
        seen = quad.intersection(zone)
        if seen.is_empty or seen.area <= 0:
            continue
        b, g, r = canvas.shades(held / quad.area, 0, MOST).tolist()
        canvas.area(image, panel, shapely.get_coordinates(seen), colour=(b, g, r), edge=canvas.GRID)
        total += held * quad.intersection(box).area / quad.area
    return total / box.area


def _corners(rows: int, columns: int, cell_px: float) -> list[FloatArray]:
    square = np.array(((0, 0), (1, 0), (1, 1), (0, 1)), dtype=np.float64)
    return [(square + np.array((column, row))) * cell_px for row in range(rows) for column in range(columns)]
