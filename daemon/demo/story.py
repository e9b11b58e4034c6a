"""The story of the demo: what Ada and Bob do, and what has to be true afterwards."""

from __future__ import annotations

import time
from datetime import timedelta

from daemon.demo import seen
from daemon.demo.application import SCENE
from daemon.demo.entries import Json, own_entries
from daemon.demo.outlook import SCENES
from daemon.demo.scene import Scene, Step, Told, in_writes, require
from daemon.demo.stage import PEOPLE

ADA, BOB = PEOPLE
CAROL = "carol@example.org"
COPIES = 50
LATE = 5.0  # seconds that Zoom keeps its answer back: enough to be killed in
NOTES = "Bring the figures of the third quarter.\n"


async def begin(scene: Scene) -> Told:
    """Start huddled over calendars that have been in use."""
    scene.seeded = await scene.state()
    events = list(own_entries(scene.seeded))
    flagged = [event for event in events if event.is_wanted]
    starts = [event.start for event in events if event.start]
    scene.days = sorted({start.astimezone().replace(hour=0, minute=0) for start in starts})
    await scene.stage.raise_huddled()
    ready = time.monotonic()

    async def all_linked() -> bool:
        now = {event.id: event.link for event in own_entries(await scene.state())}
        return all(now[event.id] for event in flagged)

    await scene.stage.until("Every flagged event gets its link", all_linked)
    seconds = time.monotonic() - ready
    await scene.rest(0)
    scene.start = await scene.last_call()
    taken = sum(event.is_flagged and event.is_taken for event in events)
    text = (
        f"{len(flagged) + taken} of {len(events)} events are flagged: {len(flagged)} had their link"
        f" {seconds:.1f} s after it was ready, {taken} carries somebody else's and is left alone."
    )
    return Told(text, {"events": len(events), "linked": len(flagged), "seconds": round(seconds, 2)})


async def flag(scene: Scene) -> Told:
    """Flag an event for Zoom."""
    since, clock = await scene.last_call(), time.monotonic()
    times = seen.at(scene.days[0] + timedelta(hours=13), 45)
    made = await scene.act("POST", ADA, "", {"summary": "Roadmap", "location": "@zoom", **times})
    scene.ids["Roadmap"] = made["id"]
    scene.link = await scene.linked(ADA, "Roadmap")
    ms = round((time.monotonic() - clock) * 1000)
    place = (await scene.event(ADA, "Roadmap")).place
    writes = [call["op"] for call in await scene.rest(since)]
    ops = [call["op"] for call in await scene.calls(since)]
    require(it=place == scene.link, failed="The link is not where the keyword stood.")
    require(it=writes == ["zoom.create", "events.patch"], failed=f"The writes were {writes}.")
    calls = ops.index("events.patch") + 1
    text = f"Zoom meeting made, its link in the keyword's place: {ms} ms, {calls} calls to the providers."
    return Told(text, {"ms": ms, "calls": calls, "writes": len(writes)}, seen.shown(scene.link))


async def move(scene: Scene) -> Told:
    """Give the event another title and time."""
    since, start = await scene.last_call(), scene.days[1] + timedelta(hours=14)
    body = {"summary": "Roadmap 2.0", **seen.at(start, 45)}
    await scene.act("PATCH", ADA, f"/{scene.ids['Roadmap']}", body)
    meeting = await scene.known_to_zoom("Roadmap 2.0", start)
    count = len(await scene.rest(since))
    same = scene.link == (await scene.event(ADA, "Roadmap")).link == meeting["join_url"]
    require(it=same, failed="The link is not the same any more.")
    text = f"Same link; Zoom knows “Roadmap 2.0” on {start:%A at %H:%M}. {in_writes(count)}."
    return Told(text, {"same_link": True, "writes": count})


async def meet(scene: Scene) -> Told:
    """Flag an event for Google Meet."""
    since, clock = await scene.last_call(), time.monotonic()
    times = seen.at(scene.days[1] + timedelta(hours=15, minutes=30), 60)
    made = await scene.act("POST", BOB, "", {"summary": "Pairing @meet", **times})
    scene.ids["Pairing"] = made["id"]
    url = await scene.linked(BOB, "Pairing")
    ms = round((time.monotonic() - clock) * 1000)
    count = len(await scene.rest(since))
    return Told(f"A Meet of its own, {ms} ms later. {in_writes(count)}.", {"ms": ms, "writes": count}, url)


