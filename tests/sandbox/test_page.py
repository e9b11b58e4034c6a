"""The sandbox's web page: whole, self-contained, and unable to run what it shows."""

from __future__ import annotations

import re

import pytest
from aiohttp import ClientSession

from sandbox.app import build, serve
from sandbox.page.routes import assets
from sandbox.state import World

NAMES = sorted(assets())
SCRIPTS = [name for name in NAMES if name.endswith(".js")]


@pytest.fixture
async def get():
    async with serve() as sandbox, ClientSession() as session:

        async def fetch(path):
            async with session.get(sandbox.url + path) as response:
                return response.status, response.headers, await response.text()

        yield fetch


def test_the_page_has_its_parts():
    assert {"index.html", "page.css", "page.js", "icon.svg"} <= set(NAMES)


async def test_the_page_is_served_at_the_top(get):
    status, headers, text = await get("/")
    assert (status, headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert text == assets()["index.html"]


@pytest.mark.parametrize("name", NAMES)
async def test_every_asset_is_served_under_a_strict_policy(get, name):
    status, headers, text = await get(f"/page/{name}")
    assert (status, text) == (200, assets()[name])
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert all(policy[f"{kind}-src"] == "'self'" for kind in ("script", "style", "img", "connect"))
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/page/routes.py", "/page/__init__.py", "/page/..%2fstate.py", "/page/none.js"]
)
async def test_nothing_else_is_served(get, path):
    assert (await get(path))[0] == 404


@pytest.mark.parametrize("name", NAMES)
def test_no_asset_refers_to_another_server(name):
    text = assets()[name].replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert re.findall(r"https?://[\w.]+|url\(|@import|[\"'(]//\w", text) == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_script_turns_text_into_markup_or_code(name):
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|srcdoc|DOMParser"
    code = r"\beval\(|new Function|setTimeout\(['\"]|javascript:"
    assert re.findall(f"{markup}|{code}", assets()[name]) == []


def test_the_page_itself_holds_no_script_and_no_style():
    assert (
        re.findall(r"<script(?! type=\"module\" src=)|<style|\sstyle=|\son\w+=", assets()["index.html"]) == []
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_import_is_an_export_of_another_script(name):
    for words, source in re.findall(r'import \{([^}]*)\} from "\./([\w.]+)"', assets()[name]):
        for word in words.split(","):
            assert re.search(rf"export (?:async )?(?:const|function|let) {word.strip()}\b", assets()[source])


def test_every_element_that_scripts_look_for_is_there():
    wanted = {one for name in SCRIPTS for one in re.findall(r'byId\("([\w-]+)"\)', assets()[name])}
    there = set(re.findall(r'\bid="([\w-]+)"', assets()["index.html"]))
    assert wanted
    assert wanted <= there


async def test_every_address_that_scripts_ask_is_one_of_the_sandbox():
    routes = [resource.canonical for resource in build(World()).router.resources()]
    known = [re.compile(re.sub(r"\{\w+\}", "[^/]+", route)) for route in routes]
    scripts = "".join(assets()[name] for name in SCRIPTS)
    asked = {
        re.sub(r"\$\{.*?\}(?=[/`\"]|$)", "x", one)
        for one in re.findall(r"[`\"](/_sandbox/[^`\"?]*)", scripts)
    }
    assert len(asked) > 5
    assert [one for one in asked if not any(pattern.fullmatch(one) for pattern in known)] == []
