"""Things that stand in several scenes."""

from collections.abc import Sequence

from shapely import union_all
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from throng.sim.errors import SimError
from throng.sim.script import rectangle
from throng.sim.setting import Block, Finish, Tree, round_footprint

STONE = Finish((158, 170, 178), "brick", (140, 152, 160))
DARK = Finish((38, 38, 40))
STEEL = Finish((120, 118, 115))
RAIL = Finish((138, 134, 130), "bars")
WOOD = Finish((72, 102, 140), "wood")


def walkable_area(area: BaseGeometry, blocks: Sequence[Block], trees: Sequence[Tree] = ()) -> Polygon:
    """Cut everything solid out of an area.

    Raises:
        SimError: the obstacles cut it into pieces.
    """
    solid = [Polygon(block.footprint).buffer(0.12, join_style="mitre") for block in blocks if block.solid]
    solid += [Point(tree.at).buffer(0.35, quad_segs=1) for tree in trees]
    left = area.difference(union_all(solid)).simplify(0.15) if solid else area
    if not isinstance(left, Polygon):
        raise SimError("the obstacles cut the walkable area into pieces; leave a way between them")
    return left


def facade(
    y: float,
    ends: tuple[float, float],
    doors: Sequence[float],
    *,
    door: tuple[float, float],
    top_m: float,
    skin: Finish,
) -> tuple[Block, ...]:
    """Build a wall along x that people pass through open doors.

    Args:
        y: where its front is; it is 0.6 m thick.
        ends: x of its two ends.
        doors: x of the middle of each door, in order.
        door: width and height of a door in metres.
        top_m: height of the wall.
        skin: its surface.
    """
    width, height = door
    edges = [ends[0], *(x for middle in doors for x in (middle - width / 2, middle + width / 2)), ends[1]]
    piers = [
        Block(rectangle(left, y, right, y + 0.6), top_m, skin, wall=True)
        for left, right in zip(edges[::2], edges[1::2], strict=True)
    ]
    lintels = [
        Block(rectangle(x - width / 2, y, x + width / 2, y + 0.6), top_m, skin, base_m=height, solid=False, wall=True)
        for x in doors
    ]
    inside = Block(rectangle(ends[0], y + 4.5, ends[1], y + 4.8), top_m, DARK, wall=True, shadow=False)
    return (*piers, *lintels, inside)


def bench(x: float, y: float, length_m: float = 1.8) -> tuple[Block, ...]:
    """Build a bench along x."""
    seat = Block(rectangle(x, y, x + length_m, y + 0.45), 0.46, WOOD, base_m=0.36)
    legs = [
        Block(rectangle(x + dx, y + 0.08, x + dx + 0.1, y + 0.38), 0.36, STEEL, shadow=False)
        for dx in (0.15, length_m - 0.25)
    ]
    return (*legs, seat)


def lamp(x: float, y: float, height_m: float = 5.0) -> tuple[Block, ...]:
    """Build a lamp post."""
    pole = Block(round_footprint((x, y), 0.07, 6), height_m, Finish((70, 72, 70)))
    foot = Block(round_footprint((x, y), 0.16, 8), 0.35, Finish((64, 66, 64)))
    glass = Finish((206, 226, 232))
    head = Block(round_footprint((x, y), 0.22, 8), height_m + 0.45, glass, Finish((80, 82, 80)), height_m, solid=False)
    return (foot, pole, head)


def barrier(x0: float, y0: float, x1: float, y1: float, *, top_m: float = 1.1) -> Block:
    """Build a crowd barrier: a rail with bars, 0.08 m thick, along x or along y."""
    if y0 == y1:
        return Block(rectangle(x0, y0, x1, y0 + 0.08), top_m, RAIL, STEEL)
    return Block(rectangle(x0, y0, x0 + 0.08, y1), top_m, RAIL, STEEL)


def stall(x: float, y: float, cloth: tuple[int, int, int]) -> tuple[Block, ...]:
    """Build a market stall, 2.6 by 1.8 m, with a striped roof."""
    counter = Block(rectangle(x, y, x + 2.6, y + 1.8), 0.95, WOOD, Finish((96, 132, 168), "wood"))
    poles = [
        Block(rectangle(x + dx, y + dy, x + dx + 0.07, y + dy + 0.07), 2.3, STEEL, solid=False, shadow=False)
        for dx in (0.0, 2.53)
        for dy in (0.0, 1.73)
    ]
    awning = Finish(cloth, "stripes", (225, 228, 230))
    roof = Block(
        rectangle(x - 0.25, y - 0.3, x + 2.85, y + 2.1), 2.5, Finish(cloth, "stripes"), awning, 2.28, solid=False
    )
    return (counter, *poles, roof)


def planter(x: float, y: float, side_m: float = 1.6) -> tuple[Block, ...]:
    """Build a square planter with a hedge."""
    half = side_m / 2
    rim = Block(rectangle(x - half, y - half, x + half, y + half), 0.5, Finish((128, 134, 140), "plain"))
    inner = half - 0.12
    green = Finish((52, 88, 62), "foliage")
    hedge = Block(rectangle(x - inner, y - inner, x + inner, y + inner), 0.8, green, green, 0.5, solid=False)
    return (rim, hedge)
