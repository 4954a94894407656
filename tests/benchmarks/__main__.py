"""Runs every benchmark and prints its figures: `make bench`, or `python -m tests.benchmarks`."""

import argparse
from pathlib import Path

from tests.benchmarks import (
    archive,
    encoding,
    finding,
    ingesting,
    junk,
    openclip,
    passages,
    projecting,
    ranking,
    searching,
    starting,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, help="pictures to ingest (default: ../shared/data/photos, else the sample)"
    )
    options = parser.parse_args()
    finding.main()
    encoding.main()
    openclip.main()
    ingesting.main(options.folder)
    passages.main()
    archive.main()
    searching.main()
    starting.main()
    ranking.main()
    junk.main()
    projecting.main()


if __name__ == "__main__":
    main()
