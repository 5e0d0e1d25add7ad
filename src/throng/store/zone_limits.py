"""From which densities and counts on a zone is too full, as its row says."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from throng.core.risk_profiles import CROWDSAFE_THRESHOLDS_PER_M2, PROFILES
from throng.store.tables import Zone


@dataclass(frozen=True, slots=True)
class ZoneLimits:
    """Densities in people/m² at which each level begins, and the capacity; None for a zone that is gone or has none."""

    caution: float | None = None
    warning: float | None = None
    critical: float | None = None
    capacity: int | None = None


UNLIMITED = ZoneLimits()


def limits_of(zone: Zone) -> ZoneLimits:
    """Return the limits of a zone: its own, those of its profile, or those of the profile of its use."""
    profile = zone.risk_profile or zone.use
    own = zone.thresholds_per_m2
    if own is not None and len(own) == 3 and profile in PROFILES:
        caution, warning, critical = map(float, own)
    else:
        policy = PROFILES.get(profile)
        caution, warning, critical = CROWDSAFE_THRESHOLDS_PER_M2 if policy is None else policy.thresholds_per_m2
    return ZoneLimits(caution, warning, critical, zone.capacity)


async def zone_limits(session: AsyncSession, zone_ids: Iterable[int]) -> dict[int, ZoneLimits]:
    """Return the limits of zones; those that are gone are missing."""
    rows = await session.scalars(select(Zone).where(Zone.id.in_(sorted(set(zone_ids)))))
    return {zone.id: limits_of(zone) for zone in rows}
