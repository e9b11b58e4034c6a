"""What people mean by an event: kept beside it, in their own words, so that the daemon's work can be judged.

Nothing of the daemon's decision is used here. What people type is told from what the daemon writes by the shape
of the marker lines alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from tests.simulation.calendar import Item

KEYWORD = re.compile(r"(?<![^\s>])@(video|meet|zoom|static|none)(?![^\s<])")
OURS = re.compile(
    r"(?:(?:\n\n|<br><br>)(?=----)|)(?P<dashes>-{3,4}) Online meeting \((?P<key>hd\w{16})\) -{3,4}"
    r"(?P<body>.*?)-{3,4} End of online meeting \((?P=key)\) -{3,4}",
    re.DOTALL,
)
MARKER = re.compile(r"nline meeting \(hd\w{16}\)")
URL = re.compile(
    r"https://(?:us02web\.zoom\.us/j/\d{11}\?pwd=\w+\.1|video\.example\.com/hd\w{16}"
    r"|meet\.google\.com/[a-z]{3}-[a-z]{4}-[a-z]{3})"
)


@dataclass(eq=False)
class Story:
    """One event as people see it."""

    item: Item
    texts: dict[str, str]  # of what people typed: "description", "location"; a consumed keyword included
    series: Story | None = None  # whose texts an occurrence has where it has none of its own
    opted: Literal["", "sure", "maybe"] = (
        ""  # somebody took our details off, and the daemon must know / may know
    )
    opted_from: str = ""  # what asked for the conference then
    foreign: Literal["", "always", "later"] = (
        ""  # it carries somebody else's link: since before any flag, or not
    )
    loose: bool = False  # somebody damaged our markers: white space at the edges may have changed
    copied: bool = False  # it was made by copying another event, our block included
    moved: bool = False  # it came from another calendar
    departed: bool = False  # it went to another calendar
    lost: bool = False  # somebody deleted its meeting in the provider's portal
    leftover: bool = False  # somebody took our details off, but left the link in the location
    cleared: bool = False  # somebody took the link out of the location
    steady: bool = True  # nothing has happened in this round that may change the link
    shown: list[str] = field(default_factory=list)  # the links that it carried in this round

    @property
    def notes(self) -> str:
        """Return the description without anything of ours."""
        return self._text("description")

    @property
    def place(self) -> str:
        """Return the location as people typed it."""
        return self._text("location")

    def _text(self, name: str) -> str:
        return self.texts[name] if self.series is None or name in self.texts else self.series._text(name)

    def disturb(self) -> None:
        """Note that something happened that may change or end the link; an opt-out may not outlast it."""
        self.steady = False
        if self.opted == "sure":
            self.opted, self.leftover = "maybe", not self.cleared


def source(story: Story) -> str:
    """Say what asks for a conference: "title:@zoom", "rule:customers", "" for nothing."""
    item = story.item
    for place, text in (("title", item["title"]), ("description", story.notes), ("location", story.place)):
        if found := KEYWORD.search(text):
            return f"{place}:@{found[1]}"
    if item["ask"]:
        return f"property:{item['ask']}"
    return "rule:customers" if "customer" in item["title"] else ""


def asked(story: Story) -> str:
    """Say which service is asked for, "" for none."""
    found = source(story)
    word = "zoom" if found == "rule:customers" else re.split("[:@]", found)[-1]
    service = {"video": "zoom", "none": ""}.get(word, word)
    return "" if service == "meet" and "group" in story.item.calendar else service


def link(item: Item) -> str:
    """Return the link that the event carries, "" where it carries none of ours."""
    native = item["native"]
    if native is not None and native.key and native.state == "ready":
        return str(native.join_url)
    block = OURS.search(item["description"])
    found = URL.search(block["body"]) if block else None
    return found[0] if found else ""


def without_keyword(text: str) -> str:
    """Return a location without keyword and without links of ours, with single spaces."""
    return " ".join(URL.sub("", KEYWORD.sub("", text)).split())
