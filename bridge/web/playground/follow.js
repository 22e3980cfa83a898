// Watches a job until it has ended: by its events, or where those break off by asking now and then.

import { call, request } from "../common/api.js";
import { readEvents } from "../common/event_stream.js";

const ASK_AGAIN_MS = 1500;

export function hasEnded(job) {
  return job.status === "done" || job.status === "failed";
}

function pause(signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ASK_AGAIN_MS);

    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

// True once an event said that the job has ended. What the events carry is told apart by no more than that
// something happened: the job itself is asked for what.
async function watchEvents(uuid, onchange, signal) {
  const answer = await request(`/ocr/${uuid}/events/`, { headers: { Accept: "text/event-stream" }, signal });

  for await (const event of readEvents(answer)) {
    const data = JSON.parse(event.data);

    if (typeof data.pages_done === "number") onchange(data);
    if (event.name === "done" || event.name === "failed") return;
  }
}

// The job as it ended. @onchange: gets what is known of it on the way (pages_done, page_count, status).
export async function follow(job, onchange, signal) {
  if (hasEnded(job)) return job;
  await watchEvents(job.uuid, onchange, signal).catch((error) => {
    if (error.name === "AbortError") throw error;
  });
  for (;;) {
    const now = await call(`/ocr/${job.uuid}/`, { signal });

    onchange(now);
    if (hasEnded(now)) return now;
    await pause(signal);
  }
}
