"""The report of a zone or a site over a time, as a document that can be written in any format."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from throng.report.document import Cell, Chart, Column, Document, Series, Table, Threshold
from throng.server.api.history_points import Bucketed, zone_points
from throng.server.zone_statistics import Spread, ZoneStatistics
from throng.store.columns import to_us
from throng.store.history import zone_history
from throng.store.history_plan import Buckets
from throng.store.zone_limits import limits_of

POINT_FIELDS = ("count", "density_mean_per_m2", "density_peak_per_m2", "speed_mean_mps")
NOTES = (
    "Counts and densities are means of the readings of each piece of time; largest values are of single readings.",
    "Time of which nothing is known is left open: an empty cell is not zero people.",
    "Seconds above a threshold are those in which the upper end of the 90 % interval was above it.",
)

POINT_COLUMNS = (
    Column("at", "Begin"),
    Column("count_mean", "People, mean", digits=1),
    Column("count_max", "People, largest", digits=1),
    Column("density_mean_per_m2", "Density, mean", "people/m²"),
    Column("density_peak_per_m2", "Density, local peak", "people/m²"),
    Column("speed_mean_mps", "Speed", "m/s"),
    Column("share_unknown", "Unknown", "share"),
    Column("above_warning_s", "Above warning", "s", digits=0),
    Column("above_100_s", "Above capacity", "s", digits=0),
)
SITE_COLUMNS = (
    Column("zone", "Zone"),
    Column("capacity", "Capacity", "people"),
    Column("count_mean", "People, mean", digits=1),
    Column("count_max", "People, largest", digits=1),
    Column("count_max_at", "at"),
    Column("density_max_per_m2", "Density, largest mean", "people/m²"),
    Column("above_warning_s", "Above warning", "s", digits=0),
    Column("above_100_s", "Above capacity", "s", digits=0),
    Column("share_unknown", "Unknown", "share"),
)


async def zone_document(session: AsyncSession, one: ZoneStatistics, *, of: Buckets, now: datetime) -> Document:
    """Return the report of a zone: its figures, charts of people and density, and a table of its history.

    Args:
        session: reads.
        one: its statistics.
        of: the pieces of time of charts and table.
        now: when the report is made.
    """
    place = ZoneInfo(one.site.time_zone)
    found = await zone_history(session, one.zone.id, of, fields=POINT_FIELDS)
    points = zone_points(found, Bucketed(of, to_us(now)), POINT_FIELDS)
    at = [point["at"].astimezone(place) for point in points]
    return Document(
        title=f"{one.site.name}: {one.zone.name}",
        subtitle=_span(one, place),
        made_at=now.astimezone(place),
        facts=zone_facts(one, place),
        charts=(_people_chart(one, at, points, place), _density_chart(one, at, points, place)),
        tables=(Table("History", POINT_COLUMNS, [_row(t, point) for t, point in zip(at, points, strict=True)]),),
        notes=NOTES,
    )


def site_document(site_name: str, every: Sequence[ZoneStatistics], *, now: datetime) -> Document:
    """Return the report of a site: one row per zone, the fullest first."""
    place = ZoneInfo(every[0].site.time_zone) if every else ZoneInfo("UTC")
    ordered = sorted(every, key=lambda one: -(one.values["count"].high or 0.0))
    return Document(
        title=site_name,
        subtitle=_span(every[0], place) if every else "There are no zones.",
        made_at=now.astimezone(place),
        facts=(("Zones", str(len(every))),),
        tables=(Table("Zones", SITE_COLUMNS, [_site_row(one, place) for one in ordered]),),
        notes=NOTES,
    )


def zone_facts(one: ZoneStatistics, place: ZoneInfo) -> tuple[tuple[str, str], ...]:
    """Return the single figures of a zone as label and text."""
    count, density = one.values["count"], one.values["density_mean_per_m2"]
    busiest = ", ".join(f"{h.begin.astimezone(place):%a %d %b %H:%M} ({h.count:.0f})" for h in one.busiest[:3])
    capacity = "not set" if one.zone.capacity is None else f"{one.zone.capacity} people"
    return (
        ("Capacity", capacity),
        ("People", _spread(count, place, "people", digits=0)),
        ("Density", _spread(density, place, "people/m²", digits=2)),
        ("Busiest hours", busiest or "nothing is known"),
        ("Above the warning threshold", _duration(one.above_s["above_warning_s"])),
        ("Above capacity", _duration(one.above_s["above_100_s"])),
        ("Nothing is known of", f"{100 * one.share_unknown:.1f} % of the time"),
    )


def _span(one: ZoneStatistics, place: ZoneInfo) -> str:
    start, end = (at.astimezone(place) for at in (one.since, one.until))
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} ({one.site.time_zone})"


def _spread(value: Spread, place: ZoneInfo, unit: str, *, digits: int) -> str:
    if value.mean is None or value.high is None or value.high_at is None:
        return "nothing is known"
    at = value.high_at.astimezone(place)
    return f"{value.mean:.{digits}f} {unit} on average, {value.high:.{digits}f} at most ({at:%a %d %b %H:%M})"


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _people_chart(one: ZoneStatistics, at: list[datetime], points: list[dict[str, object]], place: ZoneInfo) -> Chart:
    mean, low, high = (_values(points, "count", part) for part in ("mean", "min", "max"))
    capacity = one.zone.capacity
    limits = () if capacity is None else (Threshold(f"capacity {capacity}", float(capacity)),)
    series = Series("mean, with smallest and largest", at, mean, low, high)
    return Chart("People", "people", one.since.astimezone(place), one.until.astimezone(place), (series,), limits)


def _density_chart(one: ZoneStatistics, at: list[datetime], points: list[dict[str, object]], place: ZoneInfo) -> Chart:
    series = (
        Series("mean of the zone", at, _values(points, "density_mean_per_m2", "mean")),
        Series("local peak, largest", at, _values(points, "density_peak_per_m2", "max")),
    )
    limits = limits_of(one.zone)
    named = (("caution", limits.caution), ("warning", limits.warning), ("critical", limits.critical))
    thresholds = tuple(Threshold(f"{name} {value:g}", value) for name, value in named if value is not None)
    start, end = one.since.astimezone(place), one.until.astimezone(place)
    return Chart("Density", "people/m²", start, end, series, thresholds)


def _values(points: list[dict[str, object]], field: str, part: str) -> list[float | None]:
    found: list[float | None] = []
    for point in points:
        values = point["values"]
        assert isinstance(values, dict), "a point holds its values by field"
        found.append(values[field][part])
    return found


def _row(at: datetime, point: dict[str, object]) -> list[Cell]:
    values = point["values"]
    assert isinstance(values, dict), "a point holds its values by field"
    cells: list[object] = [
        at,
        values["count"]["mean"],
        values["count"]["max"],
        values["density_mean_per_m2"]["mean"],
        values["density_peak_per_m2"]["max"],
        values["speed_mean_mps"]["mean"],
        *(point[name] for name in ("share_unknown", "above_warning_s", "above_100_s")),
    ]
    return cells  # type: ignore[return-value]


def _site_row(one: ZoneStatistics, place: ZoneInfo) -> list[Cell]:
    count, density = one.values["count"], one.values["density_mean_per_m2"]
    return [
        one.zone.name,
        one.zone.capacity,
        count.mean,
        count.high,
        None if count.high_at is None else count.high_at.astimezone(place),
        density.high,
        one.above_s["above_warning_s"],
        one.above_s["above_100_s"],
        one.share_unknown,
    ]
