"""What people do to ask for a conference, for another one, or for none any more."""

from __future__ import annotations

import re

from tests.simulation.people import SERVICES, People
from tests.simulation.story import KEYWORD, Story, source


def ask_otherwise(people: People, story: Story) -> bool:
    """Ask for another service in the same place."""
    flag = source(story)
    if not flag or flag.startswith("rule:"):
        return False
    return _ask(people, story, flag, people.dice.choice(SERVICES))


def unflag(people: People, story: Story) -> bool:
    """Ask for nothing any more."""
    flag = source(story)
    if flag.startswith("rule:"):
        story.disturb()
        people.change(story, title=story.item["title"].replace(" customer", ""))
        people.say("unflag", story)
        return True
    return bool(flag) and _ask(people, story, flag, "none" if flag.startswith("location") else "")


def flag(people: People, story: Story) -> bool:
    """Ask for a conference in the title."""
    if source(story):
        return False
    story.disturb()
    word = people.dice.choice(SERVICES)
    people.change(story, title=f"{story.item['title']} @{word}")
    people.say("flag", story, word)
    return True


def _ask(people: People, story: Story, flag: str, word: str) -> bool:
    """Put another keyword in the place of the one that is there, or that we have consumed."""
    place = re.split("[:@]", flag)[0]
    story.disturb()
    people.say("ask", story, f"{place} {word}")
    if place == "property":
        people.change(story, ask=word)
    elif place == "title":
        people.change(story, title=_with(story.item["title"], word))
    elif place == "location":
        consumed = KEYWORD.search(story.item["location"]) is None
        seen = story.item["location"]
        story.texts["location"] = _with(story.place, word)
        people.change(story, location=f"{seen} @{word}".strip() if consumed else _with(seen, word))
    else:
        people.type(story, "description", lambda text: _with(text, word))
    return True


def _with(text: str, word: str) -> str:
    return KEYWORD.sub(f"@{word}" if word else "", text, count=1)
