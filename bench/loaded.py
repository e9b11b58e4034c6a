"""Put a daemon together, and say what it has loaded for which provider: `python -m bench.loaded CONFIG`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from daemon.app import assemble
from daemon.config.load import load

ROOT = Path(__file__).resolve().parents[1]
BEFORE = ("daemon.cli.program", "daemon.process")  # what `huddled run` loads beside
OURS = frozenset({"own"})  # calendars of applications, which are in our own store: no provider
SDKS = ("googleapiclient", "msal", "msgraph")


def main() -> None:
    """Print a name a line: folders of `connectors`, and packages of Google's and Microsoft's."""
    for module in BEFORE:
        import_module(module)
    asyncio.run(_put_together(Path(sys.argv[1])))
    print(*sorted(_loaded()), sep="\n")


async def _put_together(config: Path) -> None:
    async with assemble(load(config, {})):
        pass


def _loaded() -> Iterator[str]:
    for path in (ROOT / "connectors").glob("*/__init__.py"):
        name = path.parent.name
        if name not in OURS and f"connectors.{name}" in sys.modules:
            yield name
    yield from (name for name in SDKS if name in sys.modules)


if __name__ == "__main__":
    main()
