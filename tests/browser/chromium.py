"""A real browser without a window, driven over the DevTools protocol: https://chromedevtools.github.io/devtools-protocol/."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",  # as root there is none; it shows nothing but our own pages
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
)
START = 60.0  # seconds
PATIENCE = float(os.environ.get("TEST_PATIENCE", "60"))
PAUSE = 0.03


def find() -> str:
    """Return the browser of this machine, "" where there is none."""
    wanted = os.environ.get("TEST_BROWSER")
    return wanted or next((found for name in NAMES if (found := shutil.which(name))), "")


@contextmanager
def started(program: str, folder: Path) -> Iterator[str]:
    """Run a browser with an empty profile; yield the address at which it takes commands."""
    process = subprocess.Popen(
        [program, *FLAGS, f"--user-data-dir={folder}", "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield _address(process, folder / "DevToolsActivePort")
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _address(process: subprocess.Popen[bytes], file: Path) -> str:
    deadline = time.monotonic() + START
    while True:
        assert process.poll() is None, f"the browser ended with {process.returncode}"
        assert time.monotonic() < deadline, "the browser does not start"
        lines = file.read_text().split() if file.exists() else []
        if len(lines) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(PAUSE)


@dataclass(slots=True)
class Chromium:
    """One connection to the browser. What it reports is kept by session."""

    socket: ClientWebSocketResponse
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    waiting: dict[int, asyncio.Future[Any]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    async def listen(self) -> None:
        """Take in what the browser says, until it says no more."""
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                break
            told = json.loads(message.data)
            if "id" in told:
                self.waiting.pop(told["id"]).set_result(told)
            else:
                self.events.setdefault(told.get("sessionId", ""), []).append(told)

    async def tell(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Give a command, and return its result."""
        number = next(self.numbers)
        answer = self.waiting[number] = asyncio.get_running_loop().create_future()
        more = {"sessionId": session} if session else {}
        await self.socket.send_json({"id": number, "method": method, "params": params, **more})
        told = await answer
        assert "error" not in told, f"{method}: {told['error']}"
        return told["result"]

    async def person(self) -> Tab:
        """Open a window of somebody who has never been anywhere: no cookies, no history."""
        context = (await self.tell("Target.createBrowserContext"))["browserContextId"]
        target = await self.tell("Target.createTarget", url="about:blank", browserContextId=context)
        attached = await self.tell("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        tab = Tab(self, attached["sessionId"])
        for domain in ("Page", "Network", "Log", "Audits"):
            await tab.tell(f"{domain}.enable")
        return tab


@dataclass(slots=True)
class Tab:
    """What one person sees and does."""

    chromium: Chromium
    session: str

    async def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command to this tab."""
        return await self.chromium.tell(method, self.session, **params)

    async def open(self, url: str) -> None:
        """Type an address."""
        await self.tell("Page.navigate", url=url)

    async def see(self, script: str) -> Any:
        """Return the value of a script on the page as it is, None while there is none."""
        told = await self.tell("Runtime.evaluate", expression=script, returnByValue=True)
        return None if "exceptionDetails" in told else told["result"].get("value")

    async def until(self, script: str) -> Any:
        """Wait until a script's value is true, and return it."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                found = await self.see(f"document.readyState === 'complete' && ({script})")
            except AssertionError:  # the page has just gone away
                found = None
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain: {script}\n{await self.url()}\n{await self.text()}")
            await asyncio.sleep(PAUSE)

    async def heading(self, wanted: str) -> None:
        """Wait for a page with this heading."""
        await self.until(f"document.querySelector('h1')?.textContent.trim() === {json.dumps(wanted)}")

    async def arrive(self, start: str) -> dict[str, str]:
        """Wait until the browser is at an address that begins so, and return its query."""
        url = await self.until(f"location.href.startsWith({json.dumps(start)}) && location.href")
        return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}

    async def click(self, selector: str, text: str = "") -> None:
        """Press the mouse over the first element of a kind with this text on it."""
        script = f"""(() => {{
            const found = [...document.querySelectorAll({json.dumps(selector)})]
                .find(one => one.textContent.includes({json.dumps(text)}));
            if (!found) return null;
            found.scrollIntoView({{block: 'center', behavior: 'instant'}});
            const box = found.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()"""
        x, y = await self.until(script)
        for kind in ("mousePressed", "mouseReleased"):
            await self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def url(self) -> str:
        """Return where the browser is."""
        return str(await self.see("location.href"))

    async def text(self) -> str:
        """Return all that stands on the page."""
        return str(await self.see("document.body?.innerText"))

    async def html(self) -> str:
        """Return the page as it was made."""
        return str(await self.see("document.documentElement.outerHTML"))

    async def cookies(self) -> list[dict[str, Any]]:
        """Return the cookies that the page's server gets."""
        return list((await self.tell("Network.getCookies"))["cookies"])

    async def paused(self) -> dict[str, Any]:
        """Wait for a request that is held up, and return it."""
        while True:
            for one in self.chromium.events.get(self.session, []):
                if one["method"] == "Fetch.requestPaused":
                    return dict(one["params"])
            await asyncio.sleep(PAUSE)

    def requested(self) -> list[str]:
        """Return the addresses that were asked for, in their order."""
        return [
            one["params"]["request"]["url"]
            for one in self.chromium.events.get(self.session, [])
            if one["method"] == "Network.requestWillBeSent"
        ]

    async def complains(self, word: str) -> None:
        """Wait until the browser finds something wrong in which this word stands."""
        deadline = time.monotonic() + PATIENCE
        while not any(word in one for one in self.complaints()):
            assert time.monotonic() < deadline, self.complaints()
            await asyncio.sleep(PAUSE)

    def complaints(self) -> list[str]:
        """Return what the browser finds wrong with our pages, such as what their policy forbids."""
        told = self.chromium.events.get(self.session, [])
        logged = [one["params"]["entry"] for one in told if one["method"] == "Log.entryAdded"]
        issues = [one["params"]["issue"] for one in told if one["method"] == "Audits.issueAdded"]
        texts = [f"{one['source']}: {one['text']}" for one in logged if one["source"] != "network"]
        return texts + [json.dumps(one) for one in issues if "contentSecurityPolicy" in json.dumps(one)]


async def connect(http: ClientSession, address: str) -> tuple[Chromium, asyncio.Task[None]]:
    """Open a connection to a browser that runs."""
    chromium = Chromium(await http.ws_connect(address, max_msg_size=0))
    return chromium, asyncio.create_task(chromium.listen())
