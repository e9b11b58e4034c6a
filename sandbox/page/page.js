// The page: keeps what it shows, asks again when the sandbox says that something changed, and draws.

import { follow, get, post } from "./api.js";
import { merged } from "./copies.js";
import { askEvent, askTitle } from "./dialogs.js";
import { byId, fill, h, toast } from "./dom.js";
import { draw } from "./grid.js";
import { drawPanel } from "./panel.js";
import { PROVIDERS } from "./providers.js";
import { drawCalls, drawMails, drawZoom } from "./side.js";
import { HOUR, MINUTE, addDays, monday, monthOf, now, sameDay, setNow, startOfDay } from "./time.js";

const COLOURS = ["#2563eb", "#d9480f", "#0f9d76", "#9333ea", "#c2255c", "#0c8599", "#846358"];
const POLL = 3000;
const QUIET = 120;

const view = {
  calendars: [],
  hidden: new Set(),
  events: [],
  calls: [],
  lastCall: 0,
  week: monday(now()),
  chosen: false,
  selected: null,
  fresh: new Set(),
};

const acts = {
  open: (event) => { view.selected = event.key; show(); byId("panel").scrollIntoView({ block: "nearest" }); },
  close: () => { view.selected = null; show(); },
  add: (date) => askEvent(date, view.calendars, (id, event) => {
    const calendar = view.calendars.find((one) => one.id === id);
    act(() => PROVIDERS[calendar.provider].add(calendar, event));
  }),
  askTitle: (event) => askTitle(event, (title) => act(() => PROVIDERS[event.provider].rename(event, title))),
  deleteMeeting: (id) => act(() => post(`/_sandbox/zoom/meetings/${id}/delete`)),
  makeWebinar: (id) => act(() => post(`/_sandbox/zoom/meetings/${id}/webinar`)),
};

for (const name of ["move", "setGuests", "setCategories", "removeLink", "cancel", "restore", "answer"]) {
  acts[name] = (event, ...more) => act(() => PROVIDERS[event.provider][name](event, ...more));
}

async function act(work) {
  try {
    await work();
  } catch (error) {
    toast(error.message);
  }
  await refresh("state", "call", "mail");
}

// --- what the sandbox has ---

async function loadState() {
  const [state, { users }] = await Promise.all([get("/_sandbox/state"), get("/_sandbox/users")]);
  const found = Object.values(PROVIDERS).flatMap((provider) => provider.calendars(state, users));
  view.calendars = found.map((calendar, index) => ({ ...calendar, colour: COLOURS[index % COLOURS.length] }));
  const events = (from) => view.calendars.flatMap((calendar) => PROVIDERS[calendar.provider].events(state, calendar, from, addDays(from, 7)));
  const first = view.chosen ? view.week : monday(now());
  await Promise.all(Object.values(PROVIDERS).map((provider) => provider.prepare?.(state, first, addDays(first, 14))));
  if (!view.chosen) view.week = busiest(events);
  setEvents(events(view.week));
  drawZoom(state.zoom?.meetings ?? [], acts);
}

// Begins with this week, or with the next one when only that has something ahead.
function busiest(events) {
  view.chosen = true;
  const [first, second] = [monday(now()), addDays(monday(now()), 7)];
  return events(first).some((event) => event.end > now()) || !events(second).length ? first : second;
}

function setEvents(events) {
  const had = new Map(view.events.map((event) => [event.key, event.link]));
  for (const event of events) {
    if (event.link && had.has(event.key) && had.get(event.key) !== event.link) mark(event.key);
  }
  view.events = events;
}

// Lets an event glow for a moment because its link has just come.
function mark(key) {
  view.fresh.add(key);
  setTimeout(() => view.fresh.delete(key), 1800);
}

async function loadCalls() {
  const answer = await get(`/_sandbox/calls?since=${Math.max(0, view.lastCall - 30)}`);
  if (answer.last < view.lastCall) view.calls = [];
  const seen = new Map(view.calls.map((call) => [call.n, call]));
  for (const call of answer.calls) seen.set(call.n, call);
  view.calls = [...seen.values()].slice(-60);
  view.lastCall = answer.last;
  drawCalls(view.calls, answer.last);
}

