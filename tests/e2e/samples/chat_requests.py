"""A conversation by requests: a question, one whose answer is streamed, the history, and its end."""

import json
import sys

import requests

BASE, TOKEN, UUID, QUESTION, NEXT_QUESTION = sys.argv[1:]
headers = {"Authorization": f"Bearer {TOKEN}"}
chat = f"{BASE}/api/v1/chat/{UUID}/"

r = requests.post(chat, headers=headers, json={"message": QUESTION})
r.raise_for_status()
answer = r.json()

events = []
with requests.post(
    chat,
    headers={**headers, "Accept": "text/event-stream"},
    json={"message": NEXT_QUESTION},
    stream=True,
) as r:
    r.raise_for_status()
    for line in r.iter_lines(decode_unicode=True):
        name, _, value = line.partition(": ")
        if name == "event":
            event = value
        elif name == "data":
            events.append([event, json.loads(value)])

history = requests.get(f"{chat}history/", headers=headers).json()
deleted = requests.delete(f"{chat}history/", headers=headers).status_code
left = requests.get(f"{chat}history/", headers=headers).json()

print(json.dumps({"answer": answer, "events": events, "history": history, "deleted": deleted, "left": left}))
