"""Retrieval figures as a table."""

from collections.abc import Sequence

from search_app.components.shared.formatting import in_html
from search_app.lab.evaluation import DEPTHS, RetrievalDirection


def table(found: Sequence[tuple[str, Sequence[RetrievalDirection]]]) -> str:
    """Directions as a table in markup, the same direction of several encoders under one another, with their names.

    The names are untrusted.
    """
    titles = (*(f"at {depth}" for depth in DEPTHS), "nDCG", "asked")
    heads = "".join(f'<th scope="col">{title}</th>' for title in titles)
    rows = ""
    for kind in dict.fromkeys(one.name for _, directions in found for one in directions):
        for name, directions in found:
            of = f"<small>{in_html(name)}</small>" if len(found) > 1 else ""
            rows += "".join(_row(one, of) for one in directions if one.name == kind)
    return f'<table class="ns-numbers"><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table>'


def _row(one: RetrievalDirection, of: str) -> str:
    shares = "".join(f"<td>{100 * share:.1f} %</td>" for share in one.recall)
    return (
        f'<tr><th scope="row">{one.name}{of}</th>{shares}<td>{one.ndcg:.3f}</td>'
        f'<td class="ns-many">{one.questions:,} among {one.among:,}</td></tr>'
    )
