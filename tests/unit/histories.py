"""Random histories for the decision core: people, a provider that forgets nothing, and a process that dies.

Everything is data in one thread. The process commits before it touches the provider and after; it dies between any
call and its commit, and the world goes on moving. `World.judge_end` says what must be true when all is quiet.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from builders import NOW, POLICY, SERVICES, event

from connectors.block import put, split, take
from connectors.details import details
from connectors.model import Mark, Meeting, MeetingSettings
from connectors.overrides import known as known_at
from connectors.overrides import stated
from daemon.actions import Forget, Provision, Record, Update, Withdraw, Write
from daemon.plan import plan, settled
from daemon.rules import Rule

LINK = "https://acme.webex.com/meet/eve"
KNOWING = {**SERVICES, "zoom": replace(SERVICES["zoom"], settings=known_at("zoom"))}
LAID_DOWN = (
    MeetingSettings(),
    MeetingSettings(waiting_room=True),
    MeetingSettings(waiting_room=False, mute_on_entry=True),
)


class Died(Exception):
    """The process ended here; what was not committed is lost."""


@dataclass
class Provider:
    """A service that makes a second meeting if asked a second time, but can be searched by key."""

    meetings: dict = field(default_factory=dict)  # id -> (key, service, request)
    settings: dict = field(default_factory=dict)  # by id, what was ever said of them
    next_id: int = 1

    def create(self, key, service, request, tried):
        found = [id_ for id_, (known, *_) in self.meetings.items() if known == key]
        if tried is not None and found:
            id_ = found[0]
        else:
            id_, self.next_id = self.next_id, self.next_id + 1
        self.meetings[id_] = (key, service, request)
        self.tell(id_, request)
        url = f"https://zoom.us/j/9{id_:09}" if service == "zoom" else f"https://meet.example.org/{id_}"
        return Meeting(service=service, name=service, id=str(id_), join_url=url)

    def update(self, meeting, request):
        if int(meeting.id) not in self.meetings:
            return False
        key, service, _ = self.meetings[int(meeting.id)]
        self.meetings[int(meeting.id)] = (key, service, request)
        self.tell(int(meeting.id), request)
        return True

    def tell(self, id_, request):
        self.settings[id_] = self.settings.get(id_, {}) | stated(request.settings)

    def cancel(self, key, meeting):
        keep = {id_: made for id_, made in self.meetings.items() if made[0] != key}
        if meeting is not None:
            keep.pop(int(meeting.id), None)
        self.meetings = keep


@dataclass
class World:
    """One event, the people who change it, one provider, one process and its disk."""

    dice: Random
    truth: object = None  # the event as it is; None while it is cancelled
    hidden: object = None  # what a restore brings back
    etag: int = 1
    seen: object = None  # the process's snapshot: may be old
    known: object = None  # committed
    provider: Provider = field(default_factory=Provider)
    policy: object = replace(POLICY, services=KNOWING)
    keys: int = 0
    writes: int = 0
    mortal: bool = True
    bereft: bool = False  # a meeting was deleted at the provider, which the next update finds out
    trace: list = field(default_factory=list)

    def __post_init__(self):
        self.truth = event(title=self.dice.choice(["Review", "@zoom Review"]))

    # -- people ------------------------------------------------------------------------------------------

    def person(self):
        moves = [self.retitle, self.retitle, self.move, self.guests, self.edit_text, self.cancel, self.restore,
                 self.take_off, self.portal, self.add_link, self.series, self.locate, self.operator]  # fmt: skip
        self.dice.choice(moves)()

    def change(self, **changes):
        if self.truth is None:
            return
        self.etag += 1
        self.truth = replace(self.truth, etag=f'"{self.etag}"', **changes)
        self.trace.append(f"person: {sorted(changes)}")

    def describe(self, description):
        notes, block = split(description)
        self.change(description=description, notes=notes, block=block)

    def retitle(self):
        words = ["Review", "@zoom Review", "@zoom Other", "@static Review", "@none", "Review @zoom"]
        self.change(title=self.dice.choice(words))

    def move(self):
        start = NOW + timedelta(days=self.dice.choice([1, 2, 3]))
        self.change(start=start, end=start + timedelta(hours=1), ends=start + timedelta(hours=1))

    def guests(self):
        self.change(attendees=tuple(sorted({self.dice.choice(["bob@x.test", "eve@x.test"])})))

    def series(self):
        rule = self.dice.choice([(), ("RRULE:FREQ=WEEKLY",)])
        self.change(recurrence=rule, ends=None if rule else self.truth.end if self.truth else None)

    def edit_text(self):
        if self.truth is not None:
            self.describe(self.dice.choice(["Hi. ", ""]) + self.truth.description)

    def add_link(self):
        if self.truth is not None and self.dice.random() < 0.3:
            text = self.truth.description
            self.describe(text.replace(LINK, "") if LINK in text else f"{LINK} {text}")

    def locate(self):
        if self.truth is not None and not self.truth.location:
            self.change(location=self.dice.choice(["Room 4", "@zoom", "@static"]))

    def cancel(self):
        if self.truth is not None:
            self.hidden, self.truth = self.truth, None
            self.trace.append("person: cancel")

    def restore(self):
        if self.truth is None:
            self.truth = self.hidden
            self.change()

    def take_off(self):
        """Take our block out by hand; the link with it. The process is given the time to see that."""
        if self.truth is None or self.truth.block is None or self.known is None or not self.known.written:
            return
        url = self.known.meeting.join_url if self.known.meeting else "?"
        self.describe(take(self.truth.description))
        if self.truth.location == url:
            self.change(location="")
        self.trace.append("person: takes the details off")

    def portal(self):
        zooms = sorted(id_ for id_, made in self.provider.meetings.items() if made[1] == "zoom")
        if zooms and self.dice.random() < 0.3:
            self.provider.meetings.pop(self.dice.choice(zooms))
            self.bereft = True
            self.trace.append("person: deletes the meeting at the provider")

    def operator(self):
        """Change the rules: the configuration is read anew, and every event looked at."""
        rules = (Rule(settings=self.dice.choice(LAID_DOWN)),)
        self.policy = replace(self.policy, flags=replace(POLICY.flags, rules=rules))
        self.trace.append(f"operator: {rules[0].settings}")

    # -- the process -------------------------------------------------------------------------------------

    def die(self):
        if self.mortal and self.dice.random() < 0.15:
            self.trace.append("process: dies")
            raise Died

    def sync(self):
        self.seen = self.truth

    def run(self, steps=20):
        """Reconcile until nothing is owed, as the daemon does. Raises Died."""
        known, minted = self.known, set()
        for _ in range(steps):
            self.keys += 1
            action = plan(self.seen, known, self.policy, f"hd{self.keys:016}")
            if action is None:
                self.known = known
                return
            if self.mortal and self.dice.random() < 0.3:
                self.person()
            known = self.act(action, known, minted)
            self.die()
        raise AssertionError(f"does not settle: {action}")

    def act(self, action, known, minted):
        self.trace.append(f"process: {type(action).__name__} {getattr(action, 'why', '')}")
        match action:
            case Record(conference):
                if conference.state == "reserved" and conference.tried is None:
                    minted.add(conference.key)
                    conference = replace(conference, tried=NOW)
                self.known = conference
                return conference
            case Forget(gone):
                self.known = self.left(gone)
                return self.known
            case Provision(conference, request):
                tried = None if conference.key in minted else conference.tried
                minted.clear()
                made = self.provider.create(conference.key, conference.service, request, tried)
                self.die()
                self.known = replace(conference, state="live", meeting=made, request=request)
            case Update(conference, made, request):
                there = self.provider.update(made, request)
                self.die()
                again = {} if there else {"meeting": None, "written": False}
                self.known = replace(
                    conference, state="live" if there else "reserved", request=request, **again
                )
            case Write(at, conference, made):
                if self.truth is None or self.truth.etag != at.etag:
                    self.seen = self.truth  # 412: read it again
                    return known
                self.write(conference, made)
                self.die()
                self.seen = self.truth
                self.known = replace(conference, written=True) if made else conference
            case Withdraw(conference):
                self.provider.cancel(conference.key, conference.meeting)
                self.die()
                self.known = self.left(conference)
        return self.known

    def left(self, gone):
        by_hand = gone.state == "leaving" and gone.by_hand
        return replace(gone, state="declined", meeting=None, written=False) if by_hand else None

    def write(self, known, made):
        self.writes += 1
        old = self.truth.block.text if self.truth.block else ""
        location = self.truth.location
        urls = [word for word in old.split() if word.startswith("https://")]
        urls += [known.meeting.join_url] if known.meeting else []
        if made is None:
            location = "" if location in urls else location
            description, mark = take(self.truth.description), None
        else:
            keyword = location in {"@zoom", "@static"} and known.source.startswith("location:")
            location = made.join_url if not location or location in urls or keyword else location
            description = put(self.truth.description, known.key, details(made))
            mark = Mark(known.key, "e1", known.source)
        self.describe(description)
        self.change(location=location, mark=mark)

    # -- histories ---------------------------------------------------------------------------------------

    def live(self, steps):
        for _ in range(steps):
            chance = self.dice.random()
            if chance < 0.4:
                self.person()
            elif chance < 0.6:
                self.sync()
            else:
                try:
                    self.run()
                except Died:
                    continue

    def rest(self):
        """Nobody does anything any more, and the process no longer dies."""
        self.mortal = False
        if self.bereft and self.truth is not None:
            self.sync()
            self.run()
            self.change(title=f"{self.truth.title} again")
            self.bereft = False
        for _ in range(4):
            self.sync()
            self.run()

    def judge_end(self):
        """Say what must be true now, without asking the code that made it so."""
        wanted = self.wanted()
        assert settled(self.seen, self.known, self.policy)
        assert len(self.provider.meetings) == (1 if wanted else 0), "one meeting if it is wanted, else none"
        if self.truth is not None:
            assert self.truth.description.count("End of online meeting") == (1 if wanted else 0), "one block"
            assert (
                split(self.truth.description)[0].replace(LINK, "").replace("Hi. ", "").strip()
                == "Bring cake."
            )
        if not wanted:
            return
        ((id_, (_, service, request)),) = self.provider.meetings.items()
        assert service == wanted
        assert self.known.meeting.id == str(id_)
        assert self.known.meeting.join_url in self.truth.block.text, (
            "the link on the event is that of the meeting"
        )
        if service == "zoom":
            topic = " ".join(self.truth.title.replace("@zoom", "").split())
            start = None if self.truth.recurrence else self.truth.start
            assert (request.title, request.start, request.invitees) == (topic, start, self.truth.attendees)
            laid_down = [stated(rule.settings) for rule in self.policy.flags.rules]
            told = self.provider.settings[id_]
            assert all(one.items() <= told.items() for one in laid_down), "it has the settings of the rule"

    def wanted(self):
        """What the event asks for, by the rules that people are told."""
        if self.truth is None or (self.known is not None and self.known.state == "declined"):
            return None
        for text in (self.truth.title, self.truth.location):
            for word in text.split():
                if word in {"@zoom", "@static", "@none"}:
                    return self.unless_linked(None if word == "@none" else word[1:])
        consumed = self.known.source if self.known else self.truth.mark.source if self.truth.mark else ""
        return self.unless_linked(consumed[10:] if consumed.startswith("location:") else None)

    def unless_linked(self, service):
        """Somebody's link keeps a first meeting away, but does not take one away."""
        first = self.known is None or self.known.state == "reserved"
        return None if first and LINK in self.truth.description else service
