"""A handout: prepared steps as one self-contained HTML file; each starts a new page when printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from search_app.components.shared import page_layout
from search_app.components.shared.formatting import in_html

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body {
  max-width: 1100px; margin: 0 auto; padding: 2rem 1.5rem 4rem; background: #FFFFFF; color: var(--ns-ink);
  font: 16px/1.5 Inter, 'Helvetica Neue', Arial, sans-serif;
}
header { color: var(--ns-muted); font-size: .9rem; }
section { margin: 1.5rem 0 3rem; }
section > h2 { font: 600 1.7rem/1.2 'Space Grotesk', Inter, sans-serif; margin: 0 0 .4rem; }
section > h2 small { color: var(--ns-muted); font-weight: 400; margin-right: .5rem; }
.note { font-size: 1.1rem; max-width: 70ch; white-space: pre-wrap; }
.lead { color: var(--ns-muted); max-width: 78ch; }
button { appearance: none; cursor: default; }
h4 { margin: .9rem 0 .3rem; }
.ns-hint { display: none; }
@media print {
  @page { size: A4 landscape; margin: 12mm; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  html { font-size: 14px; }
  body { padding: 0; max-width: none; font-size: 14px; }
  section { break-after: page; margin: 0; }
  section:last-of-type { break-after: auto; }
  h2, h4, .note, .lead, .ns-family-description, .ns-section { break-after: avoid; }
  figure, tr, li, svg, .ns-label, .ns-pair, .ns-miss, .ns-numbers, .ns-matrix { break-inside: avoid; }
  .ns-labelled { grid-template-columns: 1fr 1fr; column-gap: 2rem; }
  .ns-label { grid-template-columns: 9rem minmax(0, 1fr); padding: .15rem 0; }
  .ns-strip img { height: 2.1rem; width: 2.5rem; }
  .ns-confusion :is(td, button) { height: 1.05rem; }
  .ns-confusion thead th { height: 5.6rem; }
  .ns-misses { grid-template-columns: repeat(3, 1fr); gap: .5rem; }
  .ns-miss { padding: .4rem .5rem; }
  .ns-miss img { height: 4.4rem; }
  .ns-miss blockquote { min-height: 4.4rem; font-size: .66rem; line-height: 1.25; }
  .ns-miss figcaption { font-size: .66rem; }
  .ns-nearest li { padding: .16rem 0; }
  .ns-nearest img { width: 2rem; height: 2rem; }
  .ns-numbers :is(th, td) { padding: .18rem .9rem .18rem 0; }
  .ns-map-svg, .ns-sheet img { max-height: 105mm; }
  .ns-film { overflow: visible; grid-template-columns: repeat(var(--stations), minmax(0, 1fr)); }
}
"""


@dataclass(frozen=True)
class HandoutPage:
    """One step of a handout."""

    title: str
    note: str
    lead: str
    body: str
    """Self-contained markup."""


def handout_html(space: str, pages: Sequence[HandoutPage]) -> bytes:
    """The sheets as one HTML file with the app's own styles and every picture within."""
    style = page_layout.STYLE.read_text(encoding="utf-8") + Path(__file__).with_name("lab.css").read_text(
        encoding="utf-8"
    )
    sections = "".join(
        f'<section><h2 dir="auto"><small>{number}</small>{in_html(page.title)}</h2>'
        + (f'<p class="note" dir="auto">{in_html(page.note)}</p>' if page.note else "")
        + f'<p class="lead">{in_html(page.lead)}</p>{page.body}</section>'
        for number, page in enumerate(pages, start=1)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Closeness in {in_html(space)}</title><style>{style}{_STYLE}</style></head>"
        f"<body><header>Nearspace · {in_html(space)}</header>{sections}</body></html>\n"
    ).encode()
