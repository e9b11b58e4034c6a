// Talks to the sandbox's control API.

export async function ask(method, path, body) {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  let answer = {};
  try { answer = text ? JSON.parse(text) : {}; } catch { answer = { error: text }; }
  if (!response.ok) throw new Error(reason(answer) || `${method} ${path}: ${response.status}`);
  return answer;
}

const reason = (answer) => answer.error?.message || answer.error || answer.message;

export const get = (path) => ask("GET", path);
export const post = (path, body = {}) => ask("POST", path, body);

// Follows the change stream; `on` gets each change, `state` whether it is connected.
export function follow(kinds, on, state) {
  const stream = new EventSource("/_sandbox/stream");
  stream.onopen = () => state(true);
  stream.onerror = () => state(false);
  for (const kind of kinds) stream.addEventListener(kind, (message) => on(kind, JSON.parse(message.data || "{}")));
}
