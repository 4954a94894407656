"""The queries of the recorded space: command lines, requests, tools and links, with every name that they accept.

`{selection}`, `{picture}` and `{steps}` stand for the names of what the space keeps, `{upload}` for a picture's file,
and `{out}` for an empty folder.
"""

ALL = ["-k", "96"]

SEARCHES: dict[str, list[str]] = {
    "words": ["a red apple", *ALL],
    "a picture": ["--image", "{upload}", *ALL],
    "a picture and words": ["--image", "{upload}", "in the garden"],
    "words and what to leave out": ["red", "--plus", "green", "--weight", "2", "--minus", "blue"],
    "a picture to leave out": ["red", "--minus-image", "{upload}"],
    "items": ["--item", "50", "--minus-item", "3", "--weight", "0.5"],
    "between two items": ["--between", "9", "49", "0.25"],
    "between two items, with a weight": ["red", "--between", "9", "49", "0.75", "--weight", "3"],
    "like and unlike": ["red", "--like", "49", "--like", "50", "--unlike", "12"],
    "quoted words": ['"red roses"'],
    "images alone": ["red", "--modality", "image", *ALL],
    "passages alone": ["red", "--modality", "text", *ALL],
    "folders": ["red", "--folder", "pictures/tall", "--folder", "shop", *ALL],
    "a folder in an archive": ["red", "--folder", "sources/album.zip/2024", *ALL],
    "formats": ["red", "--format", "jpg", "--format", "csv", *ALL],
    "after": ["red", "--after", "2022", *ALL],
    "before": ["red", "--before", "2021-07-01", *ALL],
    "after and before": ["red", "--after", "2021-07", "--before", "2022-03-05", *ALL],
    "least size in pixels": ["red", "--min-size", "100x100", *ALL],
    "largest size in pixels": ["red", "--max-size", "0.0025MP", *ALL],
    "least size in bytes": ["red", "--min-size", "1kB", *ALL],
    "largest size in bytes": ["red", "--max-size", "100b", *ALL],
    "orientations": ["red", "--orientation", "portrait", "--orientation", "square", *ALL],
    "landscape": ["red", "--orientation", "landscape", *ALL],
    "colours": ["green", "--colour", "blue", "--colour", "purple", *ALL],
    "captioned": ["red", "--has-caption", *ALL],
    "topics": ["red", "--topic", "plant", "--topic", "brown", *ALL],
    "a title": ["red", "--title", "garden", *ALL],
    "exact words": ["red", "--exact", "green plant", "--exact", "leav*", *ALL],
    "exact words alone": ["--exact", "apple"],
    "a file's name as exact words": ["red", "--exact", "hills", *ALL],
    "metadata": ["red", "--where", "camera=Acme Two", *ALL],
    "a key of the metadata": ["red", "--where", "latitude", *ALL],
    "front matter": ["red", "--where", "author=ada", *ALL],
    "a column of a table": ["red", "--where", "price=2", *ALL],
    "another page": ["red", "-k", "5", "--page", "3"],
    "by date": ["red", "--sort", "date", "-k", "12"],
    "by name, reversed": ["red", "--sort", "name", "--reverse", "-k", "12"],
    "by folder": ["red", "--sort", "folder", "-k", "12"],
    "by size": ["red", "--sort", "size", "-k", "12"],
    "diverse": ["red", "--diversity", "0.7", "-k", "12"],
    "folded": ["red", "--fold", *ALL],
    "grouped": ["red", "--group", *ALL],
    "separate": ["red", "--separate", "-k", "6"],
    "by cosine": ["red", "--method", "cosine", "-k", "15"],
    "centred": ["red", "--method", "centred", "-k", "15"],
    "standardised": ["red", "--method", "standardised", "-k", "15"],
    "by z-scores": ["red", "--method", "zscore", "-k", "15"],
    "by rank fusion": ["red", "--method", "rrf", "-k", "15"],
    "in favour of images": ["red", "--balance", "0.5", "-k", "15"],
    "in favour of passages": ["red", "--balance", "-1", "-k", "15"],
}
"""The arguments of `nearspace search --json`."""

