"""The human body as round limbs: joints, a walk cycle, clothes as shapes. All lengths in statures."""

from dataclasses import dataclass
from enum import IntEnum
from math import cos, pi, radians, sin

Vector = tuple[float, float, float]
"""Forward, left, up, from the point between the feet."""


class Material(IntEnum):
    """What a piece of the body shows; the value is its place in a palette."""

    NONE = 0
    SKIN = 1
    HAIR = 2
    TOP = 3
    BOTTOM = 4
    SHOES = 5
    BAG = 6
    HEAD = 7


class Build(IntEnum):
    """What somebody wears, as a shape."""

    SHIRT = 0
    JACKET = 1
    COAT = 2
    DRESS = 3
    BACKPACK = 4


class Gait(IntEnum):
    """How somebody moves."""

    STAND = 0
    WALK = 1
    RUN = 2


PHASES = {Gait.STAND: 4, Gait.WALK: 8, Gait.RUN: 8}
"""Pictures per walk cycle; for standing, different ways to stand."""

CYCLE = {Gait.STAND: 1.0, Gait.WALK: 0.84, Gait.RUN: 1.5}
"""Way of two steps in statures."""


@dataclass(frozen=True, slots=True)
class Limb:
    """A round cone from a to b."""

    a: Vector
    radius_a: float
    b: Vector
    radius_b: float
    material: Material


@dataclass(frozen=True, slots=True)
class _Swing:
    hip_deg: float
    knee_deg: float
    arm_deg: float
    elbow_deg: float
    lean_deg: float


_SWINGS = {
    Gait.STAND: _Swing(3, 0, 2, 12, 0),
    Gait.WALK: _Swing(25, 52, 22, 20, 2),
    Gait.RUN: _Swing(40, 90, 42, 85, 10),
}
_SHAPES = (
    (0.51, 0.052, 0.068),
    (0.575, 0.050, 0.062),
    (0.64, 0.052, 0.060),
    (0.70, 0.064, 0.064),
    (0.76, 0.078, 0.058),
    (0.808, 0.082, 0.037),
    (0.838, 0.042, 0.036),
)
"""The trunk: height, half width and radius of rounded slices."""

THIGH, SHIN, SOLE = 0.25, 0.25, 0.026
UPPER_ARM, FOREARM = 0.165, 0.15


def limbs(build: Build, gait: Gait, phase: int) -> list[Limb]:
    """Return the body of somebody in one moment of the walk cycle, feet on the ground."""
    turn = 2 * pi * phase / PHASES[gait] if gait is not Gait.STAND else 0.0
    swing = _SWINGS[gait]
    legs = [_leg(side, turn + (0 if side > 0 else pi), swing, build) for side in (1, -1)]
    lift = -min(limb.b[2] - limb.radius_b for leg in legs for limb in leg) - 0.5
    parts = [limb for leg in legs for limb in leg]
    parts += _trunk(build)
    for side in (1, -1):
        parts += _arm(side, turn + (pi if side > 0 else 0), swing, build, stance=phase if gait is Gait.STAND else -1)
    parts += _head(build)
    return [_placed(limb, lift + 0.5, swing.lean_deg) for limb in parts]


def _leg(side: int, turn: float, swing: _Swing, build: Build) -> list[Limb]:
    hip = radians(swing.hip_deg) * sin(turn)
    knee = radians(6 + swing.knee_deg * max(0.0, cos(turn)) ** 1.4)
    spread = 0.052 if swing.hip_deg > 5 else 0.06
    start = (0.0, side * 0.052, 0.0)
    middle = (THIGH * sin(hip), side * spread, -THIGH * cos(hip))
    end = (middle[0] + SHIN * sin(hip - knee), side * spread, middle[2] - SHIN * cos(hip - knee))
    toe_angle = (hip - knee) * 0.6
    toe = (end[0] + 0.1 * cos(toe_angle), side * (spread + 0.012), end[2] + 0.1 * sin(toe_angle) - 0.006)
    cloth = Material.SKIN if build is Build.DRESS else Material.BOTTOM
    wide = 1.0 if build is Build.DRESS else 1.1
    return [
        Limb(start, 0.066, middle, 0.046 * wide, Material.BOTTOM),
        Limb(middle, 0.045 * wide, end, 0.03 * wide, cloth),
        Limb(end, SOLE, toe, SOLE * 0.9, Material.SHOES),
    ]


