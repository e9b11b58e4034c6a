// The week: a head, an all-day row, and seven days of hours with events that can be dragged.

import { fill, h } from "./dom.js";
import { dragged } from "./drag.js";
import { place } from "./layout.js";
import { HOUR, addDays, clock, longDay, minutesOf, now, sameDay, span, weekday } from "./time.js";

export const HOUR_HEIGHT = 52;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

// Draws the week into `root`; `acts` has open(event), add(date) and move(event, start, end).
export function draw(root, { monday, events, colours, selected, fresh, acts }) {
  if (root.querySelector(".dragging")) return; // drawn again once it is dropped
  const days = Array.from({ length: 7 }, (_, index) => addDays(monday, index));
  const scroll = root.querySelector(".hours")?.scrollTop;
  const focused = document.activeElement?.dataset?.key;
  const view = { events, colours, selected, fresh, acts };
  fill(root, head(days), allDayRow(days, view), hours(days, view));
  root.querySelector(".hours").scrollTop = scroll ?? 7.5 * HOUR_HEIGHT;
  if (focused) [...root.querySelectorAll("[data-key]")].find((one) => one.dataset.key === focused)?.focus({ preventScroll: true });
}

function head(days) {
  return h("div", { className: "head" }, h("span", { className: "zone" }, zoneLabel()), days.map((day) => h(
    "div", { className: sameDay(day, now()) ? "day today" : "day" },
    h("span", {}, weekday(day)), h("b", {}, String(day.getDate())),
  )));
}

const zoneLabel = () => new Date().toLocaleTimeString("en-GB", { timeZoneName: "shortOffset" }).split(" ").at(-1);

function allDayRow(days, view) {
  const shown = view.events.filter((event) => event.allDay && event.start < addDays(days[6], 1) && event.end > days[0]);
  const rows = `1 / span ${shown.length + 1}`;
  return h("div", { className: "all-day" },
    h("span", { className: "zone", style: { "grid-row": rows } }, "all day"),
    days.map((day, index) => h("div", { className: "day", style: { "grid-area": `1 / ${index + 2} / span ${shown.length + 1} / auto` } })),
    shown.map((event, index) => chip(event, days, index, view)),
  );
}

function chip(event, days, row, view) {
  const inside = days.map((day, index) => index).filter((index) => event.start < addDays(days[index], 1) && event.end > days[index]);
  const style = { ...paint(event, view), "grid-area": `${row + 1} / ${inside[0] + 2} / auto / span ${inside.length}` };
  return h("button", { ...common(event, view), className: `chip ${states(event, view)}`, style }, h("span", { className: "title" }, event.title), badge(event), others(event, view));
}

function hours(days, view) {
  const scale = h("div", { className: "scale", ariaHidden: "true" }, HOURS.slice(1).map((hour) => h(
    "span", { style: { top: `${hour * HOUR_HEIGHT}px` } }, `${String(hour).padStart(2, "0")}:00`,
  )));
  return h("div", { className: "hours" }, h("div", { className: "sheet" }, scale, days.map((day) => column(day, days, view))));
}

function column(day, days, view) {
  const element = h("div", { className: sameDay(day, now()) ? "column today" : "column", data: { day: day.toDateString() } });
  element.addEventListener("click", (click) => {
    if (click.target !== element) return;
    const half = Math.floor(click.offsetY / (HOUR_HEIGHT / 2));
    view.acts.add(new Date(+day + half * (HOUR / 2)));
  });
  element.append(...place(view.events, day).map((one) => block(one, day, days, view)));
  if (sameDay(day, now())) element.append(h("i", { className: "now", style: { top: `${(minutesOf(now()) / 60) * HOUR_HEIGHT}px` } }));
  return element;
}

function block({ event, top, height, column: at, columns }, day, days, view) {
  const button = h(
    "button",
    {
      ...common(event, view),
      className: `event ${states(event, view)} ${height < 0.75 ? "short" : ""} ${columns > 1 ? "slim" : ""}`,
      style: {
        ...paint(event, view),
        top: `${top * HOUR_HEIGHT}px`,
        height: `${height * HOUR_HEIGHT - 2}px`,
        left: `${(at / columns) * 100}%`,
        width: `calc(${100 / columns}% - 3px)`,
      },
    },
    h("span", { className: "title" }, event.title),
    h("span", { className: "foot" }, h("span", { className: "time" }, clock(event.start)), badge(event)),
    others(event, view),
  );
  if (!event.cancelled) dragged(button, event, HOUR_HEIGHT, view.acts.move);
  return button;
}

function common(event, view) {
  return {
    type: "button",
    data: { key: event.key },
    ariaLabel: [event.title, span(event), event.cancelled ? "cancelled" : "", linkWords(event)].filter(Boolean).join(", "),
    title: `${event.title}\n${span(event)}`,
    onclick: () => view.acts.open(event),
  };
}

// A stripe for every other shown calendar that has the event too.
function others(event, view) {
  const more = event.copies.filter((copy) => copy.key !== event.key && !copy.cancelled);
  return more.length ? h("span", { className: "others" }, more.map((copy) => h("i", { style: paint(copy, view) }))) : null;
}

function linkWords(event) {
  if (event.service) return `${event.service.name} link`;
  return event.waiting ? "waiting for a link" : "";
}

const paint = (event, view) => ({ "--colour": view.colours.get(event.calendar) });

function states(event, view) {
  const words = [];
  if (event.cancelled) words.push("cancelled");
  if (event.end < now()) words.push("past");
  if (event.copies.some((copy) => copy.key === view.selected)) words.push("selected");
  if (event.copies.some((copy) => view.fresh.has(copy.key))) words.push("fresh");
  return words.join(" ");
}

export function badge(event) {
  if (event.service) return h("span", { className: `badge ${event.service.key}`, title: event.link }, event.service.name);
  if (event.waiting && event.end > now()) return h("span", { className: "badge waiting", title: "No link yet" }, "…");
  return null;
}
