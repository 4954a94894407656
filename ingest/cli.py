"""The `nearspace` command.  It imports nothing heavy itself, so that `--help` answers at once."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import ingest
from ingest.commands.chroma_options import add_chroma
from ingest.commands.options import HOME_HELP, add_device, add_ingesting, add_told, add_where
from ingest.errors import NearspaceError
from ingest.run.engines.ray_pool import add_engine
from ingest.run.report import INTERRUPTED, NOTHING_DONE
from search_app.commands.map_options import add_map, add_topics
from search_app.commands.query_options import SEARCH_EPILOG, add_composing
from search_app.commands.search_options import add_filters, add_listing

# The module of each command; it is imported when the command is given, and has a function `run`.
_COMMANDS = {
    "ingest": "ingest.commands.ingest",
    "watch": "ingest.commands.watch",
    "remove": "ingest.commands.remove",
    "status": "ingest.commands.status",
    "check": "ingest.commands.check",
    "repair": "ingest.commands.repair",
    "tune": "ingest.commands.tune",
    "reencode": "ingest.commands.reencode",
    "demo": "ingest.commands.demo",
    "encoders": "ingest.commands.encoders",
    # The command line is where the two packages meet: these commands ask a space, and belong to the app's side.
    "search": "search_app.commands.search",
    "app": "search_app.commands.app",
    "topics": "search_app.commands.topics",
    "map": "search_app.commands.map",
    "serve": "search_app.commands.serve",
    "mcp": "search_app.commands.mcp",
}

_EPILOG = """\
examples:
  nearspace demo                                    the sample collection, in the browser
  nearspace ingest ~/Pictures ~/Notes               read folders into the space
  nearspace watch ~/Pictures                        keep the space in step as files change
  nearspace search "a red sports car"               search from the terminal
  nearspace search --image car.jpg "at night" -k 5  a picture and words together
  nearspace search beach --minus people             words, and what to leave out
  nearspace app                                     search in the browser, beside the map
  nearspace serve                                   search over HTTP, from other programs
