"""What must hold once a mesh of replicas has come to rest: nothing lost, nothing charged twice, nothing left behind."""

from . import wait

SWEEP_SECONDS = 120
SETTLE_SECONDS = 240
RESERVATION_SECONDS = 240  # beyond BILLING_RESERVATION_LIFETIME=1m of the runs, and the look that billing takes every 5 s

UNENDED_JOBS = """
SELECT j.id, 'state ' || j.state, 'pages ' || j.page_count, 'read ' || (SELECT count(*) FROM ocr.page p WHERE p.job_id = j.id),
    'tasks ' || coalesce((SELECT string_agg(to_jsonb(t)::text, ' ') FROM ocr.page_task t WHERE t.job_id = j.id), 'none'),
    'created ' || j.create_time, 'now ' || now()
FROM ocr.job j WHERE state NOT IN ('done', 'failed', 'cancelled')
"""
UNENDED = "SELECT count(*) FROM ocr.job WHERE state NOT IN ('done', 'failed', 'cancelled')"
# The reservation of a job is made under the job's id. What it was charged is what the job says that it cost.
CHARGES = """
SELECT j.id, j.usage_credits, coalesce(r.charged, 0), coalesce(r.reservations, 0),
    (SELECT count(*) FROM ocr.page p WHERE p.job_id = j.id AND p.error_reason IS NULL)
FROM ocr.job j LEFT JOIN (
    SELECT request_id, sum(charged_quota_credits + charged_paid_credits) AS charged, count(*) AS reservations
    FROM billing.reservation GROUP BY request_id) r ON r.request_id = j.id
"""
OPEN_RESERVATIONS = "SELECT count(*) FROM billing.reservation WHERE state = 'open'"
# The upload of a job that has ended, or of none; the pictures of a page that is not there, or has others.
ORPHANS = """
SELECT count(*) FROM ocr.blob b WHERE
    CASE WHEN b.key LIKE 'upload/%' THEN NOT EXISTS (SELECT FROM ocr.job j
        WHERE j.id = split_part(b.key, '/', 2) AND j.state NOT IN ('done', 'failed', 'cancelled'))
    ELSE NOT EXISTS (SELECT FROM ocr.job j WHERE j.id = split_part(b.key, '/', 2) AND NOT j.is_purged
        AND NOT j.is_deleted AND j.state <> 'cancelled') END
"""


# Pictures that a page refers to and that are not there.
MISSING_PICTURES = """
SELECT count(*) FROM ocr.page p JOIN ocr.job j ON j.id = p.job_id AND NOT j.is_purged AND NOT j.is_deleted
WHERE pictures_key IS NOT NULL AND NOT EXISTS (SELECT FROM ocr.blob b WHERE b.key = p.pictures_key)
"""


def _count(mesh, statement):
    return int(mesh.cluster.sql(statement)[0][0])


def jobs_of(mesh, traffic):
    """Findings about the jobs that were accepted."""
    found = []
    try:
        wait.until(lambda: _count(mesh, UNENDED) == 0, SETTLE_SECONDS, "all jobs have ended")
    except TimeoutError:
        found += [f"job {row[0]} has not ended: {', '.join(row[1:])}" for row in mesh.cluster.sql(UNENDED_JOBS)]
        if mesh.blob_disk is not None:
            found.append(f"the disk of the blobs has room for {mesh.blob_disk.room_mib()} MiB")
    states = {row[0]: row[1:] for row in mesh.cluster.sql("SELECT id, state, page_count, usage_pages FROM ocr.job")}
    for errand in traffic.errands:
        found += [f"job {errand.uuid or errand.key}: {fault}" for fault in errand.faults]
        if errand.uuid and errand.status != "deleted" and errand.uuid not in states:
            found.append(f"job {errand.uuid} was accepted and is not there any more")
    by_key = {errand.key: errand for errand in traffic.errands}
    told = {job: key for key, job in mesh.cluster.sql("SELECT request_id, job_id FROM ocr.submission")}
    for job in states:
        errand = by_key.get(told.get(job))
        if errand is None or errand.uuid not in ("", job):
            found.append(f"job {job} is nobody's: a submission was taken twice")
    tasks = _count(mesh, "SELECT count(*) FROM ocr.page_task")
    if tasks:
        found.append(f"{tasks} page tasks are left of jobs that have ended")
    return found


def charges(mesh):
    """Findings about the money."""
    found = []
    for job, cost, charged, reservations, pages in mesh.cluster.sql(CHARGES):
        if cost != charged:
            found.append(f"job {job} says it cost {cost}, the ledger says {charged}")
        if reservations != "1":
            found.append(f"job {job} has {reservations} reservations")
        if charged != pages:
            found.append(f"job {job} has {pages} pages that were read and was charged {charged}")
    try:
        wait.until(
            lambda: _count(mesh, OPEN_RESERVATIONS) == 0,
            RESERVATION_SECONDS,
            "what submissions that broke off had reserved has expired",
        )
    except TimeoutError as error:
        found.append(str(error))
    status, said = mesh.operate("audit")
    if status != 0:
        found.append(f"./ocrmesh audit ended with {status}: {said.strip()}")
    return found


def orphans(mesh):
    """(blobs that were left behind, findings): an hour later the housekeeping finds them, which is brought forward by
    making them older; it looks at the start of a process."""
    left = _count(mesh, ORPHANS)
    mesh.cluster.sql("UPDATE ocr.blob SET create_time = create_time - interval '2 hours'")
    replica = mesh.replicas["ocr"][0]
    replica.process.stop()
    replica.start()
    replica.wait_ready()
    try:
        wait.until(lambda: _count(mesh, ORPHANS) == 0, SWEEP_SECONDS, "the housekeeping has deleted what nobody needs")
    except TimeoutError as error:
        return left, [str(error)]
    missing = _count(mesh, MISSING_PICTURES)
    return left, [f"the pictures of {missing} pages are gone"] if missing else []


def requests_of(traffic, chaos, deadlines):
    """Findings about single requests: one without an answer is excused where its bridge itself was ill."""
    found = []
    for attempt in traffic.attempts:
        late = attempt.seconds > deadlines[attempt.kind]
        if attempt.status != 0 and not late:
            continue
        if chaos is None or not chaos.excuses(attempt.bridge, attempt.begin, attempt.begin + attempt.seconds, 5):
            found.append(
                f"{attempt.kind} to {attempt.bridge} had {attempt.code or 'an answer'} after {attempt.seconds:.1f} s"
            )
    return found
