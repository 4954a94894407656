"""Headings and paragraphs as documents."""

from pathlib import Path

from ingest.readers.document import Block, Section, outline, title_from_name


def test_title_from_name_drops_only_the_suffix() -> None:
    assert title_from_name(Path("a/b.c/my_notes v1.2.txt")) == "my notes v1.2"


def test_headings_part_sections_and_carry_their_parent() -> None:
    blocks = [
        Block("Birds", 1),
        Block("All of them."),
        Block("Owls", 2),
        Block("Silent."),
        Block("Still silent."),
        Block("Barn owl", 3),
        Block("White."),
        Block("Gulls", 2),
        Block("Loud."),
    ]
    document = outline(blocks, title="", name="file")
    assert document.title == "Birds"
    assert document.sections == (
        Section("", None, "All of them."),
        Section("Owls", None, "Silent.\n\nStill silent."),
        Section("Owls: Barn owl", None, "White."),
        Section("Gulls", None, "Loud."),
    )


def test_several_top_headings_are_chapters_and_no_title() -> None:
    document = outline([Block("One", 1), Block("a"), Block("Two", 1), Block("b")], title="", name="file")
    assert document.title == "file" and [section.heading for section in document.sections] == ["One", "Two"]


def test_a_heading_that_repeats_the_title_is_not_carried_twice() -> None:
    document = outline([Block("OWLS", 1), Block("Text.")], title="Owls", name="file")
    assert (document.title, document.sections) == ("Owls", (Section("", None, "Text."),))


def test_no_heading_is_lost() -> None:
    blocks = [Block("Title", 1), Block("Full", 2), Block("a"), Block("Bare", 2), Block("Parent", 2), Block("Child", 3)]
    document = outline(blocks, title="", name="file")
    assert document.sections == (
        Section("Full", None, "a"),
        Section("", None, "Bare"),
        Section("Parent", None, "Child"),
    )
    assert outline([Block("Only", 1)], title="", name="file").sections == (Section("", None, "Only"),)