def _trunk(build: Build) -> list[Limb]:
    thick = {Build.SHIRT: 1.0, Build.DRESS: 0.92, Build.JACKET: 1.12, Build.COAT: 1.12, Build.BACKPACK: 1.08}[build]
    parts = [
        Limb(
            (0.0, -half, height - 0.5),
            radius * thick,
            (0.0, half, height - 0.5),
            radius * thick,
            Material.BOTTOM if height < 0.55 and build in {Build.SHIRT, Build.BACKPACK} else Material.TOP,
        )
        for height, half, radius in _SHAPES
    ]
    if build in {Build.COAT, Build.DRESS}:
        hem = 0.3 if build is Build.COAT else 0.31
        for k in range(4):
            height = 0.5 - (0.5 - hem) * k / 3
            half, radius = 0.05 + 0.008 * k, 0.07 + 0.005 * k
            parts.append(Limb((0, -half, height - 0.5), radius, (0, half, height - 0.5), radius, Material.TOP))
    if build is Build.BACKPACK:
        parts += [
            Limb((-0.095, side * 0.035, 0.06), 0.055, (-0.09, side * 0.035, 0.25), 0.05, Material.BAG)
            for side in (1, -1)
        ]
    return parts


def _arm(side: int, turn: float, swing: _Swing, build: Build, *, stance: int) -> list[Limb]:
    shoulder = (0.0, side * 0.118, 0.3)
    angle, elbow = radians(swing.arm_deg) * sin(turn), radians(swing.elbow_deg)
    out = 0.022
    if stance == 1 and side > 0:
        angle, elbow = radians(22), radians(115)
    elif stance == 2:
        angle, elbow, out = radians(6), radians(55), 0.03
    elif stance == 3:
        angle, elbow, out = radians(14), radians(95), 0.0
    middle = (UPPER_ARM * sin(angle), shoulder[1] + side * out, shoulder[2] - UPPER_ARM * cos(angle))
    inward = -0.06 if stance in {1, 2, 3} else -0.012
    bend = angle + elbow
    hand = (
        middle[0] + FOREARM * sin(bend),
        middle[1] + side * inward,
        middle[2] - FOREARM * cos(bend),
    )
    bare = build in {Build.SHIRT, Build.DRESS}
    palm = (hand[0] + 0.03 * sin(bend), hand[1], hand[2] - 0.03 * cos(bend))
    return [
        Limb(shoulder, 0.042, middle, 0.031, Material.TOP),
        Limb(middle, 0.026 if bare else 0.031, hand, 0.02 if bare else 0.026, Material.SKIN if bare else Material.TOP),
        Limb(hand, 0.02, palm, 0.02, Material.SKIN),
    ]


def _head(build: Build) -> list[Limb]:
    parts = [
        Limb((0.0, 0, 0.31), 0.03, (0.006, 0, 0.37), 0.031, Material.SKIN),
        Limb((0.016, 0, 0.408), 0.044, (0.004, 0, 0.44), 0.058, Material.HEAD),
        Limb((0.052, 0, 0.422), 0.011, (0.056, 0, 0.412), 0.012, Material.SKIN),
    ]
    parts += [Limb((0.05, y, 0.44), 0.0072, (0.051, y * 1.35, 0.44), 0.0066, Material.HAIR) for y in (0.016, -0.016)]
    if build is Build.DRESS:
        parts.append(Limb((-0.024, 0, 0.44), 0.052, (-0.04, 0, 0.31), 0.046, Material.HAIR))
    return parts


def _placed(limb: Limb, lift: float, lean_deg: float) -> Limb:
    """Lift the body onto its feet and lean what is above the hips."""
    lean = radians(lean_deg)

    def place(point: Vector) -> Vector:
        x, y, z = point
        if z > 0:
            x, z = x * cos(lean) + z * sin(lean), z * cos(lean) - x * sin(lean)
        return x, y, z + lift

    return Limb(place(limb.a), limb.radius_a, place(limb.b), limb.radius_b, limb.material)
