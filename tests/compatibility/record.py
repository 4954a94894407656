"""Records the answers of the version that is run: run by hand, once `make_space` has made the space.

    python -m tests.compatibility.record

What it writes replaces `data/*.json`.  A later version is then held to these answers; where one is to change on
purpose, change that case alone, and say so in the change log.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from search_app.engine import Space
from tests.compatibility import answers, cases
from tests.compatibility.exported_map import embedded
from tests.compatibility.recorded_space import DATA, SPACE, restore
from tests.compatibility.surface import http_client
from tests.servers import end_server


def record() -> None:
    """Run every case, and write the answers."""
    with tempfile.TemporaryDirectory() as folder:
        recorded = restore(Path(folder))
        items: answers.Items = {}
        with Space(SPACE, home=recorded.home), http_client(recorded.home, SPACE) as client:
            _write("search", {name: answers.search(recorded, case, items) for name, case in cases.SEARCHES.items()})
            refused = {name: answers.refused_search(recorded, case) for name, case in cases.REFUSED_SEARCHES.items()}
            _write("refused", refused)
            _write("status", answers.status(recorded))
            _write("topics", answers.topics(recorded))
            requests = {name: answers.request(recorded, client, case, items) for name, case in cases.REQUESTS.items()}
            _write("requests", requests)
            _write("forms", {name: answers.form(recorded, client, case, items) for name, case in cases.FORMS.items()})
            _write("files", {name: answers.file(client, case) for name, case in cases.FILES.items()})
            _write("parameters", answers.parameters(client))
            _write("tools", answers.tools(recorded, items))
            _write("python", answers.python_api(recorded, items))
            _write("items", items)
            _write("exports", {suffix: answers.exported_results(recorded, suffix) for suffix in answers.EXPORTS})
            _write("links", {name: answers.link(recorded, case) for name, case in cases.LINKS.items()})
            _write("round_trips", {name: answers.link(recorded, case) for name, case in cases.ROUND_TRIPS.items()})
            _write(
                "maps", {name: embedded(answers.exported_map(recorded, case)) for name, case in answers.MAPS.items()}
            )
        end_server(recorded.folder)


def _write(name: str, answers: Any) -> None:
    """Write answers, a line each."""

    def written(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    if isinstance(answers, dict):
        lines = "{\n" + ",\n".join(f"{written(key)}: {written(value)}" for key, value in answers.items()) + "\n}\n"
    else:
        lines = "[\n" + ",\n".join(map(written, answers)) + "\n]\n"
    (DATA / f"{name}.json").write_text(lines, encoding="utf-8")


if __name__ == "__main__":
    os.environ["NEARSPACE_SERVER_LINGER"] = "0.5"
    record()
