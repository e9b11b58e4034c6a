"""The sandbox's web page: whole, self-contained, and unable to run what it shows."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from aiohttp import ClientSession

from sandbox.app import build, serve
from sandbox.page import routes
from sandbox.page.routes import assets
from sandbox.state import World

NAMES = sorted(assets())
SCRIPTS = [name for name in NAMES if name.endswith(".js")]
PAGE = Path(routes.__file__).parent
NODE = shutil.which("node")

with_node = pytest.mark.skipif(NODE is None, reason="node is not installed")


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
    served = [resource.canonical for resource in build(World()).router.resources()]
    known = [re.compile(re.sub(r"\{\w+\}", "[^/]+", route)) for route in served]
    scripts = "".join(assets()[name] for name in SCRIPTS)
    asked = {
        re.sub(r"\$\{.*?\}(?=[/`\"]|$)", "x", one)
        for one in re.findall(r"[`\"](/_sandbox/[^`\"?]*)", scripts)
    }
    assert len(asked) > 5
    assert [one for one in asked if not any(pattern.fullmatch(one) for pattern in known)] == []


def run(script, zone="UTC"):
    """Return as JSON what a script prints that may import the page's own."""
    folder = PAGE.as_uri()
    text = script.replace('from "./', f'from "{folder}/')
    command = [
        NODE,
        "--no-warnings",
        "--experimental-default-type=module",
        "--input-type=module",
        "--eval",
        text,
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"TZ": zone}, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def occurrences(rule, first, last, *more):
    raw = {
        "id": "s",
        "start": {"dateTime": "2026-11-23T09:00:00Z"},
        "end": {"dateTime": "2026-11-23T09:30:00Z"},
        "recurrence": [f"RRULE:{rule}", *more],
    }
    return run(
        f"""
        import {{ occurrences }} from "./series.js";
        const found = occurrences({json.dumps(raw)}, new Date("{first}"), new Date("{last}"));
        console.log(JSON.stringify(found.map((one) => one.id.slice(2, 10))));
        """
    )


