import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import io.grpc.CallCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import ocrmesh.chat.v1.ChatServiceGrpc;
import ocrmesh.chat.v1.ChatServiceOuterClass.AskQuestionRequest;
import ocrmesh.chat.v1.ChatServiceOuterClass.Message;
import ocrmesh.export.v1.ExportServiceGrpc;
import ocrmesh.export.v1.ExportServiceOuterClass.ExportDocumentRequest;
import ocrmesh.ocr.v1.OcrServiceGrpc;
import ocrmesh.ocr.v1.OcrServiceOuterClass.GetDocumentRequest;
import ocrmesh.ocr.v1.OcrServiceOuterClass.JobOptions;
import ocrmesh.ocr.v1.OcrServiceOuterClass.SubmitJobRequest;
import ocrmesh.ocr.v1.OcrServiceOuterClass.SubmitJobResponse;
import ocrmesh.ocr.v1.OcrServiceOuterClass.WatchJobRequest;

/**
 * A file becomes a document: submitted, watched, read, exported and asked, with grpc-java.
 *
 * <pre>Document OCR EXPORT CHAT TOKEN FILE QUESTION     OCR and so on: host:port</pre>
 */
public final class Document {
    private static final int CHUNK_BYTES = 256 * 1024;
    private static final int SECONDS = 120; // every call has a deadline

    /** Puts the token into the metadata of every call. */
    private static final class Token extends CallCredentials {
        private final Metadata metadata = new Metadata();

        Token(String token) {
            metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        }

        @Override
        public void applyRequestMetadata(RequestInfo info, Executor executor, MetadataApplier applier) {
            applier.apply(metadata);
        }

        @Override
        public void thisUsesUnstableApi() {}
    }

    /** The options, then the file, chunk by chunk: no message is large. */
    private static String submit(OcrServiceGrpc.OcrServiceStub ocr, Path path) throws Exception {
        CompletableFuture<SubmitJobResponse> response = new CompletableFuture<>();
        StreamObserver<SubmitJobRequest> request = ocr.submitJob(new StreamObserver<>() {
            @Override
            public void onNext(SubmitJobResponse value) {
                response.complete(value);
            }

            @Override
            public void onError(Throwable error) {
                response.completeExceptionally(error);
            }

            @Override
            public void onCompleted() {}
        });
        JobOptions options =
                JobOptions.newBuilder().setLanguage("en").setFileName(path.getFileName().toString()).build();
        request.onNext(SubmitJobRequest.newBuilder().setOptions(options).build());
        try (InputStream file = Files.newInputStream(path)) {
            for (byte[] chunk; (chunk = file.readNBytes(CHUNK_BYTES)).length > 0; ) {
                request.onNext(SubmitJobRequest.newBuilder().setChunk(ByteString.copyFrom(chunk)).build());
            }
        }
        request.onCompleted();
        try {
            return response.get().getJob().getJobId();
        } catch (ExecutionException failure) {
            throw (Exception) failure.getCause();
        }
    }

    /** The stable word for what went wrong, for example JOB_NOT_FOUND: docs/errors.md. */
    private static String reason(StatusRuntimeException failure) throws Exception {
        for (var detail : StatusProto.fromThrowable(failure).getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                return detail.unpack(ErrorInfo.class).getReason();
            }
        }
        return failure.getStatus().getCode().name();
    }

    private static ManagedChannel connect(String target) {
        return ManagedChannelBuilder.forTarget(target).usePlaintext().build();
    }

    private static void run(ManagedChannel ocrAt, ManagedChannel exportAt, ManagedChannel chatAt, Token token, Path path,
            String question) throws Exception {
        String jobId = submit(
                OcrServiceGrpc.newStub(ocrAt).withCallCredentials(token).withDeadlineAfter(SECONDS, TimeUnit.SECONDS), path);

        var ocr = OcrServiceGrpc.newBlockingStub(ocrAt).withCallCredentials(token)
                .withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        ocr.watchJob(WatchJobRequest.newBuilder().setJobId(jobId).build())
                .forEachRemaining(change -> System.out.println("job: " + change.getJob().getState()));

        ocr.getDocument(GetDocumentRequest.newBuilder().setJobId(jobId).build()).forEachRemaining(part -> {
            if (part.hasPage()) {
                System.out.println(part.getPage().getText());
            }
        });

        var export = ExportServiceGrpc.newBlockingStub(exportAt).withCallCredentials(token)
                .withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        var parts = export.exportDocument(ExportDocumentRequest.newBuilder().setJobId(jobId).setFormat("docx").build());
        try (OutputStream file = Files.newOutputStream(Path.of(path + ".docx"))) {
            while (parts.hasNext()) {
                parts.next().getChunk().writeTo(file);
            }
        }

        var chat = ChatServiceGrpc.newBlockingStub(chatAt).withCallCredentials(token)
                .withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        chat.askQuestion(AskQuestionRequest.newBuilder().setJobId(jobId).setMessage(question).build())
                .forEachRemaining(part -> {
                    Message message = part.getAnswer().getMessage();
                    System.out.printf("answer: %s (page %d)%n", message.getContent(),
                            message.getCitations(0).getPage());
                });
    }

    public static void main(String[] arguments) throws Exception {
        ManagedChannel ocr = connect(arguments[0]);
        ManagedChannel export = connect(arguments[1]);
        ManagedChannel chat = connect(arguments[2]);
        int status = 0;
        try {
            run(ocr, export, chat, new Token(arguments[3]), Path.of(arguments[4]), arguments[5]);
        } catch (StatusRuntimeException failure) {
            System.err.println(reason(failure) + ": " + failure.getStatus().getDescription());
            status = 1;
        }
        for (ManagedChannel channel : new ManagedChannel[] {ocr, export, chat}) {
            channel.shutdown().awaitTermination(SECONDS, TimeUnit.SECONDS);
        }
        System.exit(status);
    }
}
