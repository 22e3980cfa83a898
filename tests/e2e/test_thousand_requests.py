"""A thousand requests to each process; what they leak or corrupt shows when the mesh stops, in the
sanitized build, and as growth in the plain one."""

import pytest

from harness import pages
from harness.grpc_client import GrpcClient

REQUESTS = 1000
WARM_UP = 100
GROWTH_MAX = 4 * 1024 * 1024  # of any process, over the requests after the warm-up


def conversation(chat, uuid):
    answer = chat.unary("ocrmesh.chat.v1.ChatService", "GetConversation", job_id=uuid)
    assert answer.conversation_id == ""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bridge", "ocr", "billing", "export", "chat"])
def test_process_takes_a_thousand_requests(name, mesh, account, is_sanitized):
    uuid = account.read(pages.png())["uuid"]
    chat = GrpcClient(mesh.address["chat"], account.token)
    requests = {
        "bridge": lambda: account.session.get(f"{mesh.url}/healthz", timeout=120),
        "ocr": lambda: account.job(uuid),
        "billing": lambda: account.session.get(f"{mesh.url}/api/v1/account/", timeout=120),
        "export": lambda: account.download(uuid, "txt"),
        "chat": lambda: conversation(chat, uuid),
    }
    before = {}
    for count in range(WARM_UP + REQUESTS):
        if count == WARM_UP:
            before = {key: process.memory_bytes() for key, process in mesh.services.items()}
        answer = requests[name]()
        assert answer is None or answer.status_code == 200, answer.text
    chat.channel.close()
    assert mesh.sanitizer_reports() == []
    if not is_sanitized:
        for key, process in mesh.services.items():
            assert process.memory_bytes() - before[key] < GROWTH_MAX, key
