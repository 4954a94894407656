"""The README on serving: its commands and its sign-in file are valid, and its links lead somewhere."""

import re
import shlex
from pathlib import Path

from ingest.cli import make_parser
from search_app.access.sign_in_policy import SignInPolicy, read_sign_in_file

FILE = Path(__file__).parents[3] / "search_app" / "server" / "README.md"
README = FILE.read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    (?:\w+=(?:\$\([^)]*\)|\S+) )?(nearspace .*)$", README, flags=re.MULTILINE)


def test_every_command_is_accepted_with_its_options() -> None:
    assert len(COMMANDS) >= 8
    for command in COMMANDS:
        options = make_parser().parse_args(shlex.split(command)[1:])
        assert options.command == command.split()[1]


def test_the_sign_in_file_is_accepted_as_it_is_shown(tmp_path: Path) -> None:
    shown = re.search(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    assert shown
    file = tmp_path / "sign-in.toml"
    file.write_text(shown[1].replace('cookie_secret = "..."', f'cookie_secret = "{"a" * 32}"'), encoding="utf-8")
    policy = read_sign_in_file(file)
    assert policy == SignInPolicy(
        ("ada@example.org", "@example.com"), editors=("ada@example.org",), folders=("/srv/pictures",)
    )


def test_every_link_to_a_file_leads_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (FILE.parent / link).exists()] == []
