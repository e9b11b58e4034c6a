// What the page knows of conferencing services, of keywords, and of the block that huddled writes into a text.

export const SERVICES = [
  { key: "meet", name: "Meet", hosts: /(^|\.)meet\.google\.com$/ },
  { key: "zoom", name: "Zoom", hosts: /(^|\.)zoom\.(us|com)$/ },
  { key: "teams", name: "Teams", hosts: /(^|\.)teams\.(microsoft|live)\.com$/ },
  { key: "link", name: "Link", hosts: /./ },
];

const KEYWORD = /(^|\s)@(video|meet|zoom|teams|goto|webex|jitsi|whereby|daily|static)\b/i;
const BLOCK = /(^|\r?\n|(?:<br\s*\/?>\s*){1,2})?(-{3,8}) online(?: meeting|-besprechung) \(([0-9a-z]+)\) -{3,8}[\s\S]*?-{3,8} (?:end of online meeting|ende der online-besprechung) \(\3\) -{3,8}(?:\r?\n)?/gi;
const URLS = /https?:\/\/[^\s<>"]+/g;

export function serviceOf(link) {
  try {
    const { hostname } = new URL(link);
    return SERVICES.find((service) => service.hosts.test(hostname));
  } catch {
    return null;
  }
}

export const asks = (...texts) => KEYWORD.test(texts.join("\n"));
export const withoutBlock = (text) => text.replace(BLOCK, "");
export const isLink = (text) => /^https?:\/\/\S+$/.test(text);

// The link in the block, and any other in the text that belongs to a service.
export const linkInBlock = (text) => text.match(BLOCK)?.[0].match(URLS)?.[0] ?? null;
export const knownLink = (text) => (text.match(URLS) ?? []).find((link) => serviceOf(link)?.key !== "link") ?? null;
