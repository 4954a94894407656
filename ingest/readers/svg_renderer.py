"""Renders one SVG, standard input to a PNG on standard output, in a process of its own (see `svg.py`).

Run as a script, so it imports nothing of this package.
"""

import sys

MAX_MEMORY = 2_000_000_000
"""Most bytes of memory that rendering may take."""


def main() -> None:
    """Render standard input within a square of as many pixels as the first argument says."""
    import resvg_py

    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    except (ImportError, ValueError, OSError):
        pass  # not to be had on this system; the time limit still holds
    side = int(sys.argv[1])
    text = sys.stdin.buffer.read().decode("utf-8")
    try:
        png = resvg_py.svg_to_bytes(svg_string=text, width=side, height=side, background="white", dpi=96)
    except ValueError as error:
        sys.stderr.write(str(error))
        sys.exit(3)
    sys.stdout.buffer.write(bytes(png))


if __name__ == "__main__":
    main()
