// The published Node sample. Prints the text, then saves the download under the given name.
import fs from "node:fs";
import path from "node:path";

const [base, token, file, format, target] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };

const form = new FormData();
form.append("file", new Blob([fs.readFileSync(file)]), path.basename(file));
form.append("tier", "cpu");

let res = await fetch(`${base}/api/v1/ocr/`, { method: "POST", headers, body: form });
if (!res.ok) throw new Error(`HTTP ${res.status}: ${await res.text()}`);
let job = await res.json();

while (job.status === "pending" || job.status === "processing") {
  await new Promise((resolve) => setTimeout(resolve, 2000));
  job = await (await fetch(`${base}/api/v1/ocr/${job.uuid}/`, { headers })).json();
}

console.log(job.text);

res = await fetch(`${base}/api/v1/ocr/${job.uuid}/download/?format=${format}`, { headers });
if (!res.ok) throw new Error(`HTTP ${res.status}: ${await res.text()}`);
fs.writeFileSync(target, Buffer.from(await res.arrayBuffer()));
