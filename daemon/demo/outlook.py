"""The scenes of the story that play at Outlook: Grace and Linus there, and Ada who invites Grace from Google."""

from __future__ import annotations

import time
from datetime import timedelta

from daemon.demo import seen
from daemon.demo.scene import Scene, Step, Told, in_writes, require
from daemon.demo.stage import OUTLOOK, PEOPLE

GRACE, LINUS = OUTLOOK
ADA = PEOPLE[0]
# As Outlook on the web writes it, with what Word leaves behind.
BODY = """<html><head>\r
<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><style>\r
<!--\r
p.MsoNormal\r
\t{margin:0; font-family:"Aptos",sans-serif}\r
-->\r
</style></head>\r
<body dir="ltr">\r
<div class="elementToProof" style="font-size:12pt">Dear all, the papers &#128640; are below.&nbsp;</div>\r
<table border="1"><tbody><tr><td>1</td><td><b>Figures</b> &amp; outlook</td></tr></tbody></table>\r
<p class="MsoNormal">Kind regards<br>Grace</p>\r
</body>\r
</html>\r
"""
INVITATION = "https://teams.microsoft.com/l/meetup-join/"


async def teams(scene: Scene) -> Told:
    """Flag an event for Teams."""
    since, clock = await scene.last_call(), time.monotonic()
    body = {
        "subject": "Sprint review @teams",
        "body": {"contentType": "html", "content": BODY},
        **_times(scene, 1, 10, 45),
    }
    made = await scene.act("POST", GRACE, "", body)
    scene.ids["Sprint review"] = made["id"]
    url = await scene.linked(GRACE, "Sprint review")
    ms = round((time.monotonic() - clock) * 1000)
    writes = [call["op"] for call in await scene.rest(since)]
    text = (await scene.event(GRACE, "Sprint review")).text
    require(it=writes == ["events.patch"], failed=f"The writes were {writes}.")
    whole = seen.is_kept(BODY, text) and INVITATION in text
    require(it=whole, failed="The body is not Grace's with Teams' invitation.")
    text = f"A Teams meeting of its own, {ms} ms later; the invitation in the body is Teams' own. {in_writes(1)}."
    return Told(text, {"ms": ms, "writes": len(writes)}, seen.shown(url))


async def body(scene: Scene) -> Told:
    """Flag an event for Zoom whose body is full of mark-up, with a guest at Google."""
    since = await scene.last_call()
    event = {
        "subject": "Board @zoom",
        "body": {"contentType": "html", "content": BODY},
        "attendees": [{"emailAddress": {"address": ADA}, "type": "required"}],
        **_times(scene, 2, 13, 60),
    }
    scene.ids["Board"] = (await scene.act("POST", GRACE, "", event))["id"]
    url = await scene.linked(GRACE, "Board")
    writes = [call["op"] for call in await scene.rest(since)]
    text = (await scene.event(GRACE, "Board")).text
    mails = [mail["to"] for mail in await scene.mails() if mail["event"] == scene.ids["Board"]]
    require(it=writes == ["zoom.create", "events.patch"], failed=f"The writes were {writes}.")
    require(it=seen.is_kept(BODY, text) and url in text, failed="More than our lines has changed.")
    require(it=mails == [ADA], failed=f"Mails went to {mails}.")
    text = (
        f"Our lines are in, and all {len(BODY.encode())} bytes of hers are where they were."
        " Outlook mails the one guest once: it cannot do without."
    )
    return Told(text, {"writes": len(writes), "mails": len(mails)}, seen.shown(url))


async def category(scene: Scene) -> Told:
    """Flag an event by a category."""
    since = await scene.last_call()
    event = {"subject": "Lab safety", "categories": ["Zoom"], **_times(scene, 1, 12, 30)}
    scene.ids["Lab safety"] = (await scene.act("POST", LINUS, "", event))["id"]
    url = await scene.linked(LINUS, "Lab safety")
    count, title = len(await scene.rest(since)), (await scene.event(LINUS, "Lab safety")).title
    require(it=title == "Lab safety", failed="The title was changed.")
    return Told(
        f"Nothing to type: the category is enough. {in_writes(count)}.", {"writes": count}, seen.shown(url)
    )


