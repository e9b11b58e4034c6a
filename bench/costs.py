"""What one more provider costs in memory and in the time of the start: the daemon with it and without, in turn.

The daemon without any has nothing to look after; with one, it has that one's section beside, and calls nobody.
What is not configured is not even loaded, so that it costs nothing: that is looked at, too.
"""

from __future__ import annotations

import sys
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.figures import Figure, Report, at_most, number, paired
from bench.huddled import configured, write
from bench.processes import ROOT, BenchError, resident, spent
from bench.size import Size

FILES = {"some.secret": "bench-secret"}
SECTIONS: Mapping[str, str] = {
    "google": """\
client_id = "bench.apps.googleusercontent.com"
client_secret_file = "some.secret"
users = [{ email = "ada@example.com" }]
""",
    "microsoft": """\
tenant = "example.onmicrosoft.com"
client_id = "00001111-aaaa-2222-bbbb-3333cccc4444"
client_secret_file = "some.secret"
people = ["grace@example.com"]
""",
    "zoom": """\
user_client_id = "bench"
user_client_secret_file = "some.secret"
""",
    "goto": """\
client_id = "bench"
client_secret_file = "some.secret"
""",
    "webex": """\
client_id = "bench"
client_secret_file = "some.secret"
""",
    "jitsi": """\
secret_file = "some.secret"
""",
    "whereby": """\
api_key_file = "some.secret"
""",
    "daily": """\
api_key_file = "some.secret"
""",
    "static": """\
url = "https://meet.example.net/{key}"
""",
}


@dataclass(frozen=True, slots=True)
class Start:
    """Megabytes when ready, and the seconds of CPU until then: what else runs here must not count."""

    memory: float
    seconds: float


async def run(size: Size) -> Report:
    """Start the daemon without any provider and with each of them, in turn."""
    bare: list[Start] = []
    starts: dict[str, list[Start]] = {provider: [] for provider in SECTIONS}
    with TemporaryDirectory(prefix="huddled-bench-") as folder:
        for turn in range(size.cost_rounds):
            bare.append(await _start(_made(folder, f"none-{turn}")))
            for provider, there in starts.items():
                there.append(await _start(_made(folder, f"{provider}-{turn}"), provider))
        idle = await loaded(write(_made(folder, "nothing"), "", {}))
    if idle:
        raise BenchError(f"not configured, and loaded all the same: {', '.join(idle)}")
    return Report(tuple(_figures(bare, starts)), tuple(_notes(bare, starts)))


def section(provider: str) -> str:
    """Return a provider's section of the configuration."""
    return f"[{provider}]\n{SECTIONS[provider]}"


async def loaded(config: Path) -> list[str]:
    """Return the providers and SDKs that a daemon with this configuration has loaded when it is put together."""
    process = await create_subprocess_exec(
        sys.executable, "-m", "bench.loaded", str(config), stdout=PIPE, cwd=ROOT
    )
    said, _ = await process.communicate()
    if process.returncode:
        raise BenchError("the daemon cannot be put together")
    return said.decode().split()


def _made(folder: str, name: str) -> Path:
    made = Path(folder) / name
    made.mkdir()
    return made


async def _start(folder: Path, *providers: str) -> Start:
    async with configured(folder, "".join(map(section, providers)), FILES) as daemon:
        return Start(resident(daemon.process.pid), spent(daemon.process.pid))


def _figures(bare: Sequence[Start], starts: Mapping[str, Sequence[Start]]) -> Iterator[Figure]:
    for provider, there in starts.items():
        memory = paired([one.memory for one in there], [one.memory for one in bare])
        seconds = paired([one.seconds for one in there], [one.seconds for one in bare])
        yield at_most(f"cost_{provider}_memory", memory, None, "times the daemon without it")
        yield at_most(f"cost_{provider}_start", seconds, None, "times the daemon without it, in CPU")


def _notes(bare: Sequence[Start], starts: Mapping[str, Sequence[Start]]) -> Iterator[str]:
    memory, seconds = (number(median(values)) for values in zip(*map(astuple, bare), strict=True))
    yield f"without any provider: {memory} MB, ready after {seconds} s of CPU; of none is anything loaded"
    for provider, there in starts.items():
        more = [(one.memory - other.memory, one.seconds - other.seconds)
                for one, other in zip(there, bare, strict=True)]  # fmt: skip
        megabytes, later = (median(values) for values in zip(*more, strict=True))
        yield f"{provider}: {megabytes:+.1f} MB, {later:+.2f} s"
