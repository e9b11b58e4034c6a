"""What does not go together about services that only make meetings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from daemon.config.facts import Facts
from daemon.config.problems import Finding

_SERVER = ("account_id", "client_id", "client_secret_file")
_USERS = ("user_client_id", "user_client_secret_file")


def conferencing_contradictions(facts: Facts) -> Iterator[Finding]:
    """Find what is wrong with services, errors and warnings."""
    yield from _zoom_apps(facts)
    yield from _dial_in(facts)


def _zoom_apps(facts: Facts) -> Iterator[Finding]:
    table = facts.values.get("zoom")
    if not isinstance(table, Mapping):
        return
    stated = {key for key in (*_SERVER, *_USERS) if key in table}
    if not stated:
        fix = f"Add {', '.join(_SERVER)} of a server-to-server app, or {' and '.join(_USERS)} of one that people link."
        yield Finding(("zoom",), "names no app", fix)
    for keys in (_SERVER, _USERS):
        have = [key for key in keys if key in stated]
        lack = [key for key in keys if key not in stated]
        if have and lack:
            yield Finding(("zoom", have[0]), f"needs {' and '.join(lack)}", f"Add {' and '.join(lack)}.")


def _dial_in(facts: Facts) -> Iterator[Finding]:
    keys = ("dial_in_numbers_url", "dial_in_code_url")
    stated = {key for key in keys if facts.has("jitsi") and facts.get("jitsi", key)}
    if len(stated) == 1:
        key, other = *stated, *(set(keys) - stated)
        yield Finding(
            ("jitsi", key), f"needs {other}", f"Add {other}: people dial a number and then that of the room."
        )