@with_node
@pytest.mark.parametrize(
    ("rule", "more", "days"),
    [
        ("FREQ=DAILY;COUNT=3", [], ["1123", "1124", "1125"]),
        ("FREQ=DAILY;INTERVAL=2;UNTIL=20261127T090000Z", [], ["1123", "1125", "1127"]),
        ("FREQ=DAILY;COUNT=3", ["EXDATE:20261124T090000Z"], ["1123", "1125"]),
        ("FREQ=WEEKLY;BYDAY=MO,WE", [], ["1123", "1125", "1130", "1202"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", [], ["1124"]),
        ("FREQ=MONTHLY;BYDAY=-1MO", [], ["1130"]),
        ("FREQ=MONTHLY;BYMONTHDAY=1", [], ["1201"]),
    ],
)
def test_the_page_knows_the_dates_of_a_series(rule, more, days):
    found = occurrences(rule, "2026-11-23T00:00:00Z", "2026-12-04T00:00:00Z", *more)
    assert found == [f"2026{day}" for day in days]


@with_node
def test_events_that_overlap_stand_side_by_side():
    times = {
        "a": ("09:00", "10:00"),
        "b": ("09:30", "11:00"),
        "c": ("10:00", "10:30"),
        "d": ("11:00", "12:00"),
    }
    events = ", ".join(
        f'{{ key: "{key}", start: new Date("2026-11-23T{start}"), end: new Date("2026-11-23T{end}") }}'
        for key, (start, end) in times.items()
    )
    placed = run(
        f"""
        import {{ place }} from "./layout.js";
        const placed = place([{events}], new Date("2026-11-23T00:00"));
        const flat = placed.map((one) => [one.event.key, one.top, one.height, one.column, one.columns]);
        console.log(JSON.stringify(flat));
        """
    )
    assert placed == [["a", 9, 1, 0, 2], ["b", 9.5, 1.5, 1, 2], ["c", 10, 0.5, 0, 2], ["d", 11, 1, 0, 1]]


@with_node
def test_the_copies_of_one_event_are_shown_once_and_the_organizers_leads():
    shown = run(
        """
        import { merged } from "./copies.js";
        const at = new Date("2026-11-23T09:00");
        const copy = (key, uid, mine, cancelled) => ({ key, uid, mine, cancelled, start: at });
        const events = [copy("b/1", "1", false, false), copy("a/1", "1", true, false), copy("a/2", "2", true, true),
          copy("b/2", "2", false, false), copy("a/3", "3", true, true)];
        console.log(JSON.stringify(merged(events).map((one) => [one.key, one.copies.map((each) => each.key)])));
        """
    )
    assert shown == [["a/1", ["a/1", "b/1"]], ["b/2", ["a/2", "b/2"]], ["a/3", ["a/3"]]]


@with_node
def test_an_event_dragged_over_a_change_of_the_clocks_keeps_its_wall_clock_time():
    moved = run(
        """
        import { moved } from "./drag.js";
        const event = { start: new Date("2026-10-24T09:00"), end: new Date("2026-10-24T10:00") };
        const { start, end } = moved(event, 2, 30);
        console.log(JSON.stringify([start, end]));
        """,
        zone="Europe/Berlin",
    )
    assert moved == ["2026-10-26T08:30:00.000Z", "2026-10-26T09:30:00.000Z"]


READABLE = [
    ("<p>Agenda</p><ul><li>Prices &amp; dates</li><li>Next</li></ul>", "Agenda\nPrices & dates\nNext"),
    ("<html><head><title>x</title><style>p{}</style></head><body>Hi<br>there</body></html>", "Hi\nthere"),
    ("a <!-- <b>hidden</b> --> b<script>alert(1)</script>", "a b"),
    ("<!-- never closed <b>x</b>", ""),
    ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
    ("&amp;lt;b&amp;gt; &#65;&#x42; &nbsp;&unknown; &#0;", "&lt;b&gt; AB  &unknown; &#0;"),
    ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("one\r\ntwo", "one two"),
]


@with_node
def test_the_page_reads_a_body_as_text():
    found = run(
        f"""
        import {{ readable }} from "./markup.js";
        console.log(JSON.stringify({json.dumps([html for html, _ in READABLE])}.map(readable)));
        """
    )
    assert found == [text for _, text in READABLE]


OUTLOOK = {
    "id": "E1",
    "iCalUId": "U1",
    "type": "singleInstance",
    "subject": "Plan",
    "body": {"contentType": "html", "content": "<p>x</p>"},
    "start": {"dateTime": "2026-11-23T09:00:00.0000000", "timeZone": "UTC"},
    "end": {"dateTime": "2026-11-23T10:00:00.0000000", "timeZone": "UTC"},
    "isAllDay": False,
    "isCancelled": False,
    "isOrganizer": True,
    "isOnlineMeeting": False,
    "location": {"displayName": ""},
    "attendees": [],
    "categories": [],
}
JOIN = "https://teams.microsoft.com/l/meetup-join/1"
ZOOM = "https://us02web.zoom.us/j/92674392836?pwd=a&x=1"
BLOCK = "<br><br>---- Online meeting (hd1) ----<br>\r\nJoin: {}<br>\r\n---- End of online meeting (hd1) ----"


def outlook(*raws):
    """Return what the page makes of events on one Outlook calendar, in the week of 23 November 2026."""
    calendar = {"owner": "grace@contoso.example", "name": "Calendar", "default": True}
    state = {"microsoft": {"calendars": {"C": {**calendar, "events": [OUTLOOK | raw for raw in raws]}}}}
    return run(
        f"""
        import {{ PROVIDERS }} from "./providers.js";
        const state = {json.dumps(state)};
        const [calendar] = PROVIDERS.microsoft.calendars(state, [{{ email: "grace@contoso.example", name: "Grace" }}]);
        const days = [new Date("2026-11-23T00:00Z"), new Date("2026-11-30T00:00Z")];
        console.log(JSON.stringify([calendar, PROVIDERS.microsoft.events(state, calendar, ...days)]));
        """
    )


@with_node
def test_an_outlook_calendar_bears_its_owners_name():
    calendar, [event] = outlook({})
    assert (calendar["name"], calendar["detail"], calendar["tag"]) == (
        "Grace",
        "grace@contoso.example",
        "Outlook",
    )
    assert (event["title"], event["description"], event["start"]) == ("Plan", "x", "2026-11-23T09:00:00.000Z")


@with_node
@pytest.mark.parametrize(
    ("raw", "link", "service", "waiting"),
    [
        ({}, None, None, False),
        ({"isOnlineMeeting": True, "onlineMeeting": {"joinUrl": JOIN}}, JOIN, "teams", False),
        ({"isOnlineMeeting": True, "onlineMeeting": None}, None, None, True),
        ({"categories": ["zoom"]}, None, None, True),
        ({"categories": ["Holiday"]}, None, None, False),
        ({"subject": "Plan @teams"}, None, None, True),
        ({"subject": "Plan @teams", "isCancelled": True}, None, None, False),
        ({"location": {"displayName": "Zoom Meeting", "locationUri": ZOOM}}, ZOOM, "zoom", False),
        ({"body": {"contentType": "text", "content": f"see {ZOOM}"}}, ZOOM, "zoom", False),
        ({"body": {"contentType": "html", "content": f'<a href="{ZOOM}">go</a>'}}, ZOOM, "zoom", False),
        (
            {"body": {"contentType": "html", "content": "x" + BLOCK.format(ZOOM.replace("&", "&amp;"))}},
            ZOOM,
            "zoom",
            False,
        ),
    ],
)
def test_the_page_finds_the_link_of_an_outlook_event(raw, link, service, waiting):
    _, [event] = outlook(raw)
    assert (event["link"], (event["service"] or {}).get("key"), event["waiting"]) == (link, service, waiting)


@with_node
def test_a_series_at_outlook_is_shown_by_the_dates_that_were_asked_for():
    dates = [OUTLOOK | {"id": f"E1.{n}", "iCalUId": f"U1.{n}", "type": "occurrence"} for n in range(2)]
    _, events = outlook({"type": "seriesMaster", "dates": dates}, {"type": "exception", "id": "E9"})
    assert [(event["id"], event["uid"], event["recurring"]) for event in events] == [
        ("E1.0", "U1", True),
        ("E1.1", "U1", True),
    ]


@with_node
def test_huddleds_block_is_taken_out_of_a_body_and_nothing_else():
    body = "<p>Hi</p>" + BLOCK.format(ZOOM) + "\r\n</body>"
    found = run(
        f"""
        import {{ withoutBlock }} from "./links.js";
        console.log(JSON.stringify(withoutBlock({json.dumps(body)})));
        """
    )
    assert found == "<p>Hi</p></body>"
