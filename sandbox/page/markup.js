// Turns the HTML of a body into text to read. What comes out is shown as text only, whatever is in it.

const HIDDEN = /<!--[\s\S]*?(?:-->|$)|<(style|script|head|title)\b[\s\S]*?(?:<\/\1\s*>|$)/gi;
const BREAK = /<br\b[^<>]*>|<\/(?:p|div|li|tr|h\d|table|ul|ol)\s*>/gi;
const TAG = /<\/?[a-z!?][^<>]*>/gi;
const NAMED = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };

export function readable(html) {
  const lines = html.replace(HIDDEN, "").replace(/\s+/g, " ").replace(BREAK, "\n").replace(TAG, "");
  const text = lines.replace(/&(#x[\da-f]+|#\d+|\w+);/gi, (all, name) => character(name) ?? all);
  return text.split("\n").map((line) => line.trim()).join("\n").replace(/\n{3,}/g, "\n\n").trim();
}

function character(name) {
  if (!name.startsWith("#")) return NAMED[name.toLowerCase()];
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
