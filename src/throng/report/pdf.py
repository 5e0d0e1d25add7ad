"""Documents as PDF, A4, with pages numbered."""

import io
from typing import Any

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Image, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from throng.report.chart import FONTS, HEIGHT, WIDTH, draw_chart
from throng.report.document import Document, Table, written

WIDE_COLUMNS = 8
MOST_PDF_ROWS = 2000
REGULAR, BOLD = "Vera", "VeraBd"

_STYLES = {
    "title": ParagraphStyle("title", fontName=BOLD, fontSize=18, leading=23, spaceAfter=4),
    "heading": ParagraphStyle("heading", fontName=BOLD, fontSize=12, leading=16, spaceBefore=10, spaceAfter=5),
    "text": ParagraphStyle("text", fontName=REGULAR, fontSize=9, leading=13),
    "note": ParagraphStyle("note", fontName=REGULAR, fontSize=8, leading=11, textColor=colors.HexColor("#5a626e")),
    "cell": ParagraphStyle("cell", fontName=REGULAR, fontSize=7.5, leading=9.5),
    "head": ParagraphStyle("head", fontName=BOLD, fontSize=7.5, leading=9.5),
}


def pdf_bytes(document: Document) -> bytes:
    """Return a document as PDF; wide tables turn the pages to landscape."""
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))
    wide = any(len(table.columns) > WIDE_COLUMNS for table in document.tables)
    size = landscape(A4) if wide else A4
    stream = io.BytesIO()
    margin = 1.8 * cm
    template = SimpleDocTemplate(
        stream, pagesize=size, leftMargin=margin, rightMargin=margin, topMargin=margin, bottomMargin=margin,
        title=document.title, author="Throng", subject=document.subtitle,
    )  # fmt: skip
    width = size[0] - 2 * margin
    footer = _footer(document)
    template.build(_story(document, width), onFirstPage=footer, onLaterPages=footer)
    return stream.getvalue()


def _story(document: Document, width: float) -> list[Any]:
    story: list[Any] = [_text(document.title, "title"), _text(document.subtitle, "text"), Spacer(1, 8)]
    for label, text in document.facts:
        story.append(Paragraph(f'<font name="{BOLD}">{_escaped(label)}</font>: {_escaped(text)}', _STYLES["text"]))
    for chart in document.charts:
        story += [Spacer(1, 10), Image(io.BytesIO(draw_chart(chart)), width=width, height=width * HEIGHT / WIDTH)]
    for table in document.tables:
        story += [_text(table.title, "heading"), _table(table, width)]
        if len(table.rows) > MOST_PDF_ROWS:
            rest = f"The first {MOST_PDF_ROWS} of {len(table.rows)} rows; all of them are in the other formats."
            story.append(_text(rest, "note"))
    story += [Spacer(1, 8), *[_text(note, "note") for note in document.notes]]
    return story


def _table(table: Table, width: float) -> LongTable:
    rows = table.rows[:MOST_PDF_ROWS]
    cells = [[_text(column.heading, "head") for column in table.columns]]
    plain = len(rows) > 200  # paragraphs in each cell would take a minute
    for row in rows:
        texts = [written(cell, column) for cell, column in zip(row, table.columns, strict=True)]
        cells.append(list(texts) if plain else [_text(text, "cell") for text in texts])
    grid = LongTable(cells, colWidths=[width / len(table.columns)] * len(table.columns), repeatRows=1)
    grid.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e4eaf2")),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#ccd2da")),
                ("FONT", (0, 1), (-1, -1), REGULAR, 7.5),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return grid


def _footer(document: Document) -> Any:
    made = document.made_at.strftime("%Y-%m-%d %H:%M %Z")

    def draw(canvas: Any, template: Any) -> None:
        canvas.saveState()
        canvas.setFont(REGULAR, 7)
        canvas.setFillGray(0.4)
        canvas.drawString(template.leftMargin, cm, f"Throng   {document.title}   made {made}"[:140])
        canvas.drawRightString(template.pagesize[0] - template.rightMargin, cm, f"page {template.page}")
        canvas.restoreState()

    return draw


def _text(text: str, style: str) -> Paragraph:
    return Paragraph(_escaped(text), _STYLES[style])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
