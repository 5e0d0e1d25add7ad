"""Documents for office programs: XLSX with living charts, DOCX with pictures of them."""

import io
import re
from datetime import datetime
from typing import Any

import docx as word
from docx.shared import Cm, Pt
from openpyxl import Workbook
from openpyxl.chart import LineChart, Reference
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from throng.report.chart import draw_chart
from throng.report.document import Cell, Document, Table, written

HEAD_FILL = PatternFill("solid", fgColor="E4EAF2")
MOST_WORD_ROWS = 500
"""A DOCX table of more rows takes minutes to open; the rest is in the other formats, and the document says so."""

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SHEET_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")


def xlsx_bytes(document: Document) -> bytes:
    """Return a document as a workbook: one sheet of facts, one per table, with a chart of its numbers."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet), "a new workbook has one"
    first.title = "Summary"
    _summary(first, document)
    for index, table in enumerate(document.tables):
        sheet = book.create_sheet(_sheet_title(table.title, index))
        _fill(sheet, table)
        _chart(sheet, table)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def docx_bytes(document: Document) -> bytes:
    """Return a document for word processors."""
    docx = word.Document()
    section = docx.sections[0]
    section.left_margin = section.right_margin = Cm(2)
    docx.styles["Normal"].font.size = Pt(10)
    docx.add_heading(_clean(document.title), 0)
    docx.add_paragraph(_clean(document.subtitle))
    for label, text in document.facts:
        paragraph = docx.add_paragraph(style="List Bullet")
        paragraph.add_run(_clean(label) + ": ").bold = True
        paragraph.add_run(_clean(text))
    for chart in document.charts:
        docx.add_picture(io.BytesIO(draw_chart(chart)), width=Cm(17))
    for table in document.tables:
        _docx_table(docx, table)
    for note in document.notes:
        docx.add_paragraph(_clean(note)).runs[0].italic = True
    stream = io.BytesIO()
    docx.save(stream)
    return stream.getvalue()


def _summary(sheet: Worksheet, document: Document) -> None:
    sheet["A1"], sheet["A2"] = _clean(document.title), _clean(document.subtitle)
    sheet["A1"].font = Font(bold=True, size=14)
    row = 4
    for label, text in document.facts:
        sheet.cell(row, 1, _clean(label)).font = Font(bold=True)
        _put(sheet, row, 2, text)
        row += 1
    for note in document.notes:
        row += 1
        sheet.cell(row, 1, _clean(note)).font = Font(italic=True)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 34, 60


def _fill(sheet: Worksheet, table: Table) -> None:
    for number, column in enumerate(table.columns, 1):
        cell = sheet.cell(1, number, column.heading)
        cell.font, cell.fill = Font(bold=True), HEAD_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(number)].width = 20
    for row_number, row in enumerate(table.rows, 2):
        for number, (value, column) in enumerate(zip(row, table.columns, strict=True), 1):
            cell = _put(sheet, row_number, number, value)
            if isinstance(value, float):
                cell.number_format = "0." + "0" * column.digits if column.digits else "0"
    sheet.freeze_panes = "B2"


def _put(sheet: Worksheet, row: int, column: int, value: Cell) -> Any:
    cell = sheet.cell(row, column)
    if isinstance(value, datetime):
        cell.value = value.replace(tzinfo=None)  # spreadsheets know no time zones; the sheet says which one it is
        cell.number_format = "yyyy-mm-dd hh:mm:ss"
    elif isinstance(value, str):
        cell.value = _clean(value)
        cell.data_type = "s"  # never a formula
    else:
        cell.value = value
    return cell


def _chart(sheet: Worksheet, table: Table) -> None:
    timed = bool(table.rows) and isinstance(table.rows[0][0], datetime)
    numeric = [i for i in range(1, len(table.columns)) if any(isinstance(row[i], float) for row in table.rows)]
    if not timed or not numeric or len(table.rows) < 2:
        return
    chart = LineChart()
    chart.title, chart.height, chart.width = table.title, 9, 24
    for i in numeric[:3]:
        values = Reference(sheet, min_col=i + 1, min_row=1, max_row=len(table.rows) + 1)
        chart.add_data(values, titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=len(table.rows) + 1))
    chart.display_blanks = "gap"
    sheet.add_chart(chart, f"{get_column_letter(len(table.columns) + 2)}2")


def _docx_table(docx: Any, table: Table) -> None:
    docx.add_heading(_clean(table.title), 1)
    rows = table.rows[:MOST_WORD_ROWS]
    grid = docx.add_table(rows=1 + len(rows), cols=len(table.columns), style="Light Grid Accent 1")
    cells = list(grid._cells)  # noqa: SLF001  asking row by row is quadratic in python-docx
    texts = [column.heading for column in table.columns]
    texts += [written(cell, column) for row in rows for cell, column in zip(row, table.columns, strict=True)]
    for cell, text in zip(cells, texts, strict=True):
        cell.text = _clean(text)
    if len(table.rows) > len(rows):
        docx.add_paragraph(
            f"The first {len(rows)} of {len(table.rows)} rows; all of them are in the XLSX, CSV and JSON files."
        )


def _sheet_title(title: str, index: int) -> str:
    return f"{index + 1} {_SHEET_FORBIDDEN.sub(' ', _clean(title))}"[:31]


def _clean(text: str) -> str:
    """Leave out what XML cannot hold."""
    return _FORBIDDEN.sub("", text)
