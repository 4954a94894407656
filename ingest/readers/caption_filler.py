"""Descriptions that no person wrote: what cameras and programs put where a caption or a title belongs."""

import re

_LONGEST = 120  # characters: what is longer says something

_MAKERS = (
    "acer|agfa|aiptek|asus|benq|blackberry|canon|casio|creative|epson|exilim|fuji(?:film)?|ge|genius|gopro|hp|htc|"
    "huawei|jenoptik|jvc|kodak|konica(?: minolta)?|kyocera|leica|lg|medion|minolta|motorola|nikon|nokia|olympus|"
    "panasonic|pentax|polaroid|praktica|ricoh|rollei|samsung|sanyo|sharp|sigma|sony(?: ericsson)?|toshiba|vivitar|"
    "xiaomi|yakumo|yashica|digimax|kenox"
)
_PROGRAMS = (
    "vsco|darkroom|snapseed|(?:adobe )?(?:lightroom|photoshop|illustrator)|(?:the )?gimp|picasa|picsart|instagram|"
    "snapchat|meitu|camera ?360|moldiv|retrica|b612|paint(?:\\.net| shop pro| tool sai)?|irfanview|acdsee|"
    "imagemagick|inkscape|"
    "(?:an? )?(?:iphone|ipad|ipod|lumia|pixel|galaxy|gopro|dji)|dji camera|prisma|faceapp|google|canva|jpegmini|tinypng"
)
_UNTITLED = (
    "untitled|no title|without title|title|default(?: title| description)?|no description|no caption|description|"
    "image description|caption|comment|user comments?|binary comment|ohne titel|unbenannt|sans titre|sin t[ií]tulo|"
    "senza titolo|sem t[ií]tulo|zonder titel|naamloos|uden titel|namnl[öo]s|bez tytu[łl]u|bez n[áa]zvu|без названия|"
    "無題|名称未設定|无标题|無標題|未命名|제목 없음"
)
_WHOLE = re.compile(
    rf"(?:{_MAKERS})(?: |$).*\b(?:digital|still)? ?camera"
    rf"|(?:{_MAKERS})(?: (?:dsc|dslr|csc|dslm|gr|camera|corporation|[a-z]*\d[\w-]*))*"
    rf"|<(?:{_MAKERS}) .*>"
    r"|digital(?: still)? ?camera|camera|dsc|my beautiful picture|jpe?g(?: picture| image)?|(?:new |digital )?image"
    r"|exif[ _]jpeg[ _].*|lead technologies.*|creator: gd-jpeg.*|file (?:written|source).*|intel\(r\) jpeg.*|applemark"
    r"|(?:screen ?shot|screen ?capture|bildschirmfoto|capture d.[ée]cran)|ascii|charset=.*|created by .* camera"
    r"|hdrpl|rhdr|oznor(?:hdr)?|cof|edf|dav|mde|sdr|vfy"
    rf"|(?:processed|edited|created|made|taken|shot|captured|filmed|generated|saved|posted|sent|scanned|optimized|"
    rf"compressed|designed) (?:with|by|on|using|from|in|via) (?:{_PROGRAMS})(?: (?:app|camera|mobile|pro|express|cc|x|"
    r"\d[\w.]*|(?:with )?[\w/+-]+ (?:preset|filter)))*"
    rf"|\W*(?:{_UNTITLED})(?:\W*\d+)?\W*",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(
    # A path; a name with the suffix of a picture or film and no space; or one that cameras and phones give.
    r"(?:[a-z]:)?[\\/]?(?:[\w.-]+[\\/])*[\w.()-]+\.(?:jpe?g|png|gif|tiff?|bmp|heic|heif|webp|avif|mp4|mov|avi|mpg|3gp|"
    r"cr[23]|nef|arw|dng|orf|rw2|raf|pef|srw|raw)"
    r"|dcim[\\/].*"
    r"|(?:_?dsc[nf]?|_?img[ep]?|pict|mvi|mov|vid|pxl|gopr|g[hx]|dji|sam|cimg|dcp|sdc|wp|hpim|imag|rimg|photo|image|picture|"
    r"pic|scan|foto|bild|file|frame|screenshot|snapshot|whatsapp image|p|l|s)[ _-]*\d[\d _-]*"
    r"(?:wa\d+|at [\d.]+|\(?[a-z]?\d*\)?)?|\d{3}[_-]\d{4}",
    re.IGNORECASE,
)
_MONTHS = (
    "jan|feb|fev|fév|fevr|févr|mar|mär|maer|maa|mrt|mars|apr|avr|abr|may|mai|maj|mag|maggio|mei|jun|jui|giu|jul|lug|"
    "aug|aoû|aou|ago|sep|set|oct|okt|ott|out|nov|dec|dez|déc|dic|des|ene|gen"
)
_DAYS = "mon|tue|wed|thu|fri|sat|sun|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag"
_DATE = re.compile(
    # Figures, with no more letters than a date or a time has.  A short number may be a label.
    rf"(?!\d{{1,3}}$)(?=.*\d)(?:[\d\s.,:;/+'()–-]|[年月日時时分秒]|\b[ap]\.?m\b\.?|(?<=\d)(?:st|nd|rd|th|T|Z|h)|\b(?:utc|gmt|at|of|um|uhr|de)\b"
    rf"|\b(?:{_MONTHS})\w{{0,6}}\b|\b(?:{_DAYS})\w{{0,6}}\b)+",
    re.IGNORECASE,
)


def without_filler(text: str) -> str:
    """`text`; or '' where it tells nothing of a picture: a camera's or a program's filler, a date, a file's name."""
    line = " ".join(text.split())
    if not line or len(line) > _LONGEST:
        return text if line else ""
    if any(pattern.fullmatch(line) for pattern in (_WHOLE, _FILE_NAME, _DATE)):
        return ""
    return text if any(map(str.isalnum, line)) or not line.isascii() else ""
