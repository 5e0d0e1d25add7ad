"""Fall or still body: somebody who walked lies or stands still where everybody else moves, and nobody else stops."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from throng.core.event_look import CALM, MOVING_MPS, Look, Verdict
from throng.core.event_standers import Standers
from throng.core.points import FloatArray, Mask

_RADIUS_M = 3.0
_OWN_M = 0.75
_HABIT_M = 8.0
_STANDS_S = 5.0
_WATCHED_FROM_S = 2.0
_BEGINS_S = 8.0
_SURE_S = 10.0
_APPEARED_S = 25.0
"""Things that are taken for people last for seconds."""

_UNSEEN_S = 3.0
_SEEN_SHARE = 0.6
_LONG_S = 60.0
_LONGEST_S = 300.0
_SHARE_OF_NEW = 0.15
_HELD = 0.6
_MOST = 64


class FallRule:
    """Somebody who came walking and has been still for 10 s, while the others within 3 m walk past.

    On average 3.5 of them or more, at least 80 % of those who are there: a queue or an audience has others who stand.
    Those whose velocity is unknown are taken to move as the others there. Where stopping is usual, a pause is no fall:
    people within 8 m who stand for 5 s or more and those who stopped there for 8 s in the last ten minutes must be
    fewer than 15 % of the people who are there now, without those who stopped within 3 m later, who may help; else only
    somebody who stays for a minute, and twice as long as the longest of those stops, is called. Once called, it holds
    until they move or are lost, for five minutes at most after the others stopped passing.

    Args:
        polygon: the zone, site metres.
    """

    def __init__(self, polygon: tuple[tuple[float, float], ...]) -> None:
        self._polygon = polygon
        self.restart()

    def restart(self) -> None:
        """Forget everybody."""
        self._standers = Standers(self._polygon)

    def update(self, look: Look) -> Verdict | None:
        """Judge one look; None where nobody is seen or few velocities are known."""
        if look.blind or look.followed_share < 0.3:
            return None
        standers = self._standers
        standers.update(look)
        still_s = standers.still_s
        walked = standers.came_walking()
        watched = np.flatnonzero((still_s >= _WATCHED_FROM_S) & (walked | standers.appeared()))
        if len(watched) == 0:
            return CALM
        if len(watched) > _MOST:
            watched = np.sort(watched[np.argsort(-still_s[watched], kind="stable")[:_MOST]])
        body = _bodies(standers, watched, look, walked[watched])
        seen = look.at_s - standers.seen_s[watched] <= _UNSEEN_S
        seen &= standers.seen_share[watched] >= _SEEN_SHARE
        scores = np.where(seen, body.scores(), 0.0)
        standers.down_s[watched[(scores >= 0.5) & (body.still_s >= _SURE_S)]] = look.at_s
        held = look.at_s - standers.down_s[watched] <= _LONGEST_S
        scores = np.where(held, np.maximum(scores, _HELD), scores)
        worst = int(np.argmax(scores))
        return body.verdict(worst, float(scores[worst])) if scores[worst] > 0 else CALM


@dataclass(frozen=True, slots=True, eq=False)
class _Bodies:
    """Those who came walking and are still.

    Attributes:
        at_m: (K, 2) where, site metres.
        still_s: (K,) for how long.
        walked: (K,) they were seen to walk before; the others appeared where they are.
        passing: (K,) people within 3 m who walk, mean over the last looks.
        share: (K,) of the people there.
        habit: (K,) people within 8 m who stop of their own accord, per person who is there.
        longest_s: (K,) their longest stop.
    """

    at_m: FloatArray
    still_s: FloatArray
    walked: Mask
    passing: FloatArray
    share: FloatArray
    habit: FloatArray
    longest_s: FloatArray

    def scores(self) -> FloatArray:
        """(K,) how surely each of them is down."""
        amid = np.minimum(
            np.interp(self.passing, (2.0, 3.5, 8.0), (0.0, 0.5, 1.0)),
            np.interp(self.share, (0.6, 0.8, 0.97), (0.0, 0.5, 1.0)),
        )
        long_s = np.maximum(_LONG_S, 2 * self.longest_s)
        unusual = np.maximum(
            np.interp(self.habit, (0.05, 0.15, 0.25), (1.0, 0.5, 0.0)),
            np.interp(self.still_s / long_s, (0.8, 1.0, 3.0), (0.0, 0.5, 1.0)),
        )
        lasting = np.where(
            self.walked,
            np.interp(self.still_s, (_STANDS_S, _BEGINS_S, 40.0), (0.0, 0.5, 1.0)),
            np.interp(self.still_s, (10.0, _APPEARED_S, 60.0), (0.0, 0.5, 1.0)),
        )
        return np.asarray(np.minimum(np.minimum(amid, unusual), lasting), dtype=np.float64)

    def verdict(self, which: int, score: float) -> Verdict:
        """Say what there is to say of one of them."""
        came = " after walking" if self.walked[which] else " and was not seen to come"
        words = (
            f"one person has been still for {self.still_s[which]:.0f} s{came}",
            f"{self.passing[which]:.1f} people within {_RADIUS_M:.0f} m walk past, {self.share[which]:.0%} of those "
            "there",
        )
        x, y = self.at_m[which]
        return Verdict(score, words, (float(x), float(y)))


def _bodies(standers: Standers, watched: NDArray[np.intp], look: Look, walked: Mask) -> _Bodies:
    at_m, still_s = standers.at_m[watched], standers.still_s
    around, people = _around(at_m, look)
    before = standers.around[watched]
    mean = np.where(np.isnan(before), around, _SHARE_OF_NEW * around + (1 - _SHARE_OF_NEW) * before)
    standers.around[watched] = mean
    standing = np.flatnonzero(still_s >= _STANDS_S)
    off = _apart_m(at_m, standers.at_m[standing])
    helping = (off < _RADIUS_M) & (standers.since_s[standing] > standers.since_s[watched, None])
    others = (off < _HABIT_M) & (off > _OWN_M) & ~helping
    stops = standers.stops
    stopped = _apart_m(at_m, stops[:, :2]) < _HABIT_M
    return _Bodies(
        at_m=at_m,
        still_s=still_s[watched],
        walked=walked,
        passing=mean[:, 0],
        share=mean[:, 0] / np.maximum(mean.sum(axis=1), 1e-9),
        habit=(others.sum(axis=1) + stopped.sum(axis=1)) / np.maximum(people, 1.0),
        longest_s=np.where(stopped, stops[:, 2], 0.0).max(axis=1, initial=0.0),
    )


def _around(at_m: FloatArray, look: Look) -> tuple[FloatArray, FloatArray]:
    """People who pass and who stand within 3 m of each place, (K, 2), and all within 8 m, (K,)."""
    off = _apart_m(at_m, look.ground)
    moves = look.known & (look.speeds_mps > MOVING_MPS)
    groups = np.where(np.column_stack((moves, look.known & ~moves, ~look.known)), look.weights[:, None], 0.0)
    others = (off < _RADIUS_M) & (moves | (off > _OWN_M))
    passing, standing, unknown = (others.astype(np.float64) @ groups).T
    # Whose velocity is unknown is taken to move as the others there.
    more = 1 + unknown / np.maximum(passing + standing, 1e-9)
    near = np.column_stack((passing, standing)) * np.where(passing + standing > 0, more, 0.0)[:, None]
    return near, (off < _HABIT_M).astype(np.float64) @ look.weights


def _apart_m(places: FloatArray, others: FloatArray) -> FloatArray:
    """Distances from each place to each other one, (K, N)."""
    return np.asarray(np.hypot(places[:, 0, None] - others[:, 0], places[:, 1, None] - others[:, 1]))
