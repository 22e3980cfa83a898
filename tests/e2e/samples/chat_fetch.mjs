// A conversation by fetch: a question, one whose answer is streamed, the history, and its end.
const [base, token, uuid, question, nextQuestion] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
const chat = `${base}/api/v1/chat/${uuid}/`;

async function ask(message, accept) {
  const res = await fetch(chat, {
    method: "POST",
    headers: { ...headers, Accept: accept },
    body: JSON.stringify({ message }),
  });
  if (!res.ok) throw new Error(`HTTP ${res.status}: ${await res.text()}`);
  return res;
}

const answer = await (await ask(question, "application/json")).json();

const events = [];
const res = await ask(nextQuestion, "text/event-stream");
let text = "";
for await (const piece of res.body.pipeThrough(new TextDecoderStream())) {
  text += piece;
  const blocks = text.split("\n\n");
  text = blocks.pop();
  for (const block of blocks) {
    const event = block.match(/^event: (.*)$/m);
    if (event) events.push([event[1], JSON.parse(block.match(/^data: (.*)$/m)[1])]);
  }
}

const history = await (await fetch(`${chat}history/`, { headers })).json();
const deleted = (await fetch(`${chat}history/`, { method: "DELETE", headers })).status;
const left = await (await fetch(`${chat}history/`, { headers })).json();

console.log(JSON.stringify({ answer, events, history, deleted, left }));
