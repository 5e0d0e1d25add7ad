"""Tables for programs and plain texts: CSV, JSON and Markdown."""

import csv
import io
import json
from datetime import datetime
from typing import Any

from throng.report.document import Cell, Document, Table, written

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(table: Table) -> str:
    """Return a table as CSV (RFC 4180) with the columns' names as header.

    Texts that a spreadsheet would run as a formula get an apostrophe in front.
    """
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow([column.name for column in table.columns])
    writer.writerows([[_csv_cell(cell) for cell in row] for row in table.rows])
    return stream.getvalue()


def json_text(document: Document) -> str:
    """Return a document as JSON: facts, and each table as a list of objects."""
    content = {
        "title": document.title,
        "subtitle": document.subtitle,
        "made_at": document.made_at.isoformat(),
        "facts": [{"label": label, "text": text} for label, text in document.facts],
        "tables": [{"title": table.title, "rows": _objects(table)} for table in document.tables],
        "notes": list(document.notes),
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def markdown_text(document: Document) -> str:
    """Return a document as Markdown; charts are left out, since the file stands alone."""
    parts = [f"# {_inline(document.title)}", _inline(document.subtitle)]
    if document.facts:
        parts.append("\n".join(f"- **{_inline(label)}**: {_inline(text)}" for label, text in document.facts))
    for table in document.tables:
        parts += [f"## {_inline(table.title)}", _markdown_table(table)]
    parts += [f"_{_inline(note)}_" for note in document.notes]
    return "\n\n".join(parts) + "\n"


def _objects(table: Table) -> list[dict[str, Any]]:
    names = [column.name for column in table.columns]
    return [dict(zip(names, map(_json_cell, row), strict=True)) for row in table.rows]


def _json_cell(cell: Cell) -> Any:
    return cell.isoformat() if isinstance(cell, datetime) else cell


def _csv_cell(cell: Cell) -> Any:
    if isinstance(cell, str) and cell.startswith(FORMULA_STARTS):
        return f"'{cell}"
    if isinstance(cell, float):
        return repr(round(cell, 6))
    return _json_cell(cell)


def _markdown_table(table: Table) -> str:
    lines = [[_inline(column.heading) for column in table.columns], ["---"] * len(table.columns)]
    lines += [
        [_inline(written(cell, column)) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _inline(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
