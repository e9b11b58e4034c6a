"""The description of the API: it is of the API that there is, it is well formed, and people can read it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
import schemathesis
import yaml
from aiohttp import ClientSession, web
from jsonschema import Draft202012Validator

from api.pages.render import HEADERS, Pages
from api.pages.render import Branding as Brand
from api.v1.reference import FILE, METHODS, PAGE, SOURCE, Reference, described
from api.v1.routes import every


def operations(spec=None):
    """List path, method and description of everything that can be asked for."""
    spec = spec or described()
    return [
        (path, method, item[method])
        for path, item in spec["paths"].items()
        for method in METHODS
        if method in item
    ]


def resolved(found):
    if "$ref" not in found:
        return found
    spec = described()
    for step in found["$ref"].removeprefix("#/").split("/"):
        spec = spec[step]
    return spec


def messages():
    """Yield the name, schema and examples of every body that is sent or answered."""
    spec = described()
    every_one = [*operations(), *((name, "post", item["post"]) for name, item in spec["webhooks"].items())]
    for path, method, operation in every_one:
        bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
        for name, body in bodies.items():
            for content in resolved(body).get("content", {}).values():
                examples = [one["value"] for one in content.get("examples", {}).values()]
                examples += [content["example"]] if "example" in content else []
                yield f"{method} {path} {name}", content["schema"], examples


def test_every_route_is_described_and_nothing_else(api):
    there = {(one.pattern, one.method) for one in every(api.context)}
    assert {(path, method.upper()) for path, method, _ in operations()} == there


def test_every_route_says_which_scope_it_needs(api):
    scopes = {(one.pattern, one.method.lower()): one.scope for one in every(api.context)}
    for path, method, operation in operations():
        said = re.search(r"Needs the scope `(\w+)`", operation.get("description", ""))
        assert (said[1] if said else "") == scopes[path, method], path
        assert ("403" in operation["responses"]) >= bool(said)


def test_every_route_says_with_what_callers_prove_themselves(api):
    access = {(one.pattern, one.method.lower()): one.access for one in every(api.context)}
    for path, method, operation in operations():
        assert ("security" in operation) == (access[path, method] == "client"), path


def test_the_description_is_what_openapi_says_that_one_has_to_be():
    schemathesis.openapi.from_dict(described()).validate()
    assert described()["openapi"].startswith("3.1.")


@pytest.mark.parametrize(("name", "schema", "examples"), list(messages()))
def test_every_example_is_an_example(name, schema, examples):
    Draft202012Validator.check_schema(schema)
    whole = {**schema, "components": described()["components"]}
    for example in examples:
        Draft202012Validator(whole).validate(example)


def test_what_is_not_used_is_not_described():
    text = FILE.read_text()
    for kind, found in described()["components"].items():
        for name in found:
            used = (
                f"#/components/{kind}/{name}" in text
                if kind != "securitySchemes"
                else f"- {name}: []" in text
            )
            assert used, name


class Reading(HTMLParser):
    """Gathers what a page loads, and where its links lead."""

    def __init__(self):
        super().__init__()
        self.loads, self.leads, self.names, self.tags = [], [], set(), set()

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.add(tag)
        if tag == "a":
            self.leads.append(found["href"])
        else:
            self.loads += [found[name] for name in ("src", "href", "action") if name in found]
        self.names |= {found["id"]} if "id" in found else set()
        assert not [name for name in found if name.startswith("on") or name == "style"]


@pytest.fixture
async def site(unused_tcp_port):
    app = web.Application()
    app.add_routes(Reference(Pages(Brand(), "/below")).routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", unused_tcp_port).start()
    async with ClientSession(f"http://127.0.0.1:{unused_tcp_port}") as session:
        yield session
    await runner.cleanup()


async def test_people_read_it_on_a_page_that_loads_nothing_from_elsewhere(site):
    async with site.get(PAGE) as answer:
        text = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert HEADERS.items() <= answer.headers.items()
    page = Reading()
    page.feed(text)
    assert page.loads == ["/below/link/page/style.css"]
    assert page.tags.isdisjoint({"script", "style", "iframe", "form"})
    assert {one.removeprefix("#") for one in page.leads} - page.names == {f"/below{SOURCE}"}
    for path, method, operation in operations():
        assert f"{method.upper()} {path}" in text
        assert operation["operationId"] in page.names
    for field in (
        "attendees.invite[].email",
        "conferencing.profile_id",
        "subscriptions[].interactions[].type",
    ):
        assert f"<code>{field}</code>" in text


async def test_programs_read_it_as_a_file(site):
    async with site.get(SOURCE) as answer:
        assert answer.content_type == "application/yaml"
        assert yaml.safe_load(await answer.text()) == described()
