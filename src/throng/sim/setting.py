"""What a scene looks like: the ground, the things that stand on it, and the light."""

from dataclasses import dataclass
from math import cos, pi, sin
from typing import Literal

from throng.sim.script import Corners

Colour = tuple[int, int, int]
"""Blue, green, red, 0 to 255, as OpenCV has it."""

Pattern = Literal["plain", "brick", "tiles", "windows", "bars", "wood", "stripes", "foliage", "water", "posters"]
Paving = Literal["slabs", "cobbles", "asphalt", "concrete", "tiles"]


@dataclass(frozen=True, slots=True)
class Finish:
    """The surface of one side of a thing.

    Attributes:
        colour: its main colour.
        pattern: what it is made of.
        accent: the second colour of the pattern, None for a darker main colour.
    """

    colour: Colour
    pattern: Pattern = "plain"
    accent: Colour | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A thing with upright sides.

    Attributes:
        footprint: corners on the ground, counter-clockwise, convex, site metres.
        top_m: height of its upper side.
        side: surface of the sides.
        top: surface of the upper side; None for the same as the sides.
        base_m: height of its lower side.
        solid: people walk around it.
        wall: it hides people entirely, so that the truth calls them invisible.
        shadow: the sun casts its shadow.
    """

    footprint: Corners
    top_m: float
    side: Finish
    top: Finish | None = None
    base_m: float = 0.0
    solid: bool = True
    wall: bool = False
    shadow: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree.

    Attributes:
        at: place of its trunk, site metres.
        height_m: height of its top.
        spread_m: width of its crown.
    """

    at: tuple[float, float]
    height_m: float = 6.5
    spread_m: float = 4.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A flat area of another colour on the ground.

    Attributes:
        corners: its corners, site metres.
        colour: its colour.
        strength: share of its colour that covers the ground, in (0, 1].
    """

    corners: Corners
    colour: Colour
    strength: float = 0.6


@dataclass(frozen=True, slots=True)
class Ground:
    """What people walk on.

    Attributes:
        paving: what it is made of.
        colour: its main colour.
        marks: painted or laid areas.
    """

    paving: Paving
    colour: Colour
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Light:
    """The light.

    Attributes:
        sun_from_deg: compass-like direction that the sun shines from: 0 is +x, 90 is +y.
        sun_height_deg: height of the sun above the horizon.
        sun: share of direct light, 0.0 indoors.
        gain: overall brightness, 1.0 for an ordinary day.
        drift: how far the brightness swings around the gain, 0.05 for a few clouds.
        tint: colour of the light, factors for blue, green, red.
    """

    sun_from_deg: float = 212.0
    sun_height_deg: float = 48.0
    sun: float = 0.5
    gain: float = 1.0
    drift: float = 0.04
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything that is seen apart from people."""

    ground: Ground
    light: Light = Light()
    blocks: tuple[Block, ...] = ()
    trees: tuple[Tree, ...] = ()
    sky: Colour = (214, 196, 178)


def round_footprint(centre: tuple[float, float], radius_m: float, corners: int = 12) -> Corners:
    """Return a regular polygon, counter-clockwise, site metres."""
    angles = [2 * pi * k / corners for k in range(corners)]
    return tuple((centre[0] + radius_m * cos(a), centre[1] + radius_m * sin(a)) for a in angles)