REFUSED_SEARCHES: dict[str, list[str]] = {
    "nothing": [],
    "no folder": ["red", "--folder", "nowhere"],
    "no topic": ["red", "--topic", "nowhere"],
    "no date": ["red", "--after", "yesterday"],
    "no size": ["red", "--min-size", "big"],
    "no key": ["red", "--where", "=x"],
    "no colour": ["red", "--colour", "pinkish"],
    "no item": ["--item", "999"],
    "no picture": ["--image", "{out}/none.png"],
    "no file's format": ["red", "--export", "{out}/found.doc"],
    "no method": ["red", "--method", "best"],
    "no balance": ["red", "--balance", "2"],
    "no page": ["red", "--page", "0"],
    "no order": ["red", "--sort", "rowid"],
    "no diversity": ["red", "--diversity", "2"],
    "no orientation": ["red", "--orientation", "round"],
    "no weight": ["red", "--weight", "9"],
}
"""Arguments that `nearspace search` refuses, by its exit status."""

REQUESTS: dict[str, str] = {
    "words": "/v1/search?text=a+red+apple&count=96",
    "terms": "/v1/search?text=red&term=text:2:green&term=text:-1:blue&term=item:0.5:50&term=between:1:9,49,0.5",
    "like": "/v1/search?text=red&like=49&like=50&unlike=12",
    "like alone": "/v1/search?like=49",
    "modality": "/v1/search?text=red&modality=image&count=96",
    "modalities": "/v1/search?text=red&modality=image&modality=text&count=5",
    "folder": "/v1/search?text=red&folder=pictures/tall&folder=shop&count=96",
    "format": "/v1/search?text=red&format=jpg&format=.CSV&count=96",
    "after": "/v1/search?text=red&after=2022&count=96",
    "before": "/v1/search?text=red&before=2021-07-01&count=96",
    "min-pixels": "/v1/search?text=red&min-pixels=10000&count=96",
    "max-pixels": "/v1/search?text=red&max-pixels=2500&count=96",
    "min-bytes": "/v1/search?text=red&min-bytes=1000&count=96",
    "max-bytes": "/v1/search?text=red&max-bytes=100&count=96",
    "shape": "/v1/search?text=red&shape=portrait&shape=square&count=96",
    "of-colour": "/v1/search?text=green&of-colour=blue&of-colour=purple&count=96",
    "captioned": "/v1/search?text=red&captioned=yes&count=96",
    "topic": "/v1/search?text=red&topic=plant&topic=brown&count=96",
    "title": "/v1/search?text=red&title=garden&count=96",
    "exact": "/v1/search?text=red&exact=green+plant&exact=leav*&count=96",
    "selection": "/v1/search?text=red&selection={selection}&count=96",
    "where": "/v1/search?text=red&where=camera%3DAcme+Two&count=96",
    "page": "/v1/search?text=red&count=5&page=3",
    "sort": "/v1/search?text=red&sort=name&reverse=true&count=12",
    "by date": "/v1/search?text=red&sort=date&count=12",
    "diversity": "/v1/search?text=red&diversity=0.7&count=12",
    "fold": "/v1/search?text=red&fold=true&count=96",
    "group": "/v1/search?text=red&group=true&count=96",
    "quoted": "/v1/search?text=%22red+roses%22",
    "an image": "/v1/items/50",
    "an image of a table": "/v1/items/40",
    "an image with copies": "/v1/items/9",
    "a page of an image": "/v1/items/7",
    "a frame": "/v1/items/48",
    "a passage": "/v1/items/29",
    "a page of a document": "/v1/items/32",
    "a row": "/v1/items/36",
    "a member of an archive": "/v1/items/17",
    "a page of the web": "/v1/items/51",
    "similar": "/v1/items/50/similar?modality=image&folder=pictures&count=4&fold=true",
    "similar, filtered": "/v1/items/29/similar?format=txt&page=1&sort=folder",
    "neighbours": "/v1/items/50/neighbours?count=4",
    "neighbours by distance": "/v1/items/50/neighbours?measure=euclidean&centred=true&count=4",
    "topics": "/v1/topics",
    "ingest": "/v1/ingest",
    "nothing": "/v1/search",
    "an unknown name": "/v1/search?text=red&modalty=image",
    "too many": "/v1/search?text=red&count=97",
    "no count": "/v1/search?text=red&count=many",
    "no modality": "/v1/search?text=red&modality=video",
    "no term": "/v1/search?text=red&term=video:1:x",
    "no folder": "/v1/search?text=red&folder=nowhere",
    "no topic": "/v1/search?text=red&topic=nowhere",
    "no date": "/v1/search?text=red&after=yesterday",
    "no number": "/v1/search?text=red&min-pixels=many",
    "no shape": "/v1/search?text=red&shape=round",
    "no colour": "/v1/search?text=red&of-colour=pinkish",
    "no answer to captioned": "/v1/search?text=red&captioned=no",
    "no key": "/v1/search?text=red&where=%3Dx",
    "no selection": "/v1/search?text=red&selection=mine",
    "no page": "/v1/search?text=red&page=0",
    "no order": "/v1/search?text=red&sort=rowid",
    "no diversity": "/v1/search?text=red&diversity=2",
    "no item": "/v1/items/999",
    "no item's id": "/v1/items/x",
    "no item that is like": "/v1/search?like=999",
    "no measure": "/v1/items/50/neighbours?measure=inner",
    "no way": "/v1/nothing",
}
"""HTTP requests with GET."""

