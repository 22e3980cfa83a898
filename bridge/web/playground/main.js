// The playground: files in, documents out. What is open stands behind the "#" of the address.

import { errorText } from "../common/api.js";
import { byId } from "../common/dom.js";
import { startFrame } from "../common/frame.js";
import { bytes, t } from "../common/messages.js";
import { notify } from "../common/notice.js";
import { Documents } from "./documents.js";
import { follow } from "./follow.js";
import { startIntake } from "./intake.js";
import { chosenOptions, fileBytesMax, optionsAreSound, startOptions } from "./options.js";
import { closeDocument, openDocument } from "./document.js";
import { startRail } from "./rail.js";
import { upload } from "./upload.js";

const SENT_AT_ONCE = 2;

const documents = new Documents();
const form = byId("intake-form");
const waiting = [];
let sending = 0;
let count = 0;

function openUuid() {
  return location.hash.slice(1).split("/")[0];
}

// --- sending ---

async function watch(job) {
  const ended = await follow(job, (now) =>
    documents.put({ key: job.uuid, pagesDone: now.pages_done, pages: now.page_count ?? job.page_count }),
  );

  documents.put({
    key: job.uuid,
    state: ended.status,
    error: ended.error?.message,
    pages: ended.page_count,
    confidence: ended.mean_confidence,
    expires: ended.expires_at ? Date.parse(ended.expires_at) : null,
  });
  return ended;
}

async function send({ key: sentKey, file, options, isFirst }) {
  let key = sentKey;

  try {
    const job = await upload(file, options, (share) => documents.put({ key, share: share < 1 ? share : null }));

    documents.rename(key, job);
    key = job.uuid;
    if (isFirst) location.hash = `#${job.uuid}`;
    await watch(job);
  } catch (error) {
    documents.put({ key, state: "failed", error: errorText(error) });
    notify(`${file.name}: ${errorText(error)}`, "bad");
  }
}

function sendNext() {
  while (sending < SENT_AT_ONCE && waiting.length > 0) {
    sending++;
    send(waiting.shift()).finally(() => {
      sending--;
      sendNext();
    });
  }
}

function take(files) {
  if (!optionsAreSound(form)) return;
  const options = chosenOptions(form);
  let isFirst = true;

  for (const file of files) {
    if (file.size > fileBytesMax()) {
      notify(`${file.name}: ${t("intake.too_large", { size: bytes(fileBytesMax()) })}`, "bad");
      continue;
    }
    const key = `sent-${++count}`;
    documents.put({ key, name: file.name, state: "sending", share: 0, time: Date.now() + count });
    waiting.push({ key, file, options, isFirst });
    isFirst = false;
  }
  sendNext();
}

// --- the way around ---

const drawRail = startRail(documents, openUuid);

function route() {
  const uuid = openUuid();

  byId("intake").hidden = uuid !== "";
  document.body.classList.toggle("has-document", uuid !== "");
  drawRail();
  if (uuid === "") closeDocument();
  else openDocument(uuid, { documents });
}

documents.addEventListener("drop", (event) => {
  if (event.detail === openUuid()) location.hash = "";
});

startFrame();
startIntake(take);
startOptions(form).catch((error) => notify(errorText(error), "bad"));
addEventListener("hashchange", route);
documents.ready = documents.load().catch((error) => notify(errorText(error), "bad"));
route();
await documents.ready;
drawRail();
for (const entry of documents.all)
  if (entry.state === "reading") watch({ uuid: entry.key, status: "processing", page_count: entry.pages }).catch(() => documents.drop(entry.key));
