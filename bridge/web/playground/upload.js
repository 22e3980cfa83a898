// One file goes up. XMLHttpRequest, for fetch tells nothing of what was sent so far.

import { ApiError, randomKey, url } from "../common/api.js";

function answerOf(request) {
  try {
    return JSON.parse(request.responseText);
  } catch {
    return {};
  }
}

// The job; throws ApiError. @onprogress: gets the share that was sent.
export function upload(file, options, onprogress) {
  const form = new FormData();
  const request = new XMLHttpRequest();

  for (const [name, value] of Object.entries(options)) form.append(name, value);
  form.append("file", file, file.name);
  return new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onprogress(event.loaded / event.total));
    request.addEventListener("error", () => reject(new ApiError(0, { code: "network" })));
    request.addEventListener("load", () => {
      const answer = answerOf(request);

      if (request.status >= 200 && request.status < 300 && answer.uuid) resolve(answer);
      else reject(new ApiError(request.status, answer));
    });
    request.open("POST", url("/ocr/"));
    request.setRequestHeader("Idempotency-Key", randomKey());
    // Answered at once where the server can, so that its pages can be watched.
    request.setRequestHeader("Prefer", "respond-async");
    request.send(form);
  });
}
