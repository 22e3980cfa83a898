"""An ocr service of documents made by tests, for the export service to read.

Messages come from the build's descriptor set, so nothing is generated. A document is its job, its
pages as encoded messages, and pictures by (page index, block index).
"""

from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, message_factory
from google.protobuf.descriptor_pool import DescriptorPool

SERVICE = "ocrmesh.ocr.v1.OcrService"
STATE_DONE = 3
CHUNK_BYTES = 512 * 1024
GATE_SECONDS = 180


class Messages:
    """Message classes by name: "document.v1.Page" of ocrmesh, "google.rpc.Status"."""

    def __init__(self, build):
        files = descriptor_pb2.FileDescriptorSet()
        files.ParseFromString((build / "protos/ocrmesh.binpb").read_bytes())
        self.pool = DescriptorPool()
        for file in files.file:
            self.pool.Add(file)

    def __call__(self, name):
        whole = name if name.startswith("google.") else f"ocrmesh.{name}"
        descriptor = self.pool.FindMessageTypeByName(whole)
        return message_factory.GetMessageClass(descriptor)


class FakeOcr:
    def __init__(self, messages):
        self.messages = messages
        self.documents = {}
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
        request = messages("ocr.v1.GetDocumentRequest")
        image_request = messages("ocr.v1.GetPageImageRequest")
        handlers = {
            "GetDocument": grpc.unary_stream_rpc_method_handler(
                self._get_document, request.FromString, bytes
            ),
            "GetPageImage": grpc.unary_stream_rpc_method_handler(
                self._get_page_image, image_request.FromString, bytes
            ),
        }
        self.server.add_generic_rpc_handlers(
            [grpc.method_handlers_generic_handler(SERVICE, handlers)]
        )
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def stop(self):
        self.server.stop(None).wait()

    def add(self, job_id, pages, images=None, gate=None, **job):
        """`pages`: document.v1.Page messages. `images`: {(page, block): (PageImage, bytes)}.
        `gate`: a threading.Event that the last page waits for."""
        job.setdefault("file_name", "report.pdf")
        head = self.messages("ocr.v1.Job")(
            job_id=job_id,
            state=STATE_DONE,
            page_count=len(pages),
            pages_done=len(pages),
            revision=1,
            retains_renditions=bool(images),
            **job,
        )
        head.create_time.FromJsonString("2026-01-31T09:08:07Z")
        head.finish_time.FromJsonString("2026-01-31T09:09:00Z")
        part = self.messages("ocr.v1.GetDocumentResponse")
        self.documents[job_id] = (
            [part(job=head).SerializeToString()]
            + [part(page=page).SerializeToString() for page in pages],
            images or {},
            gate,
        )
        return job_id

    def _fail_not_found(self, context, reason, message):
        code = grpc.StatusCode.NOT_FOUND
        status = self.messages("google.rpc.Status")(code=code.value[0], message=message)
        info = self.messages("google.rpc.ErrorInfo")(reason=reason, domain="ocrmesh")
        status.details.add().Pack(info)
        context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
        context.abort(code, message)

    def _get_document(self, request, context):
        if request.job_id not in self.documents:
            self._fail_not_found(context, "JOB_NOT_FOUND", "there is no such job")
        parts, _, gate = self.documents[request.job_id]
        yield from parts[:-1]
        if gate is not None:
            gate.wait(GATE_SECONDS)
        yield parts[-1]

    def _get_page_image(self, request, context):
        images = self.documents[request.job_id][1]
        wanted = images.get((request.page_index, request.block_index))
        if wanted is None:
            self._fail_not_found(context, "PAGE_IMAGE_NOT_FOUND", "there is no such picture")
        description, data = wanted
        part = self.messages("ocr.v1.GetPageImageResponse")
        yield part(image=description).SerializeToString()
        for start in range(0, len(data), CHUNK_BYTES):
            yield part(chunk=data[start : start + CHUNK_BYTES]).SerializeToString()