async function loadMails() {
  const { mails } = await get("/_sandbox/outbox");
  drawMails(mails);
}

const loaders = { state: loadState, call: loadCalls, mail: loadMails };
const CHANGES = {
  event: ["state"], calendar: ["state"], zoom: ["state"], user: ["state"], call: ["call"], mail: ["mail"], reset: ["state", "call", "mail"],
};

let wanted = new Set();
let asking = null;

// Asks for what changed, a moment later and one round at a time, so that a burst of changes is few questions.
function refresh(...kinds) {
  for (const kind of kinds) wanted.add(kind);
  asking ??= rounds().finally(() => { asking = null; });
  return asking;
}

async function rounds() {
  while (wanted.size) {
    await new Promise((done) => { setTimeout(done, QUIET); });
    await load();
  }
}

async function load() {
  const kinds = wanted;
  wanted = new Set();
  try {
    await Promise.all([...kinds].map((kind) => loaders[kind]()));
  } catch (error) {
    toast(`The sandbox does not answer: ${error.message}`);
  }
  show();
}

// --- what the page shows ---

function show() {
  const colours = new Map(view.calendars.map((calendar) => [calendar.id, calendar.colour]));
  const events = merged(view.events.filter((event) => !view.hidden.has(event.calendar)));
  byId("month").textContent = monthOf(view.week);
  draw(byId("week"), { monday: view.week, events, colours, selected: view.selected, fresh: view.fresh, acts });
  const event = view.events.find((one) => one.key === view.selected) ?? null;
  const copies = event ? events.find((one) => one.copies.some((copy) => copy.key === event.key))?.copies ?? [event] : [];
  const calendars = new Map(view.calendars.map((calendar) => [calendar.id, calendar]));
  drawPanel(byId("panel"), event, copies, calendars, acts);
  legend();
}

function legend() {
  const boxes = byId("legend");
  const signature = view.calendars.map((calendar) => calendar.id).join();
  if (boxes.dataset.for === signature) return;
  boxes.dataset.for = signature;
  fill(boxes, view.calendars.map((calendar) => h("li", {}, h("label", { style: { "--colour": calendar.colour } },
    h("input", { type: "checkbox", checked: !view.hidden.has(calendar.id), onchange: (event) => toggle(calendar.id, event.target.checked) }),
    h("span", {}, h("b", {}, calendar.name, calendar.tag && h("i", { className: "tag" }, calendar.tag)), h("small", {}, calendar.detail)),
  ))));
}

function toggle(id, shown) {
  if (shown) view.hidden.delete(id);
  else view.hidden.add(id);
  show();
}

function turn(week) {
  view.week = week;
  view.chosen = true;
  view.events = [];
  refresh("state");
}

// --- living ---

function live(connected) {
  byId("live").textContent = connected ? "Live" : "Polling";
  byId("live").classList.toggle("on", connected);
  if (connected) refresh("state", "call", "mail");
}

let connected = false;

async function start() {
  byId("today").addEventListener("click", () => turn(monday(now())));
  byId("back").addEventListener("click", () => turn(addDays(view.week, -7)));
  byId("next").addEventListener("click", () => turn(addDays(view.week, 7)));
  byId("add").addEventListener("click", () => acts.add(nextHour()));
  document.addEventListener("keydown", (press) => {
    if (press.key === "Escape" && view.selected && !byId("dialog").open) acts.close();
  });
  await readClock();
  await refresh("state");
  follow(Object.keys(CHANGES), (kind) => refresh(...CHANGES[kind]), (on) => { connected = on; live(on); });
  setInterval(() => { if (!connected) refresh("state", "call", "mail"); }, POLL);
  setInterval(() => readClock().then(show, () => {}), MINUTE);
}

async function readClock() {
  setNow((await post("/_sandbox/clock", { advance: 0 })).now);
}

function nextHour() {
  const base = sameDay(monday(now()), view.week) ? now() : new Date(+startOfDay(view.week) + 9 * HOUR);
  return new Date(Math.ceil(base / HOUR) * HOUR);
}

start().catch((error) => toast(error.message));
