"""Credits are spent once, whoever asks at the same time and whatever is killed meanwhile."""

import random
import threading
import uuid

import grpc

from harness.grpc_client import GrpcClient

CLIENTS = 64
CREDITS = 100
KILLS = {10: "billing", 35: "postgres", 60: "billing", 85: "postgres"}  # once so many are spent
BILLING = "ocrmesh.billing.v1.BillingService"
CALL_SECONDS = 5
SPENDING_SECONDS = 180
# A restarted server is found again at once.
CHANNEL = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]
# What a call may end with while a process dies: it may have been done or not.
LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)


class Spending:
    """What the clients share: how much they were told that they have spent."""

    def __init__(self, client, account_id):
        self.client = client
        self.account_id = account_id
        self.changed = threading.Condition()
        self.spent = 0
        self.unexpected = []

    def call(self, method, **fields):
        """Again until there is an answer; sometimes again although there was one. None: refused."""
        answer = None
        while answer is None or random.random() < 0.2:
            try:
                answer = self.client.unary(BILLING, method, CALL_SECONDS, **fields)
            except grpc.RpcError as error:
                if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
                    return None
                if error.code() not in LOST:
                    raise
                with self.changed:
                    self.changed.wait(0.02)
        return answer

    def spend_one(self):
        """A job of one page, which is charged or, one time in three, given up."""
        request = {"request_id": uuid.uuid4().hex, "account_id": self.account_id}
        opened = self.call("OpenReservation", **request, tier=1, pages=1)
        if opened is None:
            with self.changed:  # somebody may give up a job
                self.changed.wait(0.05)
            return
        if random.random() < 1 / 3:
            self.call("ReleaseReservation", reservation_id=opened.reservation_id)
            return
        done = self.call("CommitReservation", reservation_id=opened.reservation_id, pages=1)
        with self.changed:
            self.spent += done.charged_credits
            self.changed.notify_all()

    def run_client(self):
        try:
            while self.spent < CREDITS and not self.unexpected:
                self.spend_one()
        except Exception as error:  # noqa: BLE001 shown by the test
            with self.changed:
                self.unexpected.append(error)
                self.changed.notify_all()


def test_64_clients_spend_100_credits_exactly_over_kills(mesh, account):
    """The answers say 100, the ledger says 100, and the audit finds nothing."""
    mesh.grant(account.email, CREDITS)
    where = f"FROM billing.account WHERE email = '{account.email}'"
    mesh.operate("plan", account.email, "pro")  # without free pages, so that credits alone pay
    account_id = mesh.cluster.sql(f"SELECT id {where}")[0][0]
    with GrpcClient(mesh.address["billing"], options=CHANNEL) as client:
        # The types are known before anything is killed.
        client.message("ocrmesh.billing.v1.OpenReservationRequest")
        spending = Spending(client, account_id)
        clients = [threading.Thread(target=spending.run_client) for _ in range(CLIENTS)]
        for thread in clients:
            thread.start()
        for limit, name in KILLS.items():
            with spending.changed:
                reached = spending.changed.wait_for(
                    lambda: spending.spent >= limit or spending.unexpected, SPENDING_SECONDS
                )
            if not reached or spending.unexpected:
                break
            mesh.kill(name)
            mesh.start_again(name)
        for thread in clients:
            thread.join(SPENDING_SECONDS)
            assert not thread.is_alive()
    assert not spending.unexpected, spending.unexpected
    assert spending.spent == CREDITS
    assert mesh.cluster.sql(f"SELECT balance_credits, held_credits {where}") == [["0", "0"]]
    moved = mesh.cluster.sql(
        "SELECT sum(amount_credits) FROM billing.ledger_transfer"
        f" WHERE account_id = '{account_id}' AND to_account = 'revenue'"
    )
    assert moved == [[str(CREDITS)]]
    assert account.state()["used"] == CREDITS
    mesh.operate("audit")
