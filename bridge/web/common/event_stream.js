// Server-sent events out of an answer's body (WHATWG HTML §9.2.6), as EventSource would have them; that one
// can neither post nor tell an error's status.

// Takes what has come so far apart: whole events, and the rest of the text.
export function takeEvents(text) {
  const events = [];
  const blocks = text.split(/\r?\n\r?\n/);
  const rest = blocks.pop();

  for (const block of blocks) {
    const event = { name: "message", data: [], id: "" };

    for (const line of block.split(/\r?\n/)) {
      const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line);

      if (field === "event") event.name = value;
      else if (field === "data") event.data.push(value);
      else if (field === "id") event.id = value;
    }
    if (event.data.length > 0) events.push({ ...event, data: event.data.join("\n") });
  }
  return { events, rest };
}

export async function* readEvents(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";

  try {
    for (;;) {
      const { done, value } = await reader.read();

      if (done) return;
      const taken = takeEvents(text + value);
      text = taken.rest;
      yield* taken.events;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