FILES: dict[str, str] = {
    "a thumbnail": "/v1/items/50/thumbnail",
    "a thumbnail of a member": "/v1/items/17/thumbnail",
    "a thumbnail of a row": "/v1/items/40/thumbnail",
    "no thumbnail": "/v1/items/29/thumbnail",
    "an original": "/v1/items/50/original",
    "an original in an archive": "/v1/items/17/original",
    "an original of a row": "/v1/items/40/original",
    "an original of a table": "/v1/items/45/original",
    "an original of the web": "/v1/items/51/original",
}
"""HTTP requests for pictures and files."""

FORMS: dict[str, tuple[str, dict[str, list[str]], list[str]]] = {
    "a picture": ("/v1/search", {"count": ["12"]}, ["image"]),
    "a picture and more": (
        "/v1/search?format=jpg&format=png&page=1&fold=false",
        {
            "text": ["red"],
            "term": ["text:-1:green"],
            "like": ["49"],
            "unlike": ["12"],
            "modality": ["image"],
            "folder": ["pictures", "trips/2021"],
            "count": ["5"],
        },
        ["image", "minus_image"],
    ),
    "no picture": ("/v1/search", {"count": ["many"]}, ["image"]),
}
"""HTTP requests with POST: the address, the form's fields, and the names of the fields that hold the picture."""

TOOLS: list[tuple[str, dict[str, object]]] = [
    ("search", {"text": "a red apple", "count": 5}),
    ("search", {"text": "red", "minus": ["blue"], "modality": "image", "folders": ["pictures"], "count": 4}),
    ("search", {"text": "red", "like": ["49"], "unlike": ["12"]}),
    ("search", {"exact": ["apple"]}),
    ("search", {}),
    ("search", {"text": "red", "count": 97}),
    ("similar", {"item_id": "50", "modality": "image", "folders": ["pictures"], "count": 3}),
    ("similar", {"item_id": "999"}),
    ("show", {"item_id": "50"}),
    ("show", {"item_id": "29"}),
    ("show", {"item_id": "x"}),
]
"""The MCP tools that are called, with their arguments."""

Link = tuple[str, dict[str, str | list[str]]]
WHOLE = {"k": "96", "fold": "off", "group": "off"}
SEARCH, MAP, LAB, LIBRARY = "", "space-map", "closeness-lab", "space-library"
AREA = "-0.2 -0.2;0.4 -0.2;0.4 0.4;-0.2 0.4"

UNSTEADY = ("bits",)
"""Latent spaces in the lab whose figures include measured times."""

