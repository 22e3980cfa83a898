"""Questions about documents over gRPC, as a stock client asks them."""

import grpc

from .grpc_client import GrpcClient

CHAT = "ocrmesh.chat.v1.ChatService"


class Chat:
    """A caller of one chat process; use it in a with statement."""

    def __init__(self, address, token=None):
        self.client = GrpcClient(address, token)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.client.__exit__(*exception)

    def parts(self, job_id, message, **fields):
        """The messages of one AskQuestion as they come."""
        return self.client.server_stream(
            CHAT, "AskQuestion", job_id=job_id, message=message, **fields
        )

    def ask(self, job_id, message, **fields):
        """The answer alone, which is the last part."""
        *deltas, last = self.parts(job_id, message, **fields)
        assert last.WhichOneof("part") == "answer"
        assert all(part.WhichOneof("part") == "delta" for part in deltas)
        return last.answer

    def conversation(self, job_id, **fields):
        return self.client.unary(CHAT, "GetConversation", job_id=job_id, **fields)

    def forget(self, job_id, **fields):
        return self.client.unary(CHAT, "DeleteConversation", job_id=job_id, **fields)

    def search(self, job_id, query, **fields):
        return self.client.unary(CHAT, "SearchPassages", job_id=job_id, query=query, **fields)

    def passages(self, job_id, **fields):
        return self.client.unary(CHAT, "ListPassages", job_id=job_id, **fields)


def refusal(function, *arguments, **fields):
    """(code name, reason) of a call that must fail."""
    try:
        answer = function(*arguments, **fields)
        if hasattr(answer, "__next__"):
            list(answer)
    except grpc.RpcError as error:
        details = dict(error.trailing_metadata()).get("grpc-status-details-bin", b"")
        return error.code().name, details
    raise AssertionError("the call was not refused")
