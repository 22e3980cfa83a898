// Files come in: dropped anywhere, pasted, chosen, or the sample.

import { byId } from "../common/dom.js";

function filesOf(transfer) {
  return [...(transfer?.files ?? [])];
}

function startDrop(onfiles) {
  let depth = 0; // drags enter and leave every element on their way

  const mark = (change) => {
    depth = Math.max(0, depth + change);
    document.documentElement.classList.toggle("is-dropping", depth > 0);
  };
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

  addEventListener("dragenter", (event) => hasFiles(event) && mark(1));
  addEventListener("dragleave", (event) => hasFiles(event) && mark(-1));
  addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    mark(-depth);
    onfiles(filesOf(event.dataTransfer));
  });
}

function startPaste(onfiles) {
  addEventListener("paste", (event) => {
    const files = filesOf(event.clipboardData);

    if (files.length === 0) return; // text, which goes where the cursor is
    event.preventDefault();
    onfiles(files);
  });
}

async function fetchSample() {
  const answer = await fetch(new URL("../sample/invoice.png", import.meta.url));

  return new File([await answer.blob()], "invoice.png", { type: "image/png" });
}

// @onfiles: gets a list of at least one file.
export function startIntake(onfiles) {
  const input = byId("files");

  byId("choose").addEventListener("click", () => input.click());
  byId("sample").addEventListener("click", async () => onfiles([await fetchSample()]));
  input.addEventListener("change", () => {
    const files = [...input.files];

    input.value = "";
    if (files.length > 0) onfiles(files);
  });
  startDrop(onfiles);
  startPaste(onfiles);
}
