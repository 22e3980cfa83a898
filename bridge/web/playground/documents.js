// The documents of who is here: of an account as the server lists them, of a passer-by as this browser remembers
// them, and those that are on their way up.

import { ApiError, call } from "../common/api.js";
import { hasEnded } from "./follow.js";

const KEPT = "playground.documents";
const KEPT_MAX = 50;
const PAGE_SIZE = 30;

export class Documents extends EventTarget {
  #entries = new Map(); // by uuid, or by a name of its own while it goes up; newest first
  #nextPage = null;
  isAccount = false;

  get all() {
    return [...this.#entries.values()].sort((a, b) => b.time - a.time);
  }

  get hasMore() {
    return this.#nextPage !== null;
  }

  find(key) {
    return this.#entries.get(key);
  }

  // @entry: { key, name, state, ... }
  put(entry) {
    const known = this.#entries.get(entry.key);

    this.#entries.set(entry.key, { time: Date.now(), ...known, ...entry });
    this.#changed();
  }

  // What went up is a job from now on.
  rename(key, job) {
    const entry = this.#entries.get(key);

    this.#entries.delete(key);
    this.put({ ...entry, ...entryOf(job), name: entry.name, time: entry.time });
  }

  drop(key) {
    this.#entries.delete(key);
    this.#changed();
    this.dispatchEvent(new CustomEvent("drop", { detail: key }));
  }

  async remove(key) {
    await call(`/ocr/${key}/`, { method: "DELETE" }).catch((error) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    });
    this.drop(key);
  }

  async load() {
    const limits = await call("/limits/");

    this.isAccount = limits.plan !== "anonymous";
    if (this.isAccount) await this.loadMore();
    else for (const kept of readKept()) this.#entries.set(kept.key, kept);
    this.#changed();
  }

  async loadMore() {
    const token = this.#nextPage ? `&page_token=${encodeURIComponent(this.#nextPage)}` : "";
    const answer = await call(`/ocr/?page_size=${PAGE_SIZE}${token}`);

    this.#nextPage = answer.next_page_token;
    for (const job of answer.jobs) this.#entries.set(job.uuid, entryOf(job));
    this.#changed();
  }

  #changed() {
    if (!this.isAccount) {
      const ended = this.all.filter((entry) => entry.uuid && (!entry.expires || entry.expires > Date.now()));

      localStorage.setItem(KEPT, JSON.stringify(ended.slice(0, KEPT_MAX)));
    }
    this.dispatchEvent(new Event("change"));
  }
}

function readKept() {
  try {
    return (JSON.parse(localStorage.getItem(KEPT)) ?? []).filter((entry) => !entry.expires || entry.expires > Date.now());
  } catch {
    return [];
  }
}

export function entryOf(job) {
  return {
    key: job.uuid,
    uuid: job.uuid,
    name: job.file_name ?? job.uuid,
    state: hasEnded(job) ? job.status : "reading",
    pages: job.page_count,
    pagesDone: job.pages_done,
    confidence: job.mean_confidence,
    time: Date.parse(job.created_at),
    expires: job.expires_at ? Date.parse(job.expires_at) : null,
  };
}
