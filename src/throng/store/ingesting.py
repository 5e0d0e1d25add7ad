"""Stores several batches in one transaction: everything of them or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from throng.store.batches import Answer, Batch, Newest, Pair, keep_newer, minute_of
from throng.store.driver import is_sqlite
from throng.store.readings import ReadingRows, reading_rows
from throng.store.tables import Happening, ingested_batches

Id = tuple[str, str]
"""(sender, key)."""


async def store_batches(session: AsyncSession, batches: Sequence[Batch]) -> list[Answer]:
    """Store batches and return an answer for each, in their order.

    A batch that was acknowledged before, also one of the same call, changes nothing and gets the answer of then.
    """
    known = await _acknowledged(session, [_id(b) for b in batches if b.key is not None])
    rows = await reading_rows(session)
    # In the order of their names, so that two servers that got the same batches do not wait for each other.
    order = sorted(range(len(batches)), key=lambda i: (batches[i].sender, batches[i].key or ""))
    answers: dict[int, Answer] = {}
    fresh: list[tuple[int, Batch]] = []
    for i in order:
        batch = batches[i]
        repeated = known.get(_id(batch))
        if repeated is None:
            fresh.append((i, batch))
            answers[i] = await _store_rows(session, rows, batch)
            if batch.key is not None:
                known[_id(batch)] = answers[i]
        else:
            answers[i] = _again(repeated)
    await _mark(rows, [batch for _, batch in fresh])
    answers.update(await _acknowledge(session, [(i, b, answers[i]) for i, b in fresh if b.key is not None]))
    return [answers[i] for i in range(len(batches))]


def _id(batch: Batch) -> Id:
    return batch.sender, batch.key or ""


def _again(answer: Answer) -> Answer:
    return Answer(answer.stored, answer.duplicates, answer.rejected, repeated=True)


async def _acknowledged(session: AsyncSession, ids: Sequence[Id]) -> dict[Id, Answer]:
    t = ingested_batches.c
    found = await session.execute(
        select(t.sender, t.idempotency_key, t.answer).where(tuple_(t.sender, t.idempotency_key).in_(ids))
    )
    return {(sender, key): Answer(**answer) for sender, key, answer in found}


async def _store_rows(session: AsyncSession, rows: ReadingRows, batch: Batch) -> Answer:
    stored = await rows.zones(batch.readings) + await rows.lines(batch.line_readings)
    sent = len(batch.readings) + len(batch.line_readings)
    if batch.events:
        await _store_events(session, batch.events)
    return Answer(stored, sent - stored, batch.rejected)


async def _store_events(session: AsyncSession, events: Iterable[Mapping[str, Any]]) -> None:
    """An event is sent again while it goes on: it ends later, and may have become stronger."""
    by_key: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for event in events:
        key = (event["zone_id"], event["camera_id"], event["kind"], event["started_at"])
        if key not in by_key or by_key[key]["ended_at"] <= event["ended_at"]:
            by_key[key] = event
    insert = (sqlite if is_sqlite(session) else postgresql).insert(Happening)
    new = insert.excluded
    greatest: Any = func.max if is_sqlite(session) else func.greatest
    changed = {
        "ended_at": greatest(Happening.ended_at, new.ended_at),
        "score": greatest(Happening.score, new.score),
        "evidence": new.evidence,
    }
    statement = insert.on_conflict_do_update(
        index_elements=["zone_id", "camera_id", "kind", "started_at"], set_=changed
    )
    await session.execute(statement, [dict(by_key[key]) for key in sorted(by_key)])


async def _mark(rows: ReadingRows, batches: Sequence[Batch]) -> None:
    await rows.stale({(r[0], r[1], minute_of(r[2])) for batch in batches for r in batch.readings})
    for table, name in (("latest_zones", "newest_zones"), ("latest_lines", "newest_lines")):
        newest: dict[Pair, Newest] = {}
        for batch in batches:
            for pair, one in getattr(batch, name).items():
                keep_newer(newest, pair, one)
        await rows.latest(table, newest)


async def _acknowledge(session: AsyncSession, answered: Sequence[tuple[int, Batch, Answer]]) -> dict[int, Answer]:
    """Keep the answers; return those of another server that was given the same batch in this very moment."""
    if not answered:
        return {}
    t = ingested_batches.c
    insert = (sqlite if is_sqlite(session) else postgresql).insert(ingested_batches)
    new = [
        {
            "sender": batch.sender,
            "idempotency_key": batch.key,
            "at_us": batch.received_us,
            "answer": {"stored": a.stored, "duplicates": a.duplicates, "rejected": a.rejected},
        }
        for _, batch, a in answered
    ]
    kept = await session.execute(insert.on_conflict_do_nothing().returning(t.sender, t.idempotency_key), new)
    ours = {(sender, key) for sender, key in kept}
    lost = [(i, _id(batch)) for i, batch, _ in answered if _id(batch) not in ours]
    theirs = await _acknowledged(session, [name for _, name in lost]) if lost else {}
    return {i: _again(theirs[name]) for i, name in lost}
