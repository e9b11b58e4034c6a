"""A configuration file before it is known to be good: what stands in it, and which of that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticUndefined

from daemon.config.secret_files import Where
from daemon.config.toml_lines import KeyPath
from daemon.config.words import fields_at


@dataclass(frozen=True, slots=True)
class Facts:
    """The values of a file as they stand there, and the paths of those that are wrong by themselves."""

    values: Mapping[str, Any]
    wrong: frozenset[KeyPath]
    where: Where

    def has(self, section: str) -> bool:
        """Tell whether there is such a section, right or wrong."""
        return section in self.values

    def get(self, section: str, key: str) -> Any:
        """Return the value in the file, else the default; None where it is wrong or has no default."""
        path = (section, key)
        if any(bad[:2] == path or bad == path[:1] for bad in self.wrong):
            return None
        table = self.values.get(section)
        if isinstance(table, Mapping) and key in table:
            return table[key]
        field = fields_at((section,)).get(key)
        return None if field is None or field.default is PydanticUndefined else field.default

    def inside(self, *path: str) -> Iterator[tuple[KeyPath, Any]]:
        """Yield the path and value of all that is right in the list or table at `path`.

        An entry that is a table comes without the keys that are wrong.
        """
        inner: Any = self.values
        for name in path:
            inner = inner.get(name) if isinstance(inner, Mapping) else None
        entries = inner.items() if isinstance(inner, Mapping) else enumerate(_list(inner))
        for key, value in entries:
            at: KeyPath = (*path, key)
            if isinstance(value, Mapping):
                yield at, {name: one for name, one in value.items() if (*at, name) not in self.wrong}
            elif at not in self.wrong:
                yield at, value


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
