// One event exactly as its calendar has it, and what a person can do to it.

import { fill, h } from "./dom.js";
import { badge } from "./grid.js";
import { CATEGORIES } from "./outlook.js";
import { PROVIDERS } from "./providers.js";
import { HOUR, span } from "./time.js";

const ANSWERS = [["accepted", "Yes"], ["tentative", "Maybe"], ["declined", "No"]];

// Draws the panel, or hides it when there is no event; `acts` has what a person can do.
export function drawPanel(root, event, copies, calendars, acts) {
  const same = event && root.dataset.key === event.key;
  const kept = same ? { scroll: root.scrollTop, draft: root.querySelector("input")?.value ?? "", focus: focused(root) } : null;
  root.hidden = !event;
  root.dataset.key = event?.key ?? "";
  if (!event) return fill(root);
  fill(root, header(event, copies, calendars, acts), buttons(event, acts), facts(event, acts));
  if (kept) restore(root, kept);
}

// Whoever is typing or tabbing through the panel stays where they were.
function restore(root, { scroll, draft, focus }) {
  const input = root.querySelector("input");
  if (input) input.value = draft;
  root.scrollTop = scroll;
  if (focus) [...root.querySelectorAll("button, input")].find((one) => name(one) === focus)?.focus({ preventScroll: true });
}

const name = (element) => element.ariaLabel || element.textContent;
const focused = (root) => (root.contains(document.activeElement) ? name(document.activeElement) : null);

function header(event, copies, calendars, acts) {
  const calendar = calendars.get(event.calendar);
  return h("header", { style: { "--colour": calendar.colour } },
    h("div", {},
      h("h3", {}, event.title, badge(event)),
      h("p", {}, span(event)),
      copies.length > 1 ? copyTabs(event, copies, calendars, acts) : h("p", { className: "quiet" }, `${calendar.name} · ${calendar.detail}`),
    ),
    h("button", { type: "button", className: "icon", ariaLabel: "Close", onclick: acts.close }, "×"),
  );
}

// The organizer's copy and each guest's, to see every one as it is stored.
function copyTabs(event, copies, calendars, acts) {
  return h("div", { className: "copies", role: "group", ariaLabel: "Whose copy" }, copies.map((copy) => h(
    "button",
    { type: "button", title: copy.mine ? "The organizer's own" : "A guest's copy", ariaPressed: String(copy.key === event.key), style: { "--colour": calendars.get(copy.calendar).colour }, onclick: () => acts.open(copy) },
    calendars.get(copy.calendar).name,
  )));
}

function facts(event, acts) {
  return h("dl", {},
    fact("Status", h("span", { className: `status ${event.status}` }, event.status), event.recurring && h("span", { className: "quiet" }, " one of a series")),
    event.link && fact("Link", h("a", { href: safe(event.link), target: "_blank", rel: "noreferrer noopener" }, event.link)),
    fact("Location", event.location || none()),
    fact("Description", event.description ? h("pre", {}, event.description) : none()),
    event.conference && fact("Conference", h("pre", {}, event.conference)),
    event.categories && fact("Categories", categories(event, acts)),
    !event.mine && fact("Organizer", event.organizer),
    fact("Guests", guests(event, acts)),
    fact("Private marks", event.marks.length ? h("ul", { className: "marks" }, event.marks.map(([key, value]) => h("li", {}, h("code", {}, `${key} = ${value}`)))) : none()),
  );
}

const fact = (name, ...values) => h("div", {}, h("dt", {}, name), h("dd", {}, ...values));
const none = () => h("span", { className: "quiet" }, "none");
const safe = (link) => (/^https?:\/\//.test(link) ? link : null);

// The usual words as switches, and whatever else the event has.
function categories(event, acts) {
  const names = [...CATEGORIES, ...event.categories.filter((name) => !CATEGORIES.includes(name))];
  return h("div", { className: "categories", role: "group", ariaLabel: "Categories" }, names.map((name) => {
    const on = event.categories.includes(name);
    const next = on ? event.categories.filter((other) => other !== name) : [...event.categories, name];
    return h("button", { type: "button", ariaPressed: String(on), onclick: () => acts.setCategories(event, next) }, name);
  }));
}

function guests(event, acts) {
  const rows = event.guests.map((guest) => h("li", {},
    h("span", { className: `answer ${guest.responseStatus}`, title: guest.responseStatus }),
    h("span", {}, guest.email),
    event.mine && !guest.self && h("button", {
      type: "button", className: "icon", ariaLabel: `Remove ${guest.email}`,
      onclick: () => acts.setGuests(event, event.guests.filter((other) => other.email !== guest.email)),
    }, "×"),
  ));
  const input = h("input", { type: "email", placeholder: "guest@example.com", ariaLabel: "Add a guest", required: true });
  const add = (submit) => {
    submit.preventDefault();
    const email = input.value.trim();
    input.value = "";
    if (email.includes("@")) acts.setGuests(event, [...event.guests, { email }]);
  };
  const form = h("form", { className: "inline", onsubmit: add }, input, h("button", { type: "submit" }, "Add"));
  return [h("ul", { className: "guests" }, rows), event.mine && !event.cancelled ? form : null].filter(Boolean);
}

function buttons(event, acts) {
  if (event.cancelled && PROVIDERS[event.provider].restorable) return h("footer", {}, button("Restore", () => acts.restore(event), "primary"));
  if (event.cancelled) return h("footer", {}, button("Delete my copy", () => acts.cancel(event), "danger"));
  const by = (milliseconds) => acts.move(event, new Date(+event.start + milliseconds), new Date(+event.end + milliseconds));
  return h("footer", {},
    !event.allDay && button("− 1 h", () => by(-HOUR)),
    !event.allDay && button("+ 1 h", () => by(HOUR)),
    button("Rename", () => acts.askTitle(event)),
    event.link && button("Remove link", () => acts.removeLink(event)),
    button(event.mine ? "Cancel event" : "Delete my copy", () => acts.cancel(event), "danger"),
    answers(event, acts),
  );
}

const button = (text, onclick, className = "") => h("button", { type: "button", className, onclick }, text);

function answers(event, acts) {
  const me = event.guests.find((guest) => guest.self);
  if (!me) return null;
  return h("div", { className: "answers", role: "group", ariaLabel: "Going?" }, h("span", {}, "Going?"), ANSWERS.map(([status, word]) => h(
    "button", { type: "button", ariaPressed: String(me.responseStatus === status), onclick: () => acts.answer(event, status) }, word,
  )));
}
