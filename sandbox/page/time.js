// Days and hours in the reader's own time zone, on the sandbox's clock.

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

let offset = 0;

export const setNow = (iso) => { offset = Date.parse(iso) - Date.now(); };
export const now = () => new Date(Date.now() + offset);

export const addDays = (date, days) => new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
export const startOfDay = (date) => addDays(date, 0);
export const monday = (date) => addDays(date, -((date.getDay() + 6) % 7));
export const sameDay = (a, b) => a.toDateString() === b.toDateString();

const two = (number) => String(number).padStart(2, "0");
export const clock = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
export const clockSeconds = (date) => `${clock(date)}:${two(date.getSeconds())}`;
export const isoDay = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
export const fromIsoDay = (text) => { const [y, m, d] = text.split("-").map(Number); return new Date(y, m - 1, d); };
export const minutesOf = (date) => date.getHours() * 60 + date.getMinutes();

export const weekday = (date) => date.toLocaleDateString("en-GB", { weekday: "short" });
export const longDay = (date) => date.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "long" });
export const shortDay = (date) => date.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });

export function monthOf(first) {
  const last = addDays(first, 6);
  const name = (date, options) => date.toLocaleDateString("en-GB", options);
  if (first.getMonth() === last.getMonth()) return name(first, { month: "long", year: "numeric" });
  return `${name(first, { month: "short" })} – ${name(last, { month: "short", year: "numeric" })}`;
}

export function span(event) {
  if (event.allDay) {
    const last = addDays(event.end, -1);
    return sameDay(event.start, last) ? longDay(event.start) : `${shortDay(event.start)} – ${shortDay(last)}`;
  }
  const to = sameDay(event.start, event.end) ? clock(event.end) : `${shortDay(event.end)} ${clock(event.end)}`;
  return `${longDay(event.start)}, ${clock(event.start)} – ${to}`;
}
