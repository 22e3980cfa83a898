"""A document and its questions in a running mesh: REST for chat, gRPC for passages."""

from dataclasses import dataclass

from . import score, text

JOB_SECONDS = 1800
ANSWER_SECONDS = 120
PAGE_SIZE = 200  # passages of one answer of ListPassages
SERVICE = "ocrmesh.chat.v1.ChatService"


@dataclass
class Passage:
    page: int  # from 1
    text: str
    context: str


class Job:
    """A document that was read."""

    def __init__(self, account, grpc, document):
        self.account = account
        self.grpc = grpc
        answer = account.submit(document.file.read_bytes(), document.file.name, tier="cpu")
        job = account.finished(answer, JOB_SECONDS)
        if job["status"] != "done":
            raise SystemExit(f"{document.name} was not read: {job['error']}")
        self.uuid = job["uuid"]
        self.page_texts = [text.white_space_folded(page["text"] or "") for page in job["pages"]]

    def passages(self):
        found, token = [], ""
        while True:
            answer = self.grpc.unary(
                SERVICE, "ListPassages", job_id=self.uuid, page_size=PAGE_SIZE, page_token=token
            )
            found += [Passage(one.page, one.text, one.context) for one in answer.passages]
            token = answer.next_page_token
            if not token:
                return found

    def ranking(self, query):
        """Indexes of passages, best first."""
        answer = self.grpc.unary(
            SERVICE, "SearchPassages", job_id=self.uuid, query=query, page_size=score.RANKS
        )
        return [passage.index for passage in answer.passages]

    def ask(self, question):
        """The message that answers, in a conversation of its own."""
        self._forget()
        for turn in question.turns:
            self._say(turn)
        return self._say(question.text)

    def _path(self, rest=""):
        return f"{self.account.url}/api/v1/chat/{self.uuid}/{rest}"

    def _forget(self):
        answer = self.account.session.delete(self._path("history/"), timeout=ANSWER_SECONDS)
        assert answer.status_code == 204, answer.text

    def _say(self, message):
        answer = self.account.session.post(
            self._path(), json={"message": message}, timeout=ANSWER_SECONDS
        )
        assert answer.status_code == 200, answer.text
        return answer.json()["message"]