LINKS: dict[str, Link] = {
    "a question": (SEARCH, {"q": "red", **WHOLE}),
    "a question as it usually is": (SEARCH, {"q": "red apple"}),
    "a picture": (SEARCH, {"image": "{picture}", "k": "8"}),
    "terms": (
        SEARCH,
        {"q": "red", "k": "12",
         "term": ["text:2:green", "text:-1:blue", "item:0.5:50", "between:1:9,49,0.5", "image:-0.5:{picture}"]},
    ),
    "judgements": (SEARCH, {"q": "red", "like": ["49", "50"], "unlike": "12", "k": "12"}),
    "like an item alone": (SEARCH, {"like": "49", "k": "6"}),
    "modality and folder": (
        SEARCH, {"q": "red", "modality": "image", "folder": ["pictures/tall", "shop/pics", "shop"], **WHOLE}
    ),
    "format": (SEARCH, {"q": "red", "format": ["bmp", "csv"], **WHOLE}),
    "after": (SEARCH, {"q": "red", "after": "2023", **WHOLE}),
    "before": (SEARCH, {"q": "red", "before": "2020-07", **WHOLE}),
    "pixels": (SEARCH, {"q": "red", "min-pixels": "4000", "max-pixels": "40000", **WHOLE}),
    "bytes": (SEARCH, {"q": "red", "min-bytes": "100", "max-bytes": "200", **WHOLE}),
    "shape": (SEARCH, {"q": "red", "shape": ["portrait", "square"], **WHOLE}),
    "of-colour": (SEARCH, {"q": "red", "of-colour": ["blue", "purple"], **WHOLE}),
    "captioned": (SEARCH, {"q": "red", "captioned": "yes", **WHOLE}),
    "topic": (SEARCH, {"q": "red", "topic": ["plant", "brown"], **WHOLE}),
    "selection": (SEARCH, {"q": "red", "selection": "{selection}", **WHOLE}),
    "title": (SEARCH, {"q": "red", "title": "garden", **WHOLE}),
    "exact": (SEARCH, {"q": "red", "exact": ["green plant", "leav*"], **WHOLE}),
    "where": (SEARCH, {"q": "red", "where": ["camera=Acme Two", "latitude"], **WHOLE}),
    "method and balance": (SEARCH, {"q": "red", "method": "cosine", "balance": "0.5", "k": "12"}),
    "separate lists, as a list": (SEARCH, {"q": "red", "lists": "separate", "view": "list", "k": "6"}),
    "order and page": (SEARCH, {"q": "red", "sort": "name", "order": "reverse", "page": "2", "k": "2", "fold": "off"}),
    "diversity": (SEARCH, {"q": "red", "diversity": "0.7", "k": "8"}),
    "unfolded and opened": (SEARCH, {"q": "red", "unfold": "40", "open": "50", "k": "10"}),
    "the search page's map": (SEARCH, {"q": "red", "k": "3", "map": "3d", "gap": "open", "colour": "folder"}),
    "what cannot be read": (
        SEARCH,
        {"q": "red", "k": "many", "image": "x", "term": "video:1:x", "like": "x", "after": "soon", "min-pixels": "-1",
         "shape": "round", "method": "best", "balance": "9", "sort": "rowid", "page": "0", "diversity": "2",
         "map": "4d", "spot": "x", "window": "x", "unknown": "1"},
    ),
    "the map": (MAP, {"q": "red", "k": "5", "colour": "topic", "item": "50", "space": "recorded"}),
    "the map by distance": (MAP, {"item": "50", "distance": "euclidean", "gap": "open", "names": "off"}),
    "the map in three dimensions": (MAP, {"map": "3d", "colour": "date", "spot": "0.1 0.2 -0.1"}),
    "another projection": (MAP, {"projection": "tsne", "pictures": "shown", "window": "-0.5 -0.5 0.5 0.5"}),
    "axes": (MAP, {"axis": ["text:red>text:blue", "3"], "colour": "match", "q": "green", "k": "3"}),
    "an axis between items": (MAP, {"axis": ["item:9>item:49"], "colour": "meta:camera"}),
    "a map of a topic": (MAP, {"topic": "plant"}),
    "a map of exact words": (MAP, {"exact": "apple", "where": "price"}),
    "an area and what is hidden": (MAP, {"area": AREA, "hide": "passages", "shape": "landscape"}),
    "closeness of pairs": (
        LAB,
        {"part": "pairs", "pairs-thing": ["text:1:red", "item:1:50", "text:1:a red apple", "image:1:{picture}"],
         "pairs-by": "euclidean", "pairs-gap": "open", "pairs-cell": "0-2"},
    ),
    "why it matches": (LAB, {"part": "why", "why-of": "text:1:a red apple", "why-for": "text:1:apple"}),
    "labels": (
        LAB,
        {"part": "labels", "labels-of": "red, green, blue", "labels-prompt": "{}", "labels-leave": "yes"},
    ),
    "a label of one": (
        LAB, {"part": "labels", "labels-of": "red, green", "labels-view": "one", "labels-item": "item:1:50",
         "labels-prompt": "blue {}"}
    ),
    "labels against folders": (LAB, {"part": "labels", "labels-view": "folders", "labels-cell": "0-1"}),
    "labels on a map": (LAB, {"part": "labels", "labels-of": "red, blue", "labels-view": "map"}),
    "a walk": (
        LAB,
        {"part": "walk", "walk-from": "text:1:red", "walk-to": "item:1:50", "walk-steps": "4", "walk-again": "yes"},
    ),
    "along an axis": (LAB, {"part": "walk", "walk-how": "axis", "walk-axis": "2"}),
    "arithmetic": (
        LAB, {"part": "walk", "walk-how": "sum", "walk-sum": ["text:1:red", "text:-1:green", "text:1:blue"]}
    ),
    "a family: words": (
        LAB,
        {"part": "family", "family": "words", "family-words": "red, green, apple, sea", "family-words-at": "apple",
         "family-words-by": "euclidean", "family-words-map": "3d"},
    ),
    "a family: an autoencoder": (
        LAB, {"part": "family", "family": "autoencoder", "family-ae-size": "32", "family-ae-kind": "plain"}
    ),
    "a family: components": (
        LAB, {"part": "family", "family": "pca"}
    ),
    "a family: bits": (LAB, {"part": "family", "family": "bits"}),
    "quality": (LAB, {"part": "quality", "quality": "folders", "quality-way": "text to image"}),
    "quality by captions": (LAB, {"part": "quality"}),
    "a presentation": (LAB, {"present": "on", "steps": "{steps}", "step": "2"}),
    "the library": (LIBRARY, {"tab": "overview"}),
    "sources": (LIBRARY, {"tab": "sources", "find": "pictures", "show": "in", "at": "1"}),
    "problems": (LIBRARY, {"tab": "problems", "show": "failed"}),
    "problems of one kind": (
        LIBRARY,
        {"tab": "problems",
         "reason": "no reader for .mp… files. Save it in a format that is read, or leave it out."},
    ),
    "health": (LIBRARY, {"tab": "health"}),
}  # fmt: skip
"""Links of the app: the page's path, and the parameters."""

