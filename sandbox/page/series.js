// The dates of a repeating event within a week. The reader's time zone stands in for the event's, which is near
// enough to look at; the sandbox itself keeps the exact dates.

import { addDays, startOfDay } from "./time.js";

const DAYS = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
const MOST = 3000;

// Returns the occurrences of a raw Google series that touch the span, each as a raw event of its own.
export function occurrences(raw, from, to) {
  const rule = parse(raw.recurrence.find((line) => line.startsWith("RRULE:")) ?? "");
  const skipped = new Set(raw.recurrence.filter((line) => line.startsWith("EXDATE")).flatMap((line) => line.split(":").at(-1).split(",")));
  const first = raw.start.date ? new Date(`${raw.start.date}T00:00`) : new Date(raw.start.dateTime);
  const length = (raw.end.date ? new Date(`${raw.end.date}T00:00`) : new Date(raw.end.dateTime)) - first;
  const found = [];
  let count = 0;
  for (let day = 0; day < MOST; day += 1) {
    const start = new Date(+addDays(startOfDay(first), day) + (first - startOfDay(first)));
    if (start >= to || (rule.UNTIL && start > rule.UNTIL) || (rule.COUNT && count >= rule.COUNT)) break;
    if (!falls(rule, first, start, day)) continue;
    count += 1;
    const end = new Date(+start + length);
    if (end > from && !skipped.has(stamp(raw, start))) found.push(occurrence(raw, start, end));
  }
  return found;
}

function parse(line) {
  const parts = Object.fromEntries(line.replace("RRULE:", "").split(";").filter(Boolean).map((part) => part.split("=")));
  return {
    FREQ: parts.FREQ,
    INTERVAL: Number(parts.INTERVAL ?? 1),
    COUNT: Number(parts.COUNT ?? 0),
    UNTIL: parts.UNTIL ? until(parts.UNTIL) : null,
    BYDAY: parts.BYDAY?.split(",") ?? null,
    BYMONTHDAY: parts.BYMONTHDAY?.split(",").map(Number) ?? null,
  };
}

function until(text) {
  const [, y, m, d, h = "23", n = "59", s = "59"] = text.match(/^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)Z?)?$/) ?? [];
  return new Date(Date.UTC(y, m - 1, d, h, n, s));
}

function falls(rule, first, date, day) {
  const name = DAYS[date.getDay()];
  const months = (date.getFullYear() - first.getFullYear()) * 12 + date.getMonth() - first.getMonth();
  switch (rule.FREQ) {
    case "DAILY":
      return day % rule.INTERVAL === 0 && (!rule.BYDAY || rule.BYDAY.includes(name));
    case "WEEKLY": {
      const week = Math.floor((day + ((first.getDay() + 6) % 7)) / 7);
      return week % rule.INTERVAL === 0 && (rule.BYDAY ?? [DAYS[first.getDay()]]).includes(name);
    }
    case "MONTHLY":
      return months % rule.INTERVAL === 0 && inMonth(rule, first, date, name);
    case "YEARLY":
      return months % (12 * rule.INTERVAL) === 0 && date.getDate() === first.getDate();
    default:
      return day === 0;
  }
}

function inMonth(rule, first, date, name) {
  if (!rule.BYDAY) return (rule.BYMONTHDAY ?? [first.getDate()]).includes(date.getDate());
  const nth = Math.ceil(date.getDate() / 7);
  const last = addDays(date, 7).getMonth() !== date.getMonth();
  return rule.BYDAY.some((one) => one === name || one === `${nth}${name}` || (last && one === `-1${name}`));
}

function stamp(raw, start) {
  const utc = start.toISOString().replace(/[-:]|\.\d+/g, "");
  if (!raw.start.date) return utc;
  return `${start.getFullYear()}${String(start.getMonth() + 1).padStart(2, "0")}${String(start.getDate()).padStart(2, "0")}`;
}

function occurrence(raw, start, end) {
  const side = (date) => (raw.start.date ? { date: stamp(raw, date).replace(/(....)(..)(..)/, "$1-$2-$3") } : { ...raw.start, dateTime: date.toISOString() });
  return { ...raw, recurrence: undefined, recurringEventId: raw.id, id: `${raw.id}_${stamp(raw, start)}`, start: side(start), end: side(end) };
}
