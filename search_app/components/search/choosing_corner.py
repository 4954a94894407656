"""The corner of a result that chooses it, for the actions on several; `choosing` listens to it."""

from ingest.space import Item
from search_app.components.shared.formatting import headline, in_html


def choosing_corner(item: Item) -> str:
    """The HTML of the checkbox in the corner of the result that shows `item`."""
    name, item_id = in_html(f"Choose {headline(item)}"), in_html(item.id)
    return (
        f'<button type="button" class="ns-choose" data-choose="{item_id}" role="checkbox" aria-checked="false" '
        f'aria-label="{name}"></button>'
    )
