// Requests to the REST API of this host, and what may come back instead of an answer.

import { hasText, moment, t } from "./messages.js";

const API = "/api/v1";

export class ApiError extends Error {
  constructor(status, body) {
    super(body.error ?? "");
    this.status = status;
    this.code = body.code ?? "unknown";
    this.body = body;
  }

  // For a person, in the page's language where it has words for it.
  get text() {
    const name = `error.${this.code}`;
    const values = { used: this.body.used ?? 0, cap: this.body.cap ?? 0 };

    if (!hasText(name)) return this.message || t("error.unknown");
    const resets = this.body.resets_at ? ` ${t("error.resets", { moment: moment(this.body.resets_at) })}` : "";
    return t(name, values) + resets;
  }
}

export function errorText(error) {
  return error instanceof ApiError ? error.text : t("error.unknown");
}

async function errorOf(answer) {
  try {
    return new ApiError(answer.status, await answer.json());
  } catch {
    return new ApiError(answer.status, {});
  }
}

// The answer itself, once its status says that it is one.
export async function request(path, { method = "GET", json, headers = {}, signal } = {}) {
  const options = { method, headers: { ...headers }, signal, credentials: "same-origin" };
  let answer;

  if (json !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(json);
  }
  try {
    answer = await fetch(API + path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, { code: "network" });
  }
  if (!answer.ok && answer.status !== 304) throw await errorOf(answer);
  return answer;
}

// Its JSON; null for an answer without a body.
export async function call(path, options) {
  const answer = await request(path, options);

  return answer.status === 204 ? null : answer.json();
}

export function url(path) {
  return API + path;
}

// A key that no other request has. (crypto.randomUUID is for https and localhost alone.)
export function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