"""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="nearspace",
        description="Text and images in one latent space: ingest folders, search across modalities, see the map.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"nearspace {ingest.__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    add = commands.add_parser(
        "ingest",
        help="read files and folders into a space",
        description="Reads pictures and documents under each PATH into a space. A second run encodes only what is new "
        "or changed, and forgets files that are gone.",
        epilog="exit status: 0 all went well, 1 some files failed (or too many are gone to be removed without --yes), "
        "2 nothing could be done, 130 stopped with Ctrl-C: what is done is kept, and the same command goes on",
    )
    add.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help="a folder, walked recursively, a file, or a web address (http, https), fetched; - for paths and addresses "
        "on standard input, one a line",
    )
    add_ingesting(add)
    add_engine(add)
    add.add_argument("--report", type=Path, metavar="FILE", help="write every file's outcome to this JSON file")
    add.add_argument(
        "--dry-run", action="store_true", help="say what would happen and how long it would take, and write nothing"
    )
    add_told(add)

    keep = commands.add_parser(
        "watch",
        help="keep a space in step with folders as their files change",
        description="Ingests each PATH as `nearspace ingest` does, and then every file that is added, changed, moved "
        "or deleted, as that happens, until Ctrl-C. A page that is open shows what is new.",
        epilog="Where the system does not tell of changes (some network folders), WATCHFILES_FORCE_POLLING=1 looks for "
        "them instead. Exit status: 0 ended with Ctrl-C, 2 nothing could be done.",
    )
    keep.add_argument("paths", nargs="+", metavar="PATH", help="a folder, watched recursively, or a file")
    add_ingesting(keep)
    add_told(keep)

    _add_remove(commands)

    find = commands.add_parser(
        "search",
        help="search a space from the terminal",
        description="Prints the items closest in meaning to words, pictures and items, asked together.",
        epilog=SEARCH_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_composing(find)
    find.add_argument("--json", action="store_true", help="print the results as JSON")
    add_where(find)
    add_filters(find)
    add_listing(find)

    add_topics(commands, add_where)
    add_map(commands, add_where)

    app = commands.add_parser("app", help="open the search page in the browser")
    add_where(app)
    _add_serving(app)

    _add_http(commands.add_parser("serve", help="search over HTTP, from other programs", description=_SERVE))

    add_where(
        commands.add_parser(
            "mcp",
            help="give an assistant search over a space (MCP)",
            description="Speaks the Model Context Protocol on standard input and output: an assistant that starts this "
            "command gets the tools search, similar and show over the space, and none that changes it.",
        )
    )

    status = commands.add_parser("status", help="say what is in a space")
    add_where(status)
    status.add_argument("--json", action="store_true", help="print as JSON")

    _add_care(commands)

    encoders = commands.add_parser("encoders", help="list the encoders to choose from")
    encoders.add_argument("--here", action="store_true", help="only those whose weights are on this machine")
    encoders.add_argument("--json", action="store_true", help="print as JSON")

    _add_tune(commands.add_parser("tune", help="tune lite to your own captioned pictures", description=_TUNE))

    again = commands.add_parser(
        "reencode",
        help="give a space the vectors of another encoder",
        description="Encodes every item of a space anew, from the sources that the space knows, and swaps the vectors "
        "when all are there; until then the old ones serve, also to an app that runs. What is interrupted goes on "
        "when the same command is given again.",
        epilog="exit status: 0 the space has the encoder's vectors, 2 it is as it was",
    )
    again.add_argument("--encoder", required=True, metavar="ID", help="the encoder that the space is to have")
    add_where(again)
    add_device(again)
    again.add_argument(
        "--drop-missing",
        action="store_true",
        help="let pictures leave the space whose files are gone, changed or unreadable now",
    )

    demo = commands.add_parser("demo", help="ingest the sample collection and open the search page")
    demo.add_argument("--home", type=Path, metavar="DIR", help=HOME_HELP)
    _add_serving(demo)
    return top


_TUNE = (
    "Trains the end of lite's image tower on captioned pictures, in minutes on a CPU, and keeps it as lite:NAME. "
    "A part of the pictures is held out, and tells how well pictures and captions are found before and after. Texts "
    "keep their vectors, so `nearspace reencode --encoder lite:NAME` only encodes a space's images anew."
)


_SERVE = (
    "Serves one space over HTTP until Ctrl-C: search with words and pictures, items, thumbnails, originals and what "
    "the space holds. The page at / describes it. This machine alone is served, unless --host says otherwise: then "
    "every request needs the token that $NEARSPACE_TOKEN holds, as `Authorization: Bearer TOKEN`."
)


def _add_http(command: argparse.ArgumentParser) -> None:
    add_where(command)
    command.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="the address to listen at (default: 127.0.0.1)"
    )
    command.add_argument("--port", type=_port, default=8502, metavar="N", help="the port (default: 8502)")


def _add_remove(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    leave = commands.add_parser(
        "remove",
        help="take files out of a space; the files themselves stay",
        description="Takes the sources at and below each PATH out of the space. Their files stay where they are, and "
        "an ingest of a folder around them leaves them out from then on, until one is ingested by its own name.",
    )
    leave.add_argument("paths", nargs="+", metavar="PATH", help="a file, a folder, or a web address, as ingested")
    leave.add_argument("--yes", action="store_true", help="remove them without asking")
    leave.add_argument("--json", action="store_true", help="print as JSON")
    add_where(leave)


def _add_care(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = commands.add_parser(
        "check",
        help="look whether a space is sound",
        description="Looks a space over and changes nothing: manifest, ledger, every vector, thumbnails, and the "
        "ledger against Chroma.",
        epilog="exit status: 0 the space is sound, 1 it has problems, 2 it cannot be looked at",
    )
    check.add_argument("--full", action="store_true", help="compare every item with Chroma, not a sample")
    repair = commands.add_parser(
        "repair",
        help="mend a space that is not sound",
        description="Mends what `nearspace check` finds, and says what it did. Chroma is filled anew from the ledger, "
        "thumbnails are made anew, and sources whose vectors are broken are read again at the next ingest. No item "
        "leaves the space.",
        epilog="exit status: 0 the space is sound now, 1 some problems are left, 2 nothing could be done",
    )
    add_chroma(repair, moving=True)
    for command in (check, repair):
        add_where(command)
        command.add_argument("--json", action="store_true", help="print as JSON")


def _add_serving(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--port", type=_port, metavar="N", help="the port of the page (default: 8501, or the next free)"
    )
    command.add_argument(
        "--sign-in",
        type=Path,
        metavar="FILE",
        help="let in only who signs in (OpenID Connect), as this TOML file says: the table [auth] of Streamlit's "
        "st.login, and [nearspace] with allowed = [addresses]",
    )
    command.add_argument(
        "--allow-changes",
        action="store_true",
        help="let whoever reaches the page change spaces, also where it is opened to other machines (with --sign-in "
        "only the editors whom FILE names may)",
    )
    command.add_argument(
        "--allow-folder",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="let them ingest folders in DIR, whose files can then be read by all who search; repeatable; implies "
        "--allow-changes",
    )
    command.add_argument(
        "--headless",
        action="store_true",
        default=bool(os.environ.get("NEARSPACE_HEADLESS")),
        help="do not open a browser (also: NEARSPACE_HEADLESS=1)",
    )


def _add_tune(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "captioned",
        type=Path,
        metavar="CAPTIONED_FOLDER",
        help="a folder of pictures with captions beside them (a.txt or a.jpg.txt for a.jpg) or in a table (CSV, TSV or "
        "JSONL with columns image and caption), or such a table itself",
    )
    command.add_argument("--name", required=True, metavar="NAME", help="the encoder is then called lite:NAME")
    command.add_argument("--overwrite", action="store_true", help="replace an encoder of that name")
    command.add_argument(
        "--keep-anyway", action="store_true", help="keep the encoder even if it is no better than lite"
    )


def _port(given: str) -> int:
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        raise argparse.ArgumentTypeError(f"{given!r} is not a port from 1 to 65535")
    return int(given)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = parser().parse_args(arguments)
    try:
        status: int = import_module(_COMMANDS[options.command]).run(options)
    except NearspaceError as error:
        from ingest.console.output import show_error

        show_error(str(error))
        return NOTHING_DONE
    except KeyboardInterrupt:
        from ingest.console.output import say

        say("stopped; what was done so far is kept, and the same command goes on from there")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (`head`, say) has gone.  Python would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
