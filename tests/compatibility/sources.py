"""The sources of the recorded space: a few tiny files of every kind that a ledger treats in a way of its own."""

import io
import os
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

from PIL import Image, TiffImagePlugin

from tests.fake_encoder import COLOURS

ADDRESS = "http://sources.example/story.html"
STORY = "<html><head><title>A story of the sea</title></head><body><p>The blue sea and a white sail.</p></body></html>"

_FIRST_CHANGED = 1_577_880_000  # noon, UTC, of a day in 2020
_BETWEEN = 86_400 * 40  # seconds


def make_sources(root: Path) -> None:
    """Write all sources below `root`, which is empty, with fixed times of change."""
    _pictures(root / "pictures")
    _trips(root / "trips")
    _notes(root / "notes")
    _tables(root)
    _frames(root / "frames" / "blink.gif")
    _album(root / "album.zip")
    save_picture(root / "drafts" / "old.png", "red", (30, 30))
    _write(root / "drafts" / "old words.txt", "old red words")
    for number, path in enumerate(sorted(path for path in root.rglob("*") if path.is_file())):
        changed = _FIRST_CHANGED + _BETWEEN * number
        os.utime(path, (changed, changed))


def ingest_runs(sources: Path) -> Iterator[list[str]]:
    """The command lines, behind `nearspace ingest`, that read the sources, and how."""
    yield [*(str(sources / name) for name in ("pictures", "notes", "tables", "album.zip"))]
    yield [str(sources / "shop"), "--image-column", "picture", "--text-column", "text"]
    yield [str(sources / "frames"), "--frames", "2"]
    yield [str(sources / "trips"), "--gps"]
    yield [ADDRESS]


