"""A file becomes a document: submitted, watched, read, exported and asked, with grpcio.

    document.py OCR EXPORT CHAT TOKEN FILE QUESTION     OCR and so on: host:port
"""

import sys
from pathlib import Path

import grpc
from google.rpc import error_details_pb2, status_pb2
from ocrmesh.chat.v1 import chat_service_pb2, chat_service_pb2_grpc
from ocrmesh.export.v1 import export_service_pb2, export_service_pb2_grpc
from ocrmesh.ocr.v1 import job_pb2, ocr_service_pb2, ocr_service_pb2_grpc

CHUNK_BYTES = 256 * 1024
SECONDS = 120  # every call has a deadline


def submission(path):
    """The options, then the file, chunk by chunk: no message is large."""
    options = ocr_service_pb2.JobOptions(language="en", file_name=path.name)
    yield ocr_service_pb2.SubmitJobRequest(options=options)
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield ocr_service_pb2.SubmitJobRequest(chunk=chunk)


def reason(error):
    """The stable word for what went wrong, for example JOB_NOT_FOUND: docs/errors.md."""
    details = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin", b"")
    for detail in status_pb2.Status.FromString(details).details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info.reason
    return error.code().name


def main(ocr_at, export_at, chat_at, token, path, question):
    path = Path(path)
    how = {"metadata": [("authorization", f"Bearer {token}")], "timeout": SECONDS}
    with (
        grpc.insecure_channel(ocr_at) as ocr_channel,
        grpc.insecure_channel(export_at) as export_channel,
        grpc.insecure_channel(chat_at) as chat_channel,
    ):
        ocr = ocr_service_pb2_grpc.OcrServiceStub(ocr_channel)
        job = ocr.SubmitJob(submission(path), **how).job

        for change in ocr.WatchJob(ocr_service_pb2.WatchJobRequest(job_id=job.job_id), **how):
            print("job:", job_pb2.JobState.Name(change.job.state))

        for part in ocr.GetDocument(ocr_service_pb2.GetDocumentRequest(job_id=job.job_id), **how):
            if part.HasField("page"):
                print(part.page.text)

        export = export_service_pb2_grpc.ExportServiceStub(export_channel)
        request = export_service_pb2.ExportDocumentRequest(job_id=job.job_id, format="docx")
        with open(f"{path}.docx", "wb") as file:
            for part in export.ExportDocument(request, **how):
                file.write(part.chunk)

        chat = chat_service_pb2_grpc.ChatServiceStub(chat_channel)
        request = chat_service_pb2.AskQuestionRequest(job_id=job.job_id, message=question)
        for part in chat.AskQuestion(request, **how):
            message = part.answer.message
            print(f"answer: {message.content} (page {message.citations[0].page})")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except grpc.RpcError as error:
        sys.exit(f"{reason(error)}: {error.details()}")
