"""Makes small true PDFs: pages of lines of text, as a word processor's would be."""

import io
from collections.abc import Sequence

import pypdf


def pdf_of(pages: Sequence[Sequence[str]], *, title: str = "", bookmarks: Sequence[tuple[str, int]] = ()) -> bytes:
    """Return a PDF of `pages` of lines, WinAnsi characters only; `bookmarks` are (title, page from 1)."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(pages), b" ".join(b"%d 0 R" % (4 + 2 * n) for n in range(len(pages)))),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for number, lines in enumerate(pages):
        drawn = b"".join(b"(%s) Tj T*\n" % _escaped(line) for line in lines)
        content = b"BT /F1 11 Tf 14 TL 60 780 Td\n" + drawn + b"ET"
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % (5 + 2 * number),
            b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        ]
    data = _file_of(objects)
    if not title and not bookmarks:
        return data
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.add_metadata({"/Title": title})
    for words, page in bookmarks:
        writer.add_outline_item(title=words, page_number=page - 1)
    return written(writer)


def with_compressed_pages(pages: Sequence[Sequence[str]]) -> tuple[bytes, int]:
    """Return a PDF of `pages` and where the content of its second page begins."""
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf_of(pages)))
    for page in writer.pages:
        page.compress_content_streams()
    data = written(writer)
    return data, data.index(b"stream", data.index(b"endstream") + 9) + len("stream\n")


def written(writer: pypdf.PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _escaped(line: str) -> bytes:
    return line.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _file_of(objects: Sequence[bytes]) -> bytes:
    data, places = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    data += b"".join(b"%010d 00000 n \n" % place for place in places)
    data += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(data)
