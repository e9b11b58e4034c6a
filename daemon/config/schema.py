"""The JSON Schema of the configuration, with which editors complete, explain and check it.

`python -m daemon.config.schema > config.schema.json` writes it anew; a test says when that is due.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from daemon.config.model import Config


def schema() -> dict[str, Any]:
    """Return the schema without references, which not all editors follow with the words beside them."""
    made = Config.model_json_schema()
    plain: dict[str, Any] = _plain(made, made.pop("$defs"))
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "huddled", **plain}


def text() -> str:
    """Return the schema as it stands in config.schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _plain(node: Any, parts: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(entry, parts) for entry in node]
    if not isinstance(node, dict):
        return node
    rest = {key: value for key, value in node.items() if key not in {"$ref", "anyOf"}}
    if "$ref" in node:
        return _plain({**parts[node["$ref"].rpartition("/")[2]], **rest}, parts)
    if "anyOf" in node:  # TOML has no null: what is optional is either there or not
        kinds = [kind for kind in node["anyOf"] if kind != {"type": "null"}]
        rest = {key: value for key, value in rest.items() if (key, value) != ("default", None)}
        return _plain({**kinds[0], **rest} if len(kinds) == 1 else {"anyOf": kinds, **rest}, parts)
    named = {key: value for key, value in rest.items() if key != "title" or isinstance(value, dict)}
    return {key: _plain(value, parts) for key, value in named.items()}


if __name__ == "__main__":
    sys.stdout.write(text())
