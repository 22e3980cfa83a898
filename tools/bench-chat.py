"""Questions to real documents: passages found, answers and citations right, refusals.

    ./ocrmesh bench chat [--half tune|held] [--only WORD] [--failed] [--model]
    ./ocrmesh bench chat --long [OPTION...]      the same as ./ocrmesh bench chat-long

Reads the documents of tests/chat with a mesh of its own, asks every question over REST, and ranks
the same passages with rank_bm25 and PostgreSQL. docs/chat-quality.md says the rules.

  --only WORD  documents whose name or kind holds WORD, or whose language is WORD
  --half HALF  one half of the documents
  --failed     print each question that was not answered as it should be
  --model      answer with the model that CHAT_LLM_URL, CHAT_LLM_MODEL and CHAT_LLM_API_KEY name
"""

import argparse
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from accuracy import pages
from accuracy.packages import Packages
from chat import baselines, documents, questions, report, score, service
from harness import wait
from harness.api import create_account
from harness.grpc_client import GrpcClient
from harness.mesh import Mesh

OURS = "ocrmesh"
MODEL_SETTINGS = ("CHAT_LLM_URL", "CHAT_LLM_MODEL", "CHAT_LLM_API_KEY")
QUESTIONS_PER_DAY = 1_000_000
EMBEDDING_SECONDS = 300


def arguments():
    if "--long" in sys.argv:  # another bench altogether, with options of its own
        options = [option for option in sys.argv[1:] if option != "--long"]
        long = Path(__file__).with_name("bench-chat-long.py")
        os.execv(sys.executable, [sys.executable, str(long), *options])
    parser = argparse.ArgumentParser(prog="./ocrmesh bench chat")
    parser.add_argument("--half", choices=documents.HALVES, help="one half of the documents")
    parser.add_argument("--only", default="", help="name or kind holds this word, or language")
    parser.add_argument("--failed", action="store_true", help="print what was answered wrongly")
    parser.add_argument("--model", action="store_true", help="answer with the model of CHAT_LLM_URL")
    return parser.parse_args()


def start(has_model):
    logs = Path(os.environ["OCRMESH_HOME"]) / "logs/bench-chat"
    logs.mkdir(parents=True, exist_ok=True)
    if has_model and not os.environ.get("CHAT_LLM_URL"):
        raise SystemExit("--model needs CHAT_LLM_URL and CHAT_LLM_MODEL in the environment")
    settings = {} if has_model else dict.fromkeys(MODEL_SETTINGS, "")
    settings["CHAT_EMBEDDINGS"] = "true"
    return Mesh(Path(os.environ["OCRMESH_BUILD"]), logs, settings)


def measure(mesh, account, document):
    """The results of a document's questions."""
    with GrpcClient(mesh.address["chat"], account.token) as grpc:
        job = service.Job(account, grpc, document)
        asked = questions.of_document(document.name)
        passages = job.passages()
        gold = [score.gold(passages, question) for question in asked]
        job.ranking(asked[0].query)  # has the document embedded
        wait.until(
            lambda: mesh.metrics("chat")["ocrmesh_chat_documents_to_embed"] == 0,
            EMBEDDING_SECONDS,
            "documents are embedded",
        )
        rankings = {OURS: [job.ranking(question.query) for question in asked]}
        for engine in (
            baselines.Bm25(passages, document.language),
            baselines.PostgresSearch(mesh.cluster, passages, document.language),
        ):
            rankings[engine.name] = engine.rankings([question.query for question in asked])
        results = []
        for number, question in enumerate(asked):
            answer = job.ask(question)
            ranks = {
                name: score.rank(ranked[number], gold[number]) for name, ranked in rankings.items()
            }
            judgement = score.judge(question, answer, job.page_texts)
            results.append(report.Result(document, question, ranks, judgement, answer))
        print(f"{document.name}: {len(passages)} passages, {len(asked)} questions", flush=True)
        return results


def main():
    options = arguments()
    print("Preparing the documents ...", flush=True)
    home = pages.home()
    chosen = documents.load(
        Packages(home / "packages"), home / "chat", options.only, options.half
    )
    if not chosen:
        raise SystemExit(f"no document fits '{options.only}'")
    with start(options.model).running() as mesh:
        mesh.cluster.sql(f"UPDATE billing.plan SET questions_per_day = {QUESTIONS_PER_DAY}")
        account = create_account(mesh.url)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            of_documents = pool.map(lambda one: measure(mesh, account, one), chosen)
            results = [result for found in of_documents for result in found]
    if options.failed:
        report.print_failed(results)
    report.print_retrieval(results, [OURS, baselines.Bm25.name, baselines.PostgresSearch.name])
    report.print_answers(results)
    report.print_sources(results)
    report.print_truth(results)


if __name__ == "__main__":
    main()
