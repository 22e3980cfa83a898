"""The events of a job as it goes (API: B14), and how long a client waits for one (API: B13)."""

import json

from harness import pages

SECONDS = 300
PAGES = 6  # more than are waited for at submission


def read_events(account, uuid, last_id=None, count=None):
    """The events of a stream as (id, name, data); all, or the first `count` of them."""
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    url = f"{account.url}/api/v1/ocr/{uuid}/events/"
    events, fields = [], {}
    with account.session.get(url, headers=headers, stream=True, timeout=SECONDS) as answer:
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        for line in answer.iter_lines(chunk_size=1, decode_unicode=True):
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if "data" in fields:
                events.append((fields["id"], fields["event"], json.loads(fields["data"])))
            fields = {}
            if len(events) == count:
                break
    return events


def submit_document(account):
    answer = account.submit(pages.scanned_pdf(PAGES), "long.pdf")
    assert answer.status_code == 202, answer.text
    assert answer.headers["retry-after"] == "2"
    return answer.json()["uuid"]


def test_events_tell_every_page_once_and_then_the_end(account):
    uuid = submit_document(account)
    events = read_events(account, uuid)

    names = [name for _, name, _ in events]
    assert names[-1] == "done" and set(names[:-1]) <= {"page", "progress"}, names
    told = [data["index"] for _, name, data in events if name == "page"]
    assert sorted(told) == list(range(PAGES))
    done = [data["pages_done"] for _, name, data in events if name == "progress"]
    assert done == sorted(done)
    ids = [event_id for event_id, _, _ in events]
    assert len(set(ids)) == len(ids)

    job = account.job(uuid).json()
    end = events[-1][2]
    assert end == {name: job[name] for name in end}
    assert end["usage"] == {"pages": PAGES, "credits": PAGES}


def test_a_client_that_comes_back_after_any_event_misses_none(account):
    uuid = submit_document(account)
    live = read_events(account, uuid)
    whole = read_events(account, uuid)
    assert [event for event in live if event[1] == "page"] == whole[:PAGES]

    for place, (event_id, _, _) in enumerate(whole[:-1]):
        assert read_events(account, uuid, event_id) == whole[place + 1 :]
    stop = account.session.get(
        f"{account.url}/api/v1/ocr/{uuid}/events/", headers={"Last-Event-ID": whole[-1][0]}, timeout=SECONDS
    )
    assert stop.status_code == 204

    # Cut off again and again while it goes on.
    uuid, seen, last_id = submit_document(account), [], None
    while not seen or seen[-1][1] != "done":
        seen += read_events(account, uuid, last_id, count=2)
        last_id = seen[-1][0]
    told = [data["index"] for _, name, data in seen if name == "page"]
    assert sorted(told) == list(range(PAGES))


def test_events_are_for_who_may_see_the_job(account, anonymous):
    uuid = submit_document(account)
    answer = anonymous.session.get(f"{account.url}/api/v1/ocr/{uuid}/events/", timeout=SECONDS)
    assert answer.status_code == 404 and answer.json()["code"] == "job_not_found"


def test_a_client_may_wait_for_a_long_job_or_not_for_a_short_one(account):
    document = pages.scanned_pdf(PAGES)

    def submit(data, name, prefer):
        return account.session.post(
            f"{account.url}/api/v1/ocr/", files={"file": (name, data)}, headers={"Prefer": prefer}, timeout=SECONDS
        )

    waited = submit(document, "long.pdf", "wait=60")
    assert waited.status_code == 200 and waited.json()["status"] == "done"
    assert waited.headers["preference-applied"] == "wait=60"

    at_once = submit(pages.png(["Short"]), "short.png", "respond-async")
    assert at_once.status_code == 202 and at_once.json()["status"] in ("pending", "processing")
    assert at_once.headers["preference-applied"] == "respond-async"
    url = account.url + at_once.headers["location"]
    tag = at_once.headers["etag"]
    done = account.session.get(url, headers={"Prefer": "wait=60"}, timeout=SECONDS)
    assert done.json()["status"] == "done" and done.headers["etag"] != tag
    unchanged = account.session.get(url, headers={"If-None-Match": done.headers["etag"]}, timeout=SECONDS)
    assert unchanged.status_code == 304 and not unchanged.content
    assert unchanged.headers["etag"] == done.headers["etag"]
    assert "retry-after" not in done.headers
    assert account.session.get(url, params={"wait": "soon"}, timeout=SECONDS).status_code == 400