ROUND_TRIPS: dict[str, Link] = {
    "a question with every filter": (
        SEARCH,
        {"q": "red", "term": "text:-0.5:blue", "like": "40", "unlike": "12", "modality": "image",
         "format": ["jpg", "png"], "after": "2019", "before": "2023", "min-pixels": "100",
         "max-pixels": "90000", "min-bytes": "10",
         "max-bytes": "90000", "shape": ["landscape", "portrait"], "of-colour": ["red", "blue", "green"],
         "folder": ["pictures", "pictures/tall", "trips/2021", "trips/2022"], "k": "5", "method": "centred",
         "balance": "0.25", "lists": "separate", "sort": "folder", "order": "reverse", "diversity": "0.2",
         "fold": "off", "group": "off", "view": "list"},
    ),
    "a map with all that is drawn": (
        MAP,
        {"q": "red", "k": "4", "axis": ["text:red>text:blue", "2"], "colour": "topic", "gap": "open", "names": "off",
         "hide": "no topic", "item": "50", "distance": "euclidean", "pictures": "shown",
         "window": "-0.5 -0.5 0.5 0.5", "topic": "red", "captioned": "yes", "exact": "apple", "where": "price=2"},
    ),
    "a question with words to be there": (
        SEARCH, {"q": "leaves", "title": "garden", "exact": "green plant", "where": "author=Ada", "topic": "plant"}
    ),
    "a question about a selection": (
        SEARCH, {"image": "{picture}", "selection": "{selection}", "map": "3d", "space": "recorded"}
    ),
}  # fmt: skip
"""Links with many parameters: the link that the page writes for the same view must show the same."""
