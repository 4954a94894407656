"""The options of the command line that concern a Chroma server of the user's own."""

import argparse
import os

from ingest.space.chroma_address import ADDRESS_VARIABLE, HEADERS_VARIABLE, ChromaAddress, address_of

LOCAL = "local"
"""What stands for this machine, in place of an address."""

_INGESTING = (
    "A space is searched through a Chroma server that Nearspace starts on this machine, unless it is made with an "
    "address here; it is then known to be there, and every command finds it. `nearspace repair --chroma` moves it."
)
_MOVING = "The index is filled anew from the ledger where it is moved to, and deleted where it was."


def add_chroma_options(command: argparse.ArgumentParser, *, moving: bool = False) -> None:
    """Let `command` take the address of a server; `moving` if it moves the index there."""
    group = command.add_argument_group("where the index lives", _MOVING if moving else _INGESTING)
    group.add_argument(
        "--chroma",
        metavar="URL",
        help=f"move the index to this Chroma server (https://host:port/path), or back to this machine ({LOCAL})"
        if moving
        else "the address of a Chroma server of your own, https://host:port/path (default for a new space: "
        f"${ADDRESS_VARIABLE}, else this machine)",
    )
    group.add_argument(
        "--chroma-header",
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="a header that the server wants; may be repeated. Write 'NAME: $VARIABLE' or 'NAME: Bearer $VARIABLE' in "
        "single quotation marks, and the space remembers the variable and never its value; a value that stands here "
        f"itself serves this run alone (later ones: export {HEADERS_VARIABLE}='NAME: VALUE')",
    )
    group.add_argument("--chroma-ca", metavar="FILE", help="the certificate authority to trust for it (PEM)")
    group.add_argument("--chroma-tenant", metavar="NAME", help="its tenant (default: Chroma's own default)")
    group.add_argument("--chroma-database", metavar="NAME", help="its database (default: Chroma's own default)")


def chroma_of(options: argparse.Namespace) -> ChromaAddress | None:
    """The address that the options give; None if they give none.

    Raises:
        SettingsError: it cannot be used.
    """
    others = (options.chroma_header, options.chroma_ca, options.chroma_tenant, options.chroma_database)
    url = options.chroma or (os.environ.get(ADDRESS_VARIABLE) if any(others) else None)
    return address_of(
        url,
        options.chroma_header,
        ca_file=options.chroma_ca,
        tenant=options.chroma_tenant,
        database=options.chroma_database,
    )


def chroma_in_environment() -> ChromaAddress | None:
    """The address in $NEARSPACE_CHROMA, where a space that is made has its index; None if there is none."""
    return address_of(os.environ.get(ADDRESS_VARIABLE))
