"""Options of the command line for the fields of a question, as its schema declares them.  Imports nothing heavy."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ingest.commands.options import positive_int
from search_app.search.aliases import aliases_of, with_present_names
from search_app.search.fields import fields_of, read_fields
from search_app.search.query import DEFAULT_RESULTS, Query
from search_app.search.query_schema import PLAIN, Filters, Listing, MapView
from search_app.search.value_types import Flag, size_of


def add_filters(command: argparse.ArgumentParser) -> None:
    """Add an option for each filter of the schema."""
    group = command.add_argument_group(
        "which items",
        "Only items that pass all of these. Options that take a KIND, FOLDER, SUFFIX, NAME or PHRASE may be repeated.",
    )
    _add_fields(group, Filters, Filters())


def add_listing(command: argparse.ArgumentParser) -> None:
    """Add an option for each field of a listing, and those for the number of results and a file of them."""
    group = command.add_argument_group("how results are listed")
    group.add_argument(
        "-k",
        "--count",
        dest="count",
        type=positive_int,
        default=DEFAULT_RESULTS,
        metavar="N",
        help=f"{fields_of(Query)['count'].help} (default: {DEFAULT_RESULTS})",
    )
    _add_fields(group, Listing, PLAIN)
    group.add_argument(
        "--export",
        type=Path,
        metavar="FILE",
        help="also write the results to FILE.csv, FILE.json, or with their originals to FILE.zip",
    )


def filters_and_listing(options: argparse.Namespace) -> tuple[Filters, Listing]:
    """What the options stand for; raises FieldError for a value that cannot be read."""
    params = {_sized(name, values): values for name, values in getattr(options, _SetField.DEST, {}).items()}
    present, written = with_present_names(params, "option")
    filters = Filters(**read_fields(Filters, present, strict=True, bounded=False, written=written))
    values = read_fields(Listing, present, strict=True, written=written)
    listing = Listing(**{name: values.get(name, getattr(PLAIN, name)) for name in fields_of(Listing)})
    return filters, listing


def add_map_view(command: argparse.ArgumentParser, names: Sequence[str]) -> None:
    """Add an option for each of these fields of the view of a map."""
    _add_fields(command, MapView, MapView(), names)


def map_view(options: argparse.Namespace) -> MapView:
    """The view that the options stand for; raises FieldError for a value that cannot be read."""
    return MapView(**read_fields(MapView, getattr(options, _SetField.DEST, {}), strict=True))


def _add_fields(
    group: "argparse._ActionsContainer", schema: type[object], defaults: object, names: Sequence[str] = ()
) -> None:
    for name, field in fields_of(schema).items():
        if names and name not in names:
            continue
        details: dict[str, Any] = {"action": _SetField, "many": field.many}
        details |= {"nargs": 0} if isinstance(field.type, Flag) else {"metavar": field.type.metavar}
        default = getattr(defaults, name)
        shown = f" (default: {field.type.write(default)})" if isinstance(default, int | float | str) and default else ""
        group.add_argument(_option(name), dest=name, help=f"{field.help}{shown}".replace("%", "%%"), **details)
        for alias in aliases_of("option"):
            if alias.name == name:
                group.add_argument(_option(alias.former), dest=alias.former, help=argparse.SUPPRESS, **details)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _sized(name: str, values: Sequence[str]) -> str:
    """The field that `--min-size` or `--max-size` stands for: of pixels, or by its unit of bytes."""
    if name in ("min-size", "max-size") and (size_of(values[-1]) or (0, 0))[1]:
        return name.replace("-size", "_bytes")
    return name


class _SetField(argparse.Action):
    """Keeps the value of a field as text, under the name of the option."""

    DEST = "fields"

    def __init__(self, *, many: bool, **usual: Any) -> None:
        super().__init__(default=argparse.SUPPRESS, **usual)
        self._many = many

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        fields: dict[str, list[str]] = dict(getattr(namespace, self.DEST, {}))
        value = str(values) if self.nargs != 0 else "on"
        fields[self.dest] = [*fields.get(self.dest, ()), value] if self._many else [value]
        setattr(namespace, self.DEST, fields)
