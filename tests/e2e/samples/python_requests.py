"""The published Python sample. Prints the text, then saves the download under the given name."""

import sys
import time

import requests

BASE, TOKEN, FILE, FORMAT, TARGET = sys.argv[1:]
headers = {"Authorization": f"Bearer {TOKEN}"}

with open(FILE, "rb") as f:
    r = requests.post(
        f"{BASE}/api/v1/ocr/",
        headers=headers,
        files={"file": f},
        data={"tier": "cpu", "language": "auto"},
    )
r.raise_for_status()
job = r.json()

while job["status"] in ("pending", "processing"):
    time.sleep(2)
    job = requests.get(f"{BASE}/api/v1/ocr/{job['uuid']}/", headers=headers).json()

print(job["text"])

r = requests.get(
    f"{BASE}/api/v1/ocr/{job['uuid']}/download/", headers=headers, params={"format": FORMAT}
)
r.raise_for_status()
with open(TARGET, "wb") as f:
    f.write(r.content)