async def moves(scene: Scene) -> Told:
    """Move both of Grace's events: Teams follows by itself, Zoom is told, and no body is written."""
    since, names = await scene.last_call(), ("Sprint review", "Board")
    before = [await scene.event(GRACE, name) for name in names]
    mails = len(await scene.mails())
    for name in names:
        await scene.act("PATCH", GRACE, f"/{scene.ids[name]}", _times(scene, 3, 15 + names.index(name), 30))
    await scene.known_to_zoom("Board", scene.days[3] + timedelta(hours=16))
    writes = [call["op"] for call in await scene.rest(since)]
    after = [await scene.event(GRACE, name) for name in names]
    ours = len(await scene.mails()) - mails
    same = [(one.link, one.text) for one in before] == [(one.link, one.text) for one in after]
    require(it=same, failed="A link or a body is not the same any more.")
    require(it=writes == ["zoom.update"], failed=f"The writes were {writes}.")
    require(it=ours == 0, failed=f"{ours} mails were ours.")
    text = (
        "Same links, same bodies: Zoom is told the new time, Teams knows it. 1 write, none of it to Outlook."
    )
    return Told(text, {"same_link": True, "writes": len(writes)})


async def across(scene: Scene) -> Told:
    """Invite somebody at Outlook to an event at Google: both calendars are watched, and one of them counts."""
    since = await scene.last_call()
    event = {
        "summary": "Launch @zoom",
        "attendees": [{"email": GRACE}],
        **seen.at(scene.days[2] + timedelta(hours=16), 30),
    }
    scene.ids["Launch"] = (await scene.act("POST", ADA, "", event))["id"]
    url = await scene.linked(ADA, "Launch")
    writes = [(call["provider"], call["op"]) for call in await scene.rest(since)]
    meetings = seen.zoom_meetings(await scene.state(), "Launch")
    calendars = (await scene.state())["microsoft"]["calendars"].values()
    copies = [one for there in calendars for one in there["events"] if one["subject"] == "Launch @zoom"]
    require(it=len(meetings) == 1, failed=f"There are {len(meetings)} meetings.")
    require(it=[one["isOrganizer"] for one in copies] == [False], failed="Grace has no copy of it.")
    require(
        it=writes == [("zoom", "zoom.create"), ("google", "events.patch")],
        failed=f"The writes were {writes}.",
    )
    text = (
        "huddled sees both Ada's event and Grace's copy: one meeting, and it writes to Ada's only. 2 writes."
    )
    return Told(text, {"meetings": len(meetings), "writes": len(writes)}, seen.shown(url))


async def unset(scene: Scene) -> Told:
    """Take the keyword away from an event with a Teams meeting, which Graph has no way to say."""
    since = await scene.last_call()
    await scene.act("PATCH", GRACE, f"/{scene.ids['Sprint review']}", {"subject": "Sprint review"})

    async def gone() -> bool:
        return not (await scene.event(GRACE, "Sprint review")).link

    await scene.stage.until("The Teams meeting goes", gone)
    count, event = len(await scene.rest(since)), await scene.event(GRACE, "Sprint review")
    right = seen.is_kept(BODY, event.text) and INVITATION not in event.text
    require(it=right, failed="More was cut out than Teams' invitation, or less.")
    require(it=count == 1, failed=f"There were {count} writes.")
    text = (
        "Outlook cannot unset a Teams meeting. Its invitation is cut out of the body, which ends it. 1 write."
    )
    return Told(text, {"writes": count})


def _times(scene: Scene, day: int, hour: int, minutes: int) -> dict[str, object]:
    return seen.outlook_at(scene.days[day] + timedelta(hours=hour), minutes)


SCENES = (
    Step("teams", "Grace, at Outlook, adds “Sprint review @teams”.", teams),
    Step("body", "She adds “Board @zoom”, with mark-up of all kinds in its body, and invites Ada.", body),
    Step("category", "Linus gives “Lab safety” the category Zoom.", category),
    Step("outlook_moved", "Grace moves both of hers to another day.", moves),
    Step("across", "Ada, at Google, adds “Launch @zoom” and invites Grace, at Outlook.", across),
    Step("unset", "Grace takes @teams out of the title of “Sprint review”.", unset),
)
