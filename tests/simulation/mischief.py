"""What people do to our work: take it off, damage it, copy it, delete its meeting, carry it away."""

from __future__ import annotations

import re

from connectors.model import Native
from tests.simulation.calendar import Item
from tests.simulation.people import FOREIGN, People
from tests.simulation.story import KEYWORD, OURS, URL, Story, asked, link, source
from tests.simulation.world import ADA, BOB, TEAM


def opt_out(people: People, story: Story) -> bool:
    """Take our details off by hand."""
    item = story.item
    known = people.record(story)
    if item.series or not known or not known.meeting or known.meeting.join_url != link(item):
        return False
    block = OURS.search(item["description"])
    key = block["key"] if block else item["native"].key
    room = next((room for room in people.world.zoom.rooms.values() if room.url == link(item)), None)
    sure = (
        story.steady
        and known.state in {"live", "changing"}
        and known.written
        and (known.key, known.source) == (key, source(story))
        and (room is None or room.alive)
    )
    people.say("opt out", story, "(known)" if sure else "(it may not know)")
    story.disturb()
    story.opted, story.opted_from = ("sure" if sure else "maybe"), source(story)
    found = link(item)
    if people.dice.random() < 0.5:
        story.cleared = True
        item.fields["location"] = " ".join(item["location"].replace(found, "").split())
    story.leftover = found in item["location"] and not sure
    if item["native"] is not None and item["native"].key:
        item.request_id = ""
        item.fields["native"] = None
    if block:
        lazily = OURS.sub("\n" if people.dice.random() < 0.3 else "", item["description"])
        item.fields["description"] = story.texts["description"] = lazily
    if KEYWORD.search(item["location"]) is None:
        story.texts["location"] = " ".join(KEYWORD.sub("", story.place).split())
    people.world.calendars.touch(item)
    return True


def damage(people: People, story: Story) -> bool:
    """Delete one of our two marker lines, in one of the two."""
    which = people.dice.choice(["", "End of "])
    pattern = rf"-{{3,4}} {which}[Oo]nline meeting \(hd\w{{16}}\) -{{3,4}}(?:\n|<br>)?"
    if not OURS.search(story.item["description"]) or story.copied or story.series or story.item["recurrence"]:
        return False
    story.loose = True
    people.change(story, description=re.sub(pattern, "", story.item["description"], count=1))
    people.say("damage", story, repr(story.item["description"]))
    return True


def copy(people: People, story: Story) -> bool:
    """Duplicate an event with all that stands on it."""
    if story.series is not None:
        return False
    people.count += 1
    fields = dict(story.item.fields)
    if people.dice.random() < 0.5:
        fields["mark"] = None
    if people.dice.random() < 0.7:
        fields["native"] = None
    other = Item(story.item.calendar, f"evt{people.count}", story.item.organizer, fields)
    texts = {"description": story.notes, "location": fields["location"]}
    told = Story(other, texts, foreign=story.foreign, loose=story.loose, copied=True, steady=False)
    block = OURS.search(fields["description"])
    if any(url not in (block["body"] if block else "") for url in URL.findall(fields["location"])):
        told.foreign = told.foreign or "later"  # the link of another event, with nothing that says so
    people.stories.append(told)
    people.world.calendars.add(other)
    people.say("copy", story, f"to {other.name}")
    return True


def delete_meeting(people: People, story: Story) -> bool:
    """Delete the meeting in the provider's portal."""
    found = [room for room in people.world.zoom.rooms.values() if room.alive and room.url == link(story.item)]
    if not found or story.copied or story.series:
        return False
    story.disturb()
    story.lost = True
    found[0].alive, found[0].by_people = False, True
    people.say("portal delete", story, found[0].id)
    return True


def hand_over(people: People, story: Story) -> bool:
    """Give an event to another calendar, whose owner organizes it from then on."""
    item = story.item
    pending = item["native"] is not None and item["native"].state == "pending"
    if pending or story.series or people.world.calendars.occurrences(item) or story.opted or story.copied:
        return False
    to = people.dice.choice([one for one in (ADA, BOB, TEAM) if one != item.calendar])
    fields = {**item.fields, "attendees": tuple(one for one in item["attendees"] if one != to)}
    texts = dict(story.texts)
    unmarked = people.dice.random() < 0.3
    if unmarked:
        fields["mark"] = None
        if KEYWORD.search(item["location"]) is None:
            texts["location"] = item["location"]  # nobody can know any more that a keyword stood there
    story.disturb()
    story.departed, item.alive = True, False
    other = Item(to, item.id, to, fields, request_id=item.request_id)
    told = Story(other, texts, foreign=story.foreign, loose=story.loose, moved=True, steady=False)
    told.cleared, told.copied = story.cleared, unmarked
    people.stories.append(told)
    people.world.calendars.touch(item)
    people.world.calendars.add(other)
    people.say("hand over", story, f"to {to}, {'without its mark' if unmarked else 'with its mark'}")
    return True


def add_foreign_link(people: People, story: Story) -> bool:
    """Paste the link of another service into the notes."""
    if FOREIGN in story.notes:
        return False
    known = people.record(story)
    story.foreign = "later" if asked(story) or known or not story.steady else "always"
    story.disturb()
    people.type(story, "description", lambda text: f"{text}\n{FOREIGN}")
    people.say("foreign link", story)
    return True


def add_foreign_meet(people: People, story: Story) -> bool:
    """Add a Meet at the calendar's own page, where there is none."""
    if story.item["native"] is not None or story.series or "group" in story.item.calendar:
        return False
    known = people.record(story)
    story.foreign = (
        "later" if asked(story) or known or not story.steady or story.foreign == "later" else "always"
    )
    story.disturb()
    story.item.request_id = "somebody"
    native = Native("meet", "ready", "https://meet.google.com/xxx-yyyy-zzz", "xxx-yyyy-zzz")
    people.change(story, native=native)
    people.say("foreign meet", story)
    return True
