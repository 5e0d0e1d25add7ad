"""Before a stage: a surge to the front, and a crowd that only waves. A script moves these people."""

import numpy as np
from shapely import box

from throng.core.points import FloatArray
from throng.core.site import Use, Zone
from throng.sim.scenario import HARMLESS, Danger, Scenario, Standing, eased
from throng.sim.scenarios.parts import watched
from throng.sim.script import Script, rectangle

STAGE = (0.0, -3.0)
PUSHES_S = (80.0, 110.0, 140.0, 170.0)
PUSH_S = 8.0
CLOSER = 0.855
"""What is left of the distance to the stage after one push."""

WAVE_HZ = 0.4
WAVE_M = 0.12
WAVES_S = (60.0, 200.0)


def pushed(places: FloatArray, time_s: float) -> FloatArray:
    """Move everybody towards the stage, push by push, so that the density grows by the same factor everywhere."""
    left = np.prod([1 - (1 - CLOSER) * eased(time_s, start, PUSH_S) for start in PUSHES_S])
    return np.column_stack((places[:, 0], places[:, 1] * left))


def waved(places: FloatArray, time_s: float) -> FloatArray:
    """Let everybody swing from side to side, those further right a little later."""
    strength = eased(time_s, WAVES_S[0], 6.0) - eased(time_s, WAVES_S[1], 6.0)
    swing = WAVE_M * strength * np.sin(2 * np.pi * WAVE_HZ * time_s - 0.25 * places[:, 0])
    return np.column_stack((places[:, 0] + swing, places[:, 1]))


def stage_surge() -> Scenario:
    """A dense audience is pushed to the front in four pushes, from 3 to 5.6/m²."""
    zone = Zone("front", rectangle(-5.0, 0.2, 5.0, 4.2), 160, Use.STANDING, "Front of stage")
    return Scenario(
        "stage-surge",
        "Surge to the front of a stage",
        watched("Festival", zone),
        box(-8.0, -4.0, 8.0, 20.0),
        Script(),
        230.0,
        Danger("crush", PUSHES_S[0]),
        Standing((-5.4, 0.1, 5.4, 12.0), 3.0, STAGE, pushed),
    )


def waving_crowd() -> Scenario:
    """An audience at 2.4/m² swings together for two minutes."""
    zone = Zone("audience", rectangle(-5.0, 0.5, 5.0, 8.5), 320, Use.STANDING, "Audience")
    return Scenario(
        "waving-crowd",
        "Waving crowd",
        watched("Festival", zone),
        box(-8.0, -4.0, 8.0, 20.0),
        Script(),
        260.0,
        HARMLESS,
        Standing((-6.5, -0.5, 6.5, 10.0), 2.4, STAGE, waved),
    )
