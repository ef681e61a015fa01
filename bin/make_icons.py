"""Build `static/vendor/tabler-icons.svg` from the icons named in `static/vendor/icons.txt`.

    npm pack @tabler/icons && tar xzf tabler-icons-*.tgz
    python bin/make_icons.py package

The pages draw an icon with `{% icon "name" %}`; one file holds them all, so a page costs one request.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from xml.sax.saxutils import quoteattr

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
SYMBOL = (
    '<symbol id={name} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
    'stroke-linecap="round" stroke-linejoin="round">{nodes}</symbol>'
)


def main(package: Path) -> None:
    nodes_of = json.loads((package / "tabler-nodes-outline.json").read_text())
    names = (VENDOR / "icons.txt").read_text().split()
    missing = [name for name in names if name not in nodes_of]
    if missing:
        raise SystemExit(f"Tabler has no icons named {', '.join(missing)}.")
    symbols = [
        SYMBOL.format(name=quoteattr(name), nodes=_draw(nodes_of[name])) for name in sorted(set(names))
    ]
    sprite = '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    (VENDOR / "tabler-icons.svg").write_text(sprite)


def _draw(nodes: list[tuple[str, dict[str, str]]]) -> str:
    return "".join(
        f"<{tag} " + " ".join(f"{key}={quoteattr(str(value))}" for key, value in attributes.items()) + "/>"
        for tag, attributes in nodes
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("Usage: python bin/make_icons.py FOLDER_OF_THE_TABLER_ICONS_PACKAGE")
    main(Path(sys.argv[1]))
