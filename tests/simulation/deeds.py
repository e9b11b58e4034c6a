"""What people do to events. Each deed says whether it could be done."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from connectors.model import Native
from tests.simulation.calendar import Item
from tests.simulation.people import FOREIGN, NOTES, SERVICES, WORDS, People
from tests.simulation.story import KEYWORD, OURS, URL, Story, asked, link, source
from tests.simulation.world import ADA, BOB, TEAM

Deed = Callable[[People, Story], bool]


def retitle(people: People, story: Story) -> bool:
    """Change the words of a title, not what it asks for."""
    people.count += 1
    words = f"{people.dice.choice(WORDS)} {people.count}"
    kept = [word for word in story.item["title"].split() if KEYWORD.fullmatch(word) or word == "customer"]
    people.change(story, title=" ".join([words, *kept]))
    people.say("retitle", story, story.item["title"])
    return True


def reschedule(people: People, story: Story) -> bool:
    """Move it in time, now and then into the past."""
    length = story.item["end"] - story.item["start"]
    now = people.world.utc().replace(second=0, microsecond=0)
    start = now + (timedelta(hours=-3) if people.dice.random() < 0.05 else people.soon())
    people.change(story, start=start, end=start + length)
    people.say("move", story, f"{start:%d %H:%M}")
    return True


def invite(people: People, story: Story) -> bool:
    """Change the guests."""
    people.change(story, attendees=people.guests(story.item.organizer))
    people.say("invite", story, str(story.item["attendees"]))
    return True


def answer(people: People, story: Story) -> bool:
    """Accept an invitation: nothing that matters."""
    people.world.calendars.touch(story.item)
    people.say("rsvp", story)
    return True


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


def cancel(people: People, story: Story) -> bool:
    """Cancel an event, with its changed occurrences."""
    story.disturb()
    people.say("cancel", story)
    item = story.item
    for one in people.world.calendars.occurrences(item):
        one.alive = False
    item.alive = False
    people.world.calendars.touch(item)
    return True


def restore(people: People, _: Story) -> bool:
    """Take a cancelled event out of the bin, with all that stood on it."""
    gone = [
        one
        for one in people.stories
        if not one.item.alive and not one.departed and (one.series is None or one.series.item.alive)
    ]
    if not gone:
        return False
    story = people.dice.choice(gone)
    story.disturb()
    people.say("restore", story)
    story.item.alive = True
    people.world.calendars.touch(story.item)
    return True


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


def edit_notes(people: People, story: Story) -> bool:
    """Write something above or below our block, or have an editor turn line ends into tags."""
    people.count += 1
    line = f"note {people.count} <ok> & so"
    edit: Callable[[str], str] = people.dice.choice(
        [
            lambda text: f"{line}\n{text}",
            lambda text: f"{text}\n{line}",
            lambda text: text.replace("Agenda", "Topics"),
            lambda text: text.replace("\n", "<br>"),
        ]
    )
    if edit(story.item["description"]) == story.item["description"]:
        return False
    people.type(story, "description", edit)
    people.say("write", story, repr(story.item["description"]))
    return True


def edit_place(people: People, story: Story) -> bool:
    """Take another room."""
    if not re.search(r"Room \d", story.place):
        return False
    room = f"Room {people.dice.randrange(1, 9)}"
    people.type(story, "location", lambda text: re.sub(r"Room \d", room, text))
    people.say("room", story, repr(story.item["location"]))
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


def repeat(people: People, story: Story) -> bool:
    """Make a series of a single event."""
    if story.item["recurrence"] or story.series is not None:
        return False
    people.change(story, recurrence=people.dice.choice([("RRULE:FREQ=DAILY;COUNT=9",), ("RRULE:FREQ=WEEKLY",)]))
    people.say("repeat", story)
    return True


def change_occurrence(people: People, story: Story) -> bool:
    """Change or cancel one occurrence of a series."""
    item = story.item
    if not item["recurrence"] or story.series is not None:
        return False
    start = item["start"] + timedelta(weeks=people.dice.choice([1, 2]))
    id_ = f"{item.id}_{start:%Y%m%dT%H%M%SZ}"
    calendars = people.world.calendars
    if (item.calendar, id_) in calendars.items:
        return False
    one = Item(item.calendar, id_, item.organizer, {"start": start, "end": start + timedelta(minutes=30)}, item)
    told = Story(one, {}, story, steady=False)
    kind = people.dice.choice(["cancel", "title", "notes", "time"])
    one.alive = kind != "cancel"
    if kind == "title":
        one.fields["title"] = f"Special @{people.dice.choice(SERVICES)}"
    elif kind == "notes":
        one.fields["description"] = item["description"] + "\nonly today"
        told.texts["description"] = story.notes + "\nonly today"
    people.stories.append(told)
    calendars.add(one)
    people.say(f"occurrence {kind}", told)
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
    if story.series is not None or people.world.calendars.occurrences(item) or story.opted or story.copied:
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


def add_foreign_meet(people: People, story: Story) -> bool:
    """Add a Meet at the calendar's own page, where there is none."""
    if story.item["native"] is not None or story.series or "group" in story.item.calendar:
        return False
    known = people.record(story)
    story.foreign = "later" if asked(story) or known or not story.steady or story.foreign == "later" else "always"
    story.disturb()
    story.item.request_id = "somebody"
    native = Native("meet", "ready", "https://meet.google.com/xxx-yyyy-zzz", "xxx-yyyy-zzz")
    people.change(story, native=native)
    people.say("foreign meet", story)
    return True


DEEDS: dict[Deed, int] = {
    retitle: 6,
    reschedule: 8,
    invite: 4,
    answer: 2,
    ask_otherwise: 6,
    unflag: 4,
    flag: 4,
    cancel: 4,
    restore: 4,
    opt_out: 5,
    edit_notes: 8,
    edit_place: 3,
    damage: 2,
    add_foreign_link: 2,
    add_foreign_meet: 1,
    repeat: 2,
    change_occurrence: 3,
    copy: 2,
    delete_meeting: 2,
    hand_over: 2,
}


def act(people: People) -> None:
    """Have somebody do something."""
    living = people.living()
    if len(living) < 2 or people.dice.random() < 0.2:
        people.create()
    else:
        act_on(people, living[-6:])


def act_on(people: People, stories: Sequence[Story]) -> None:
    """Have somebody do something to one of these events."""
    for _ in range(20):
        deed = people.dice.choices(list(DEEDS), list(DEEDS.values()))[0]
        if deed(people, people.dice.choice(stories)):
            return


def meddle(people: People, about: str) -> None:
    """Have somebody change an event while the daemon is at it."""
    event = about.partition(" ")[0]
    if stories := people.living(lambda one: one.item.id == event):
        act_on(people, stories)


__all__ = ["DEEDS", "NOTES", "URL", "act", "meddle", "retitle"]
