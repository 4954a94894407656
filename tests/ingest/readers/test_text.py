"""Text files in any encoding, and plain texts as documents."""

import codecs
from pathlib import Path

import pytest

from ingest.errors import ReadError, SkipSource
from ingest.readers import text as reader
from ingest.readers.dispatch import read_document
from ingest.readers.document import Section
from ingest.readers.text import decode_text

GERMAN = "Die größten Häuser der Stadt stehen am Flußufer, und über ihnen kreisen Möwen. Früher war hier ein Hafen."
FRENCH = "Le café est servi à l'ombre d'un vieux châtaignier, où l'été s'étire. C'était déjà le rêve de mon père."
ITALIAN = "Perché la città è così bella? Più tardi andrò al caffè, però non c'è fretta."
POLISH = "W Szczebrzeszynie chrząszcz brzmi w trzcinie, a łódka płynie przez jezioro. Zażółć gęślą jaźń."
CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy. Děti si hrály na zahradě u řeky."
TURKISH = "Pijamalı hasta yağız şoföre çabucak güvendi. Çocuklar bahçede oynuyordu."
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. Дети играли в саду у реки."
GREEK = "Η γρήγορη καφέ αλεπού πηδάει πάνω από το τεμπέλικο σκυλί. Τα παιδιά έπαιζαν στον κήπο."
JAPANESE = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。"
CHINESE = "我们在河边的花园里玩耍,天气很好。孩子们喜欢看鸟。"
KOREAN = "우리는 강가의 정원에서 놀았다. 아이들은 새를 보는 것을 좋아한다."


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("café", "latin-1"),
        ("größer", "latin-1"),
        ("Müller\n", "latin-1"),
        ("El Niño", "latin-1"),
        ("20° C, ½ Liter, §5", "latin-1"),
        ("A photo of a café in Zürich.", "latin-1"),
        ("“Smart quotes” – it’s a naïve café … 5 €", "cp1252"),
        (GERMAN, "latin-1"),
        (FRENCH, "latin-1"),
        (ITALIAN, "latin-1"),
        (POLISH, "cp1250"),
        (POLISH, "iso8859-2"),
        (CZECH, "cp1250"),
        (TURKISH, "cp1254"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (GREEK, "cp1253"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
        ("The word for bird is written " + CHINESE + " in this quite long English sentence.", "gb18030"),
        (KOREAN, "euc_kr"),
        (GERMAN + RUSSIAN + JAPANESE + "🦉", "utf-8"),
        (GERMAN + JAPANESE + "🦉", "utf-8-sig"),
        (GERMAN + JAPANESE + "🦉", "utf-16"),
        (GERMAN + JAPANESE + "🦉", "utf-32"),
        (GERMAN, "utf-16-le"),
        (GERMAN, "utf-16-be"),
        (JAPANESE, "iso2022_jp"),
        ("Příliš žluťoučký kůň", "cp1250"),
        ("Café à la crème", "mac-roman"),
        ("Ça coûte 5 €, très cher", "iso8859-15"),
    ],
)
def test_texts_come_out_right_whatever_they_are_encoded_in(text: str, encoding: str) -> None:
    assert decode_text(text.encode(encoding)) == text


def test_big_endian_texts_are_known_by_their_mark() -> None:
    for mark, encoding in ((codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF32_BE, "utf-32-be")):
        assert decode_text(mark + GERMAN.encode(encoding)) == GERMAN


def test_utf_8_with_a_lost_byte_stays_utf_8() -> None:
    data = bytearray((RUSSIAN * 5).encode())
    del data[101]
    assert decode_text(bytes(data)).startswith(RUSSIAN[:40])


@pytest.mark.parametrize(
    "data", [b"\0\1\2\3", b"text\0\0\0\0text", bytes(range(256)) * 20, b"\x89PNG\r\n\x1a\n" + b"\0" * 50]
)
def test_binary_content_is_no_text(data: bytes) -> None:
    with pytest.raises(ReadError, match=r"^not a text: "):
        decode_text(data)


def test_line_ends_and_control_characters_are_made_plain() -> None:
    assert (
        decode_text(b"one\r\ntwo\rthree\x0cfour \x1b[1mfive " + b"x" * 99)
        == "one\ntwo\nthree\n\nfour  [1mfive " + "x" * 99
    )


def test_whatever_is_decoded_can_be_stored_as_utf_8() -> None:
    for data in (b"\xff\xfe\x00\xd8a\0", bytes(range(128, 256)) * 9, b"\xed\xa0\x80 abc"):
        decode_text(data).encode()


def test_a_text_takes_its_title_from_a_first_line_that_looks_like_one(tmp_path: Path) -> None:
    document = read_document(write(tmp_path, "notes.txt", "Barn owls\n\nThey hunt at night.\n\nThey are silent.\n"))
    assert document.title == "Barn owls"
    assert document.sections == (Section("", None, "They hunt at night.\n\nThey are silent."),)


@pytest.mark.parametrize(
    "text",
    [
        "A dog on a beach",
        "They hunt at night.\n\nThey are silent.",
        "They hunt at night\nand sleep by day.",
        "x" * 200 + "\n\nThey are silent.",
        "* * *\n\nThey are silent.",
    ],
)
def test_a_text_without_such_a_line_is_called_after_its_file(tmp_path: Path, text: str) -> None:
    document = read_document(write(tmp_path, "night_birds 2.txt", text))
    assert (document.title, document.sections) == ("night birds 2", (Section("", None, text),))


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.rst", "a.html", "a.pdf", "a.TXT"])
@pytest.mark.parametrize("content", [b"", b" \n\t\n "])
def test_empty_documents_are_skipped(tmp_path: Path, name: str, content: bytes) -> None:
    if name == "a.pdf" and content:
        return
    with pytest.raises(SkipSource, match=r"^empty file"):
        read_document(write(tmp_path, name, content))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.html", "<script>1</script>"), ("a.md", "<!-- nothing -->"), ("a.rst", ".. nothing"), ("a.txt", "\ufeff\n")],
)
def test_documents_without_a_word_are_skipped(tmp_path: Path, name: str, content: str) -> None:
    with pytest.raises(SkipSource, match=r"^empty"):
        read_document(write(tmp_path, name, content))


def test_a_binary_file_named_like_a_text_is_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "a.md", "a.rst", "a.html"):
        with pytest.raises(ReadError, match=r"^not a text: "):
            read_document(write(tmp_path, name, b"\x7fELF\2\1\1" + b"\0" * 99))


def test_a_text_above_the_limit_is_refused_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_TEXT_BYTES", 1_000_000)
    path = write(tmp_path, "a.txt", "x" * 1_000_000)
    assert read_document(path).title == "a"
    path.write_bytes(b"x" * 1_000_001)
    with pytest.raises(ReadError, match=r"^too large: .* Cut it into several files, or leave it out\.$"):
        read_document(path)


def test_a_missing_document_is_a_read_error(tmp_path: Path) -> None:
    for name in ("a.txt", "a.pdf"):
        with pytest.raises(ReadError, match="no longer there"):
            read_document(tmp_path / name)