async def invite(scene: Scene) -> Told:
    """Add guests."""
    since, guests = await scene.last_call(), {BOB, CAROL}
    body = {"attendees": [{"email": guest} for guest in sorted(guests)]}
    await scene.act("PATCH", ADA, f"/{scene.ids['Roadmap']}", body)

    async def look() -> bool:
        found = seen.zoom_meetings(await scene.state(), "Roadmap 2.0")
        return any(guests == _invited(meeting) for meeting in found)

    await scene.stage.until("Zoom learns of the guests", look)
    count = len(await scene.rest(since))
    mails = sum(mail["provider"] == "google" for mail in await scene.mails())
    meetings = len(seen.zoom_meetings(await scene.state(), "Roadmap 2.0"))
    require(it=meetings == 1, failed=f"There are {meetings} meetings now.")
    require(it=mails == 0, failed=f"{mails} mails went out.")
    return Told(
        f"Zoom knows both; still one meeting, and no mail from us. {in_writes(count)}.",
        {"meetings": meetings, "mails": mails, "writes": count},
    )


def _invited(meeting: Json) -> set[str]:
    return {guest["email"] for guest in meeting["settings"].get("meeting_invitees", ())}


async def move_again(scene: Scene) -> Told:
    """Move the event once more, with its guests."""
    since, start = await scene.last_call(), scene.days[1] + timedelta(hours=17)
    await scene.act("PATCH", ADA, f"/{scene.ids['Roadmap']}", seen.at(start, 45))
    await scene.known_to_zoom("Roadmap 2.0", start)
    count = len(await scene.rest(since))
    links = {(await scene.event(who, "Roadmap")).link for who in (ADA, BOB)}
    require(it=links == {scene.link}, failed="The link is not the same in both calendars.")
    text = f"Same link, in Bob's calendar too; Zoom knows {start:%A at %H:%M}. {in_writes(count)}."
    return Told(text, {"same_link": True, "writes": count})


async def storm(scene: Scene) -> Told:
    """Let every push come fifty times."""
    since, before = await scene.last_call(), await scene.stage.ask("GET", "/_sandbox/push/idle")
    await scene.stage.ask("POST", "/_sandbox/push", {"copies": COPIES})
    await scene.act("POST", BOB, f"/{scene.ids['Roadmap']}/rsvp", {"responseStatus": "accepted"})
    writes = len(await scene.rest(since))
    await scene.stage.ask("POST", "/_sandbox/push", {"copies": 1})
    after = await scene.stage.ask("GET", "/_sandbox/push/idle")
    pushes, reads = after["delivered"] - before["delivered"], len(await scene.calls(since)) - writes
    require(it=pushes >= COPIES, failed=f"Only {pushes} pushes arrived.")
    require(it=writes == 0, failed=f"There were {writes} writes.")
    text = f"{pushes} pushes arrived: {reads} looks at the calendars, not one write."
    return Told(text, {"pushes": pushes, "reads": reads, "writes": writes})