@contextmanager
def web_of_the_sources() -> Iterator[None]:
    """A proxy that answers for the page of the web, and for nothing else."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = STORY.encode()
            self.send_response(200 if self.path == ADDRESS else 404)
            for name, value in (("content-type", "text/html"), ("etag", '"1"'), ("content-length", str(len(content)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    proxies = {"HTTP_PROXY": f"http://127.0.0.1:{server.server_port}", "NO_PROXY": "127.0.0.1,localhost"}
    try:
        with mock.patch.dict(os.environ, proxies):
            yield
    finally:
        server.shutdown()
        server.server_close()


def _pictures(folder: Path) -> None:
    save_picture(folder / "red.jpg", "red", exif=_exif("2019:05:04 18:30:00", "Acme", "One"))
    (folder / "red again.jpg").write_bytes((folder / "red.jpg").read_bytes())
    save_picture(folder / "green.png", "green")
    _write(folder / "green.txt", "a green leaf in the garden")
    save_picture(folder / "orange.jpg", "orange", (200, 150))
    _write(folder / "orange.jpg.txt", "orange fruit on a table")
    save_picture(folder / "tall" / "blue.png", "blue", (40, 90))
    save_picture(folder / "tall" / "red.png", "red", (40, 90))
    save_picture(folder / "yellow.png", "yellow", (50, 50))
    for name in ("purple.gif", "white.webp", "black.bmp", "grey.png", "brown.jpg"):
        save_picture(folder / name, name.split(".")[0])
    striped = _stripes((96, 72))
    striped.save(folder / "stripes.png")
    striped.resize((60, 45)).save(folder / "stripes small.jpg", quality=90)
    pages = [Image.new("RGB", (48, 32), COLOURS[name]) for name in ("blue", "green")]
    pages[0].save(folder / "pages.tif", save_all=True, append_images=pages[1:])
    _write(folder / "broken.png", "this is no picture")
    _write(folder / "sound.mp3", "this is not read")


def _trips(folder: Path) -> None:
    sea = _exif("2021:07:01 09:15:00", "Acme", "Two")
    sea.get_ifd(0x8825).update({1: "N", 2: _degrees(48, 30), 3: "E", 4: _degrees(11, 15)})
    save_picture(folder / "2021" / "sea.jpg", "blue", (300, 200), exif=sea)
    hills = _exif("2022:03:05 07:00:00", "Acme", "Two")
    hills[0x9C9B] = "Hills at dawn".encode("utf-16-le") + b"\0\0"
    hills[0x9C9E] = "hills;morning".encode("utf-16-le") + b"\0\0"
    save_picture(folder / "2022" / "hills.jpg", "green", (150, 220), exif=hills)


def _notes(folder: Path) -> None:
    sentences = " ".join(f"In bed number {number} grows a green plant with {number} leaves." for number in range(1, 9))
    _write(
        folder / "garden.md",
        "---\ntitle: The garden\ndate: 2018-06-01\ntags: [green, garden]\nauthor: Ada\n---\n\n"
        f"# Beds\n\n{sentences}\n\n# Flowers\n\nRed roses and yellow tulips stand at the gate.\n",
    )
    _write(folder / "colours.txt", "Red, green and blue are the colours of light.")
    _write(folder / "colours again.txt", "red green and blue are the colours of light")
    _write(folder / "deep" / "night.txt", "A black night with white stars.")
    _write(
        folder / "page.html",
        "<html><head><title>About purple</title></head><body><h1>Purple</h1>"
        "<p>Purple is red and blue.</p></body></html>",
    )
    _write(
        folder / "film.srt",
        "1\n00:00:01,000 --> 00:00:03,000\nThe orange sun goes down.\n\n"
        "2\n00:01:05,000 --> 00:01:07,000\nGrey clouds come.\n",
    )
    _write(folder / "blank.txt", " \n")
    (folder / "report.pdf").write_bytes(_pdf("A report on brown bread", "The second page tells of yellow butter"))


def _tables(root: Path) -> None:
    _write(
        root / "tables" / "birds.csv",
        "id,text,weight\nk1,a red robin in the snow,18\nk2,a black crow on a wire,500\n"
        "k3,a white swan on a blue lake,9000\n",
    )
    save_picture(root / "shop" / "pics" / "apple.png", (200, 40, 40), (80, 60))
    save_picture(root / "shop" / "pics" / "banana.png", (235, 215, 60), (60, 60))
    _write(
        root / "shop" / "catalogue.csv",
        "id,picture,text,price\na1,pics/apple.png,a crisp red apple,2\nb1,pics/banana.png,a ripe yellow banana,1\n"
        "c1,pics/cherry.png,a dark cherry,3\n",
    )


def _frames(path: Path) -> None:
    path.parent.mkdir(parents=True)
    frames = [Image.new("RGB", (40, 40), COLOURS[name]) for name in ("red", "white", "blue", "black")]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=500)


def _album(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as album:
        for name, content in (
            ("2024/purple.png", _encoded("purple", "PNG")),
            ("2024/brown.jpg", _encoded("brown", "JPEG")),
            ("2024/brown.txt", b"a brown bear"),
            ("2024/broken.jpg", b"no picture"),
            ("words.txt", b"Yellow words within an archive."),
        ):
            album.writestr(zipfile.ZipInfo(name, (2020, 2, 2, 12, 0, 0)), content)


def save_picture(
    path: Path, colour: str | tuple[int, int, int], size: tuple[int, int] = (64, 48), exif: Image.Exif | None = None
) -> None:
    """Write a picture of one colour; its format follows the suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", size, COLOURS[colour] if isinstance(colour, str) else colour)
    options: dict[str, Any] = {"exif": exif} if exif else {}
    picture.save(path, **options)


def _encoded(colour: str, kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (56, 42), COLOURS[colour]).save(out, kind)
    return out.getvalue()


def _stripes(size: tuple[int, int]) -> Image.Image:
    picture = Image.new("RGB", size, COLOURS["white"])
    for left, width in ((0, 20), (34, 12), (60, 25)):
        picture.paste(COLOURS["red"], (left, 0, left + width, size[1] // (1 + left // 30)))
    return picture


def _write(path: Path, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(words.encode())


def _exif(taken: str, maker: str, model: str) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = maker, model
    exif.get_ifd(0x8769)[0x9003] = taken
    return exif


def _degrees(whole: int, minutes: int) -> tuple[TiffImagePlugin.IFDRational, ...]:
    return tuple(TiffImagePlugin.IFDRational(number, 1) for number in (whole, minutes, 0))


def _pdf(*pages: str) -> bytes:
    """A PDF with a line of text a page."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, words in enumerate(pages):
        shown = f"BT /F1 12 Tf 40 100 Td ({words}) Tj ET"
        bodies.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        bodies.append(f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream")
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    trailer = f"<< /Size {len(bodies) + 1} /Root 1 0 R >>"
    end = f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}trailer\n{trailer}\nstartxref\n{len(out)}\n%%EOF\n"
    return out + end.encode()
