"""Reservations and token checks a second through billing, beside PostgreSQL's own limit (pgbench).

    ./ocrmesh bench billing [--rounds N] [--seconds N] [--callers N] [--accounts N]

A pair is OpenReservation and CommitReservation of one page, paid with credits, over gRPC by a client
in C. pgbench runs the same transactions: the statements are those that billing was seen to send for
one pair, on the same tables. Rounds of both alternate, on one cluster with PostgreSQL's own settings.
The token check is Authenticate as the bridge calls it, one at a time and with all callers.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from harness import wait
from harness.grpc_client import GrpcClient
from harness.mesh import free_ports
from harness.postgres import BIN, Cluster
from harness.process import Process

BUILD = Path(os.environ["OCRMESH_BUILD"])
READY_SECONDS = 60
GOAL = 0.6  # pairs a second, of pgbench's
GOAL_CHECK_MS = 1.0
PACKAGE = "ocrmesh.billing.v1"
ACCOUNT = "00000000-0000-0000-0000-000000000001"
CREDITS = 100_000_000  # of each account


def arguments():
    parser = argparse.ArgumentParser(prog="./ocrmesh bench billing")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=10, help="of each measurement")
    parser.add_argument("--callers", type=int, default=16, help="pairs at once")
    parser.add_argument("--accounts", type=int, default=1000)
    return parser.parse_args()


class Billing:
    def __init__(self, cluster, logs):
        listen, admin = (f"127.0.0.1:{port}" for port in free_ports(2))
        self.address, self.admin = listen, admin
        environment = {
            **os.environ,
            "BILLING_LISTEN": listen,
            "BILLING_ADMIN_LISTEN": admin,
            "DATABASE_URL": cluster.url("billing"),
            "LOG_LEVEL": "warning",
        }
        program = BUILD / "services/billing/ocrmesh-billing"
        self.process = Process("billing", [program], environment, logs / "billing.log")

    def start(self):
        self.process.start()
        wait.until(self._is_ready, READY_SECONDS, "billing is ready")

    def _is_ready(self):
        with urllib.request.urlopen(f"http://{self.admin}/readyz", timeout=5) as answer:
            return answer.status == 200

    def load(self, *what):
        """One line of billing-load."""
        command = [BUILD / "services/billing/billing-load", self.address, *map(str, what)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"billing-load: {done.stderr}")
        return json.loads(done.stdout)


# --- pgbench ---


def make_accounts(cluster, count):
    cluster.sql(
        "SET search_path = billing;"
        "INSERT INTO account (id, email, email_key, password_hash, plan_name, create_time)"
        " SELECT lpad(to_hex(n), 32, '0')::uuid, n || '@bench.example', n || '@bench.example', '',"
        f" 'enterprise', now() FROM generate_series(1, {count}) AS n;"
        "INSERT INTO ledger_transfer (kind, account_id, amount_credits, request_id, create_time)"
        f" SELECT 'grant', id, {CREDITS}, id::text, now() FROM account"
        " WHERE email LIKE '%@bench.example'",
        role="billing",
    )


def seen_transactions(cluster, billing, log):
    """What billing sends to PostgreSQL for one pair: statements with their parameters."""
    cluster.sql("ALTER ROLE billing SET log_statement = 'all'")
    billing.start()
    with GrpcClient(billing.address) as client:
        service = f"{PACKAGE}.BillingService"
        fields = {"request_id": "seen", "account_id": ACCOUNT, "tier": 1, "pages": 1}
        opened = client.unary(service, "OpenReservation", **fields)
        client.unary(
            service, "CommitReservation", reservation_id=opened.reservation_id, pages=1
        )
    billing.process.stop()
    cluster.sql("ALTER ROLE billing RESET log_statement")
    return transactions_of(log.read_text()), opened.reservation_id


ENTRY = re.compile(r"^\S+ \S+ \S+ \[(\d+)\] (?:\S+@\S+ )?(LOG|DETAIL):  (.*)$")
STATEMENT = re.compile(r"(?:statement|execute [^:]*): (.*)", re.DOTALL)


def transactions_of(log):
    """The transactions of the log that open or end a reservation."""
    current, found = {}, []
    for line in log.splitlines():
        entry = ENTRY.match(line)
        if not entry:
            continue
        pid, level, text = entry.groups()
        if level == "DETAIL":
            values = re.findall(r"\$(\d+) = (NULL|'(?:[^']|'')*')", text)
            if current.get(pid):
                current[pid][-1][1].update({int(number): value for number, value in values})
            continue
        statement = STATEMENT.match(text)
        if not statement:
            continue
        if statement[1] == "BEGIN":
            current[pid] = []
        current.setdefault(pid, []).append((statement[1], {}))
        if statement[1] == "COMMIT":
            found.append(current.pop(pid))
    words = ("INSERT INTO reservation", "UPDATE reservation SET state")
    return [t for t in found if any(word in sql for sql, _ in t for word in words)]


def pgbench_script(transactions, reservation_id, accounts):
    """The same with an account and ids of its own each time."""
    uuid = "lpad(to_hex(:{}::bigint), 32, '0')::uuid"
    places = {
        f"'{ACCOUNT}'": uuid.format("account"),
        f"'{reservation_id}'": uuid.format("id"),
        "'seen'": ":id::bigint::text",
    }
    lines = [f"\\set account random(1, {accounts})", "\\set id random(1, 9000000000000000000)"]
    for transaction in transactions:
        for sql, values in transaction:
            for number in sorted(values, reverse=True):
                value = places.get(values[number], values[number])
                sql = sql.replace(f"${number}", value)
            lines.append(sql + ";")
    return "\n".join(lines) + "\n"


def pgbench(cluster, script, wanted):
    with tempfile.TemporaryDirectory() as folder:
        command = [BIN / "pgbench", "--no-vacuum", "--protocol", "prepared", "--log"]
        command += ["--file", script, "--client", str(wanted.callers), "--jobs", "2"]
        command += ["--time", str(wanted.seconds), "--host", cluster.socket]
        command += ["--username", "billing", "ocrmesh"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
        if done.returncode != 0 or " 0 (0.000%)" not in done.stdout.split("failed")[1]:
            sys.exit(f"pgbench: {done.stdout}{done.stderr}")
        latencies = sorted(
            int(line.split()[2])
            for log in Path(folder).glob("pgbench_log.*")
            for line in log.read_text().splitlines()
        )
    rate = float(re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)[1])
    return {
        "per_second": rate,
        "p50_us": latencies[len(latencies) // 2],
        "p99_us": latencies[len(latencies) * 99 // 100],
    }


# --- the runs ---


def show(name, result):
    print(
        f"  {name:24} {result['per_second']:9.0f} /s   p50 {result['p50_us'] / 1000:7.2f} ms"
        f"   p99 {result['p99_us'] / 1000:7.2f} ms",
        flush=True,
    )


def measure_pairs(cluster, billing, script, wanted):
    ratios = []
    for number in range(1, wanted.rounds + 1):
        ours = billing.load("pairs", wanted.seconds, wanted.callers, wanted.accounts)
        limit = pgbench(cluster, script, wanted)
        ratios.append(ours["per_second"] / limit["per_second"])
        print(f"round {number}: {ratios[-1]:.2f} of pgbench's rate")
        show("pairs through billing", ours)
        show("pairs by pgbench", limit)
    return statistics.median(ratios)


def measure_checks(billing, token, wanted):
    medians = []
    for callers in (1, wanted.callers):
        result = billing.load("tokens", wanted.seconds, callers, token)
        show(f"token checks, {callers} at once", result)
        medians.append(result["p50_us"] / 1000)
    return medians[0]


def run(wanted, logs):
    cluster = Cluster(logs, settings=[])
    billing = Billing(cluster, logs)
    try:
        cluster.start()
        cluster.prepare()
        billing.start()  # makes the tables
        billing.process.stop()
        make_accounts(cluster, wanted.accounts)
        transactions, reservation_id = seen_transactions(cluster, billing, logs / "postgres.log")
        assert len(transactions) == 2, f"{len(transactions)} transactions were seen for one pair"
        script = logs / "pair.sql"
        script.write_text(pgbench_script(transactions, reservation_id, wanted.accounts))
        cluster.sql("ALTER ROLE billing SET search_path = billing")
        # Requests a minute are counted as ever, but none of ours is one too many.
        cluster.sql("UPDATE billing.plan SET requests_per_minute = 10000000")
        billing.start()
        with GrpcClient(billing.address) as client:
            token = client.unary(
                f"{PACKAGE}.AccountService",
                "CreateAccount",
                email="bench@example.com",
                password="a long enough phrase",
            ).token
        statements = sum(len(transaction) for transaction in transactions)
        print(
            f"{wanted.callers} callers, {wanted.accounts} accounts, {os.cpu_count()} processors,"
            f" {statements} statements a pair"
        )
        ratio = measure_pairs(cluster, billing, script, wanted)
        check_ms = measure_checks(billing, token, wanted)
        admin = subprocess.run(
            [BUILD / "services/billing/ocrmesh-admin", "audit"],
            check=False,
            env={**os.environ, "BILLING_TARGET": billing.address},
        )
        print(f"pairs: {ratio:.2f} of pgbench's rate at the median (goal: {GOAL})")
        print(f"token check: {check_ms:.2f} ms at the median (goal: under {GOAL_CHECK_MS})")
        return 0 if admin.returncode == 0 else 1
    finally:
        if billing.process.is_running:
            billing.process.stop()
        cluster.remove()


def main():
    wanted = arguments()
    with tempfile.TemporaryDirectory(prefix="ocrmesh-bench.") as logs:
        os.chmod(logs, 0o755)
        sys.exit(run(wanted, Path(logs)))


if __name__ == "__main__":
    main()