async def crash(scene: Scene) -> Told:
    """Kill huddled when Zoom has made the meeting and nobody else knows yet; the event moves meanwhile."""
    since = await scene.last_call()
    fault = {"provider": "zoom", "op": "zoom.create", "delay": LATE, "drop": "after"}
    await scene.stage.ask("POST", "/_sandbox/faults", fault)
    start = scene.days[2] + timedelta(hours=12)
    event = {"summary": "Post-mortem @zoom", "description": NOTES, **seen.at(start, 30)}
    scene.ids["Post-mortem"] = (await scene.act("POST", ADA, "", event))["id"]

    async def meetings() -> list[Json]:
        return seen.zoom_meetings(await scene.state(), "Post-mortem")

    await scene.stage.until("Zoom makes the meeting", meetings)
    await scene.stage.kill_huddled()
    require(it=not (await scene.event(ADA, "Post-mortem")).link, failed="It was killed too late.")
    await scene.stage.ask("DELETE", "/_sandbox/faults")
    await scene.act("PATCH", ADA, f"/{scene.ids['Post-mortem']}", seen.at(start - timedelta(hours=3), 30))
    await scene.stage.raise_huddled()
    url = await scene.linked(ADA, "Post-mortem")
    await scene.known_to_zoom("Post-mortem", start - timedelta(hours=3))
    writes = [call["op"] for call in await scene.rest(since)]
    found = await meetings()
    require(it=writes.count("zoom.create") == 1, failed="Zoom was asked for more than one meeting.")
    require(it=len(found) == 1, failed=f"There are {len(found)} meetings.")
    require(it=found[0]["join_url"] == url, failed="The link leads to another meeting.")
    text = "Started again, it took up that very meeting: there is one, at the new time, and its link on the event."
    return Told(text, {"meetings": 1, "writes": len(writes)}, seen.shown(url))


async def cancel(scene: Scene) -> Told:
    """Cancel an event."""
    since = await scene.last_call()
    await scene.act("DELETE", ADA, f"/{scene.ids['Roadmap']}")

    async def gone() -> bool:
        return not seen.zoom_meetings(await scene.state(), "Roadmap 2.0")

    await scene.stage.until("Zoom deletes the meeting", gone)
    count = len(await scene.rest(since))
    return Told(f"The meeting is gone from Zoom. {in_writes(count)}.", {"writes": count})


async def unflag(scene: Scene) -> Told:
    """Take the keyword away."""
    since = await scene.last_call()
    await scene.act("PATCH", ADA, f"/{scene.ids['Post-mortem']}", {"summary": "Post-mortem"})

    async def gone() -> bool:
        event, meetings = await scene.event(ADA, "Post-mortem"), seen.zoom_meetings(await scene.state())
        return not event.link and not any(one["topic"] == "Post-mortem" for one in meetings)

    await scene.stage.until("Meeting and link go", gone)
    count, event = len(await scene.rest(since)), await scene.event(ADA, "Post-mortem")
    require(it=event.text == NOTES, failed="The description is not what Ada wrote.")
    require(it=not event.place, failed="The location is not empty any more.")
    text = f"Meeting gone, our lines gone, her own notes untouched to the byte. {in_writes(count)}."
    return Told(text, {"writes": count})


async def explain(scene: Scene) -> Told:
    """Ask why an event was left alone."""
    before = next(event for event in own_entries(scene.seeded) if event.is_taken)
    title = before.title
    now = next(event for event in own_entries(await scene.state()) if event.id == before.id)
    require(it=now == before, failed=f"“{title}” was changed.")
    reasons = [one for one in await scene.stage.run("why", title) if one["event"] == before.id]
    verdict = str(reasons[0]["verdict"]) if reasons else ""
    require(it="carries a link of somebody else" in verdict, failed=f"It says: {verdict or 'nothing'}")
    return Told(verdict, {"event": title, "verdict": verdict})


STORY = (
    Step(
        "start",
        "huddled looks into the calendars of Ada and Bob at Google, Grace and Linus at Outlook.",
        begin,
    ),
    Step("flagged", "Ada adds “Roadmap” and types @zoom into its location.", flag),
    Step("moved", "She gives it another title, day and time.", move),
    Step("meet", "Bob adds “Pairing @meet”.", meet),
    Step("guests", "Ada invites Bob and Carol to “Roadmap 2.0”.", invite),
    Step("moved_again", "She moves it again.", move_again),
    *SCENES,
    SCENE,
    Step("storm", f"Bob accepts, and every push about it comes {COPIES} times.", storm),
    Step(
        "crash",
        "Ada adds “Post-mortem @zoom”. Zoom makes the meeting: kill -9! Ada moves it meanwhile.",
        crash,
    ),
    Step("cancelled", "Ada cancels “Roadmap 2.0”.", cancel),
    Step("unflagged", "She takes @zoom out of the title of “Post-mortem”.", unflag),
    Step("why", "Why has “Customer call @zoom” no meeting of ours? We ask `huddled why`.", explain),
)
