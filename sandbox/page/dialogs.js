// The small dialogs: a new event, a new title.

import { byId, fill, h } from "./dom.js";
import { HOUR, clock, fromIsoDay, isoDay } from "./time.js";

const HINTS = ["@meet", "@zoom", "@teams", "@video", "@none"];

// Opens the dialog for a new event at `date`; calls `add(calendarId, event)`.
export function askEvent(date, calendars, add) {
  const title = field("Title", h("input", { name: "title", value: "Design review @zoom", required: true, maxLength: 300 }));
  const day = field("Day", h("input", { name: "day", type: "date", value: isoDay(date), required: true }));
  const from = field("From", h("input", { name: "from", type: "time", value: clock(date), required: true }));
  const to = field("To", h("input", { name: "to", type: "time", value: clock(new Date(+date + HOUR)), required: true }));
  const calendar = field("Calendar", h("select", { name: "calendar" }, calendars.map((one) => h("option", { value: one.id }, `${one.name} (${one.detail})`))));
  const location = field("Location", h("input", { name: "location", placeholder: "optional; keywords work here too" }));
  const guests = field("Guests", h("input", { name: "guests", placeholder: "bob@example.com, carl@example.net" }));
  const hints = h("div", { className: "hints", role: "group", ariaLabel: "Keyword" }, HINTS.map((word) => h("button", {
    type: "button", onclick: () => { title.input.value = `${title.input.value.replace(/\s*@\w+/g, "").trim()} ${word}`; },
  }, word)));
  open("New event", "Add event", [title.row, hints, h("div", { className: "row" }, day.row, from.row, to.row), calendar.row, guests.row, location.row], (values) => {
    const start = at(values.day, values.from);
    const end = at(values.day, values.to);
    add(values.calendar, {
      title: values.title.trim(),
      start,
      end: end > start ? end : new Date(+start + HOUR),
      location: values.location.trim(),
      guests: values.guests.split(/[\s,;]+/).filter((email) => email.includes("@")),
    });
  });
  title.input.select();
}

// Opens the dialog for a new title; calls `rename(title)`.
export function askTitle(event, rename) {
  const title = field("Title", h("input", { name: "title", value: event.title, required: true, maxLength: 300 }));
  open("Rename event", "Rename", [title.row], (values) => rename(values.title.trim()));
  title.input.select();
}

function field(name, input) {
  return { input, row: h("label", {}, h("span", {}, name), input) };
}

function at(day, time) {
  const [hours, minutes] = time.split(":").map(Number);
  const date = fromIsoDay(day);
  date.setHours(hours, minutes);
  return date;
}

function open(heading, word, rows, done) {
  const dialog = byId("dialog");
  const close = () => dialog.close();
  const submit = (event) => {
    event.preventDefault();
    done(Object.fromEntries(new FormData(event.target)));
    close();
  };
  fill(dialog, h("form", { onsubmit: submit },
    h("h3", { id: "dialog-title" }, heading),
    rows,
    h("footer", {}, h("button", { type: "button", onclick: close }, "Close"), h("button", { type: "submit", className: "primary" }, word)),
  ));
  dialog.showModal();
}
