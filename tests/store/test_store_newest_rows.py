"""The newest rows of a zone: of all its cameras together, in order, and alerts held one at a time."""

from measured import NOON_US, SECOND_US, add_zone, batch, store, with_store, zone_row

from throng.store.columns import from_us
from throng.store.database import Database
from throng.store.newest_rows import newest_rows
from throng.store.tables import Alert
from throng.store.zone_alerts import AlertFigure, figures, open_of


def test_newest_rows_of_several_cameras(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        zone, camera = await add_zone(database)
        one = [zone_row(zone, camera, NOON_US + k * SECOND_US, count=float(k)) for k in range(5)]
        two = [zone_row(zone, 99, NOON_US + k * SECOND_US, count=None if k == 6 else 10.0 + k) for k in (2, 6)]
        await store(database, batch([*one, *two, zone_row(zone + 1, camera, NOON_US + 9 * SECOND_US)]))

        async def seen(limit: int = 10, **wanted: int | bool) -> list[tuple[int, int]]:
            async with database.read() as session:
                rows = await newest_rows(session, zone, limit=limit, **wanted)  # type: ignore[arg-type]
            return [(row["camera_id"], (row["at_us"] - NOON_US) // SECOND_US) for row in rows]

        assert await seen(3) == [(99, 6), (camera, 4), (camera, 3)]
        assert await seen(4, known=True) == [(camera, 4), (camera, 3), (camera, 2), (99, 2)]
        assert await seen(camera_id=99) == [(99, 6), (99, 2)]
        span = {"since_us": NOON_US + 2 * SECOND_US, "until_us": NOON_US + 4 * SECOND_US}
        assert await seen(**span) == [(camera, 3), (camera, 2), (99, 2)]
        assert await seen(until_us=NOON_US) == []

    with_store(database_url, scenario)


def test_alerts_of_a_zone_and_figures_of_all(database_url: str) -> None:
    async def scenario(database: Database) -> None:
        zone, _ = await add_zone(database)
        at = from_us(NOON_US)

        def alert(site: int, rule: str, state: str) -> Alert:
            acknowledged = at if state != "active" else None
            return Alert(
                site_id=site, zone_id=zone, rule=rule, merge_key=rule, level="warning", state=state, title="",
                raised_at=at, acknowledged_at=acknowledged,
            )  # fmt: skip

        async with database.write() as session:
            session.add_all([alert(1, "a", "active"), alert(1, "a", "resolved"), alert(1, "b", "acknowledged")])
        async with database.read() as session:
            assert [one.rule for one in await open_of(session, zone, ["a", "c"])] == ["a"]
            assert await open_of(session, zone + 1, ["a"]) == []
            found = await figures(session, site_ids=frozenset({1}))
            assert sorted(found, key=lambda one: (one.rule, one.state)) == [
                AlertFigure("a", "warning", "active", 1, 0),
                AlertFigure("a", "warning", "resolved", 1, 1),
                AlertFigure("b", "warning", "acknowledged", 1, 1),
            ]
            assert await figures(session, site_ids=frozenset({2})) == []
            assert await figures(session, site_ids=None, since=from_us(NOON_US + 1)) == []

    with_store(database_url, scenario)
