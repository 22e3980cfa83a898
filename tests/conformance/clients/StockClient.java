import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ClientStreamTracer;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import grpc.testing.Messages.BoolValue;
import grpc.testing.Messages.EchoStatus;
import grpc.testing.Messages.Payload;
import grpc.testing.Messages.ResponseParameters;
import grpc.testing.Messages.SimpleRequest;
import grpc.testing.Messages.StreamingInputCallRequest;
import grpc.testing.Messages.StreamingInputCallResponse;
import grpc.testing.Messages.StreamingOutputCallRequest;
import grpc.testing.Messages.StreamingOutputCallResponse;
import grpc.testing.TestServiceGrpc;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What any gRPC client may expect of a server, of grpc-java's: against tests/conformance/interop/interop-server.
 *
 * <pre>StockClient PORT     prints "ok CASE" for each; ends with 1 after the first that fails</pre>
 */
public final class StockClient {
    private static final int LIMIT = 1 << 20; // bytes of a message
    private static final int SLACK = 2048; // for what is around a payload
    private static final int SECONDS = 60;
    private static final Metadata.Key<String> INITIAL =
            Metadata.Key.of("x-grpc-test-echo-initial", Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<byte[]> TRAILING =
            Metadata.Key.of("x-grpc-test-echo-trailing-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private final ManagedChannel channel;

    private StockClient(int port) {
        channel = ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    private TestServiceGrpc.TestServiceBlockingStub blocking() {
        return TestServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    private TestServiceGrpc.TestServiceStub async() {
        return TestServiceGrpc.newStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    private interface Call {
        void run() throws Exception;
    }

    private static Status failure(Status.Code code, Call call) throws Exception {
        try {
            call.run();
        } catch (StatusRuntimeException failure) {
            check(failure.getStatus().getCode() == code, failure + " in place of " + code);
            return failure.getStatus();
        }
        throw new AssertionError("it did not fail");
    }

    private static Payload payload(int size) {
        return Payload.newBuilder().setBody(ByteString.copyFrom(new byte[size])).build();
    }

    /** What comes of a stream: messages, then a Throwable or END. */
    private static final class Received<Q, A> implements ClientResponseObserver<Q, A> {
        static final Object END = new Object();
        final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
        ClientCallStreamObserver<Q> call;

        @Override
        public void beforeStart(ClientCallStreamObserver<Q> stream) {
            call = stream;
        }

        @Override
        public void onNext(A answer) {
            events.add(answer);
        }

        @Override
        public void onError(Throwable error) {
            events.add(error);
        }

        @Override
        public void onCompleted() {
            events.add(END);
        }

        Object next() throws InterruptedException {
            Object event = events.poll(SECONDS, TimeUnit.SECONDS);
            check(event != null, "nothing came");
            return event;
        }
    }

    private void deadline() throws Exception {
        var late = ResponseParameters.newBuilder().setSize(1).setIntervalUs(SECONDS * 500_000);
        var request = StreamingOutputCallRequest.newBuilder().addResponseParameters(late).build();
        failure(Status.Code.DEADLINE_EXCEEDED, () -> blocking().withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                .streamingOutputCall(request).next());
    }

    private void cancel() throws Exception {
        var received = new Received<StreamingOutputCallRequest, StreamingOutputCallResponse>();
        var talk = async().fullDuplexCall(received);
        talk.onNext(StreamingOutputCallRequest.newBuilder()
                .addResponseParameters(ResponseParameters.newBuilder().setSize(1)).build());
        check(received.next() instanceof StreamingOutputCallResponse, "no first answer");
        received.call.cancel("enough", null);
        check(Status.fromThrowable((Throwable) received.next()).getCode() == Status.Code.CANCELLED, "not cancelled");
    }

    private void compressed() {
        final int size = 100_000;
        AtomicLong sent = new AtomicLong();
        AtomicLong came = new AtomicLong();
        ClientStreamTracer tracer = new ClientStreamTracer() {
            @Override
            public void outboundWireSize(long bytes) {
                sent.addAndGet(bytes);
            }

            @Override
            public void inboundWireSize(long bytes) {
                came.addAndGet(bytes);
            }
        };
        ClientStreamTracer.Factory factory = new ClientStreamTracer.Factory() {
            @Override
            public ClientStreamTracer newClientStreamTracer(ClientStreamTracer.StreamInfo info, Metadata headers) {
                return tracer;
            }
        };
        var request = SimpleRequest.newBuilder().setPayload(payload(size)).setResponseSize(size)
                .setResponseCompressed(BoolValue.newBuilder().setValue(true)).build();
        var traced = ClientInterceptors.intercept(channel, new io.grpc.ClientInterceptor() {
            @Override
            public <Q, A> io.grpc.ClientCall<Q, A> interceptCall(io.grpc.MethodDescriptor<Q, A> method,
                    CallOptions options, io.grpc.Channel next) {
                return next.newCall(method, options.withStreamTracerFactory(factory));
            }
        });
        var answer = TestServiceGrpc.newBlockingStub(traced).withCompression("gzip")
                .withDeadlineAfter(SECONDS, TimeUnit.SECONDS).unaryCall(request);
        check(answer.getPayload().getBody().size() == size, "other bytes came");
        check(sent.get() > 0 && sent.get() < size / 10, sent + " bytes sent");
        check(came.get() > 0 && came.get() < size / 10, came + " bytes came");
    }

    private void large() {
        var request = SimpleRequest.newBuilder().setPayload(payload(LIMIT - SLACK)).setResponseSize(LIMIT - SLACK);
        check(blocking().unaryCall(request.build()).getPayload().getBody().size() == LIMIT - SLACK, "other bytes came");
    }

    private void tooLarge() throws Exception {
        var request = SimpleRequest.newBuilder().setPayload(payload(LIMIT + 1)).build();
        failure(Status.Code.RESOURCE_EXHAUSTED, () -> blocking().unaryCall(request));
        blocking().unaryCall(SimpleRequest.getDefaultInstance());
    }

    private void metadata() {
        byte[] binary = {0, (byte) 255, 10, 13, (byte) 128, 'a'};
        String text = "plain ASCII, with spaces";
        Metadata sent = new Metadata();
        sent.put(INITIAL, text);
        sent.put(TRAILING, binary);
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        blocking().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(sent),
                MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)).unaryCall(SimpleRequest.getDefaultInstance());
        check(text.equals(headers.get().get(INITIAL)), "headers " + headers);
        check(Arrays.equals(binary, trailers.get().get(TRAILING)), "trailers " + trailers);
    }

    private void halfClose() throws Exception {
        var sum = new Received<StreamingInputCallRequest, StreamingInputCallResponse>();
        StreamObserver<StreamingInputCallRequest> upload = async().streamingInputCall(sum);
        for (int size : new int[] {10, 1000, 100_000}) {
            upload.onNext(StreamingInputCallRequest.newBuilder().setPayload(payload(size)).build());
        }
        upload.onCompleted();
        Object answer = sum.next();
        check(answer instanceof StreamingInputCallResponse
                && ((StreamingInputCallResponse) answer).getAggregatedPayloadSize() == 101_010, "sum " + answer);
        var received = new Received<StreamingOutputCallRequest, StreamingOutputCallResponse>();
        async().fullDuplexCall(received).onCompleted();
        check(received.next() == Received.END, "no end");
    }

    private void trailersOnly() throws Exception {
        String message = "nicht erlaubt: \u00fc, 100 %\t\n";
        var wanted = EchoStatus.newBuilder().setCode(Status.Code.PERMISSION_DENIED.value()).setMessage(message);
        AtomicReference<Metadata> headers = new AtomicReference<>();
        AtomicReference<Metadata> trailers = new AtomicReference<>();
        Status status = failure(Status.Code.PERMISSION_DENIED, () -> blocking()
                .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
                .unaryCall(SimpleRequest.newBuilder().setResponseStatus(wanted).build()));
        check(message.equals(status.getDescription()), "message " + status);
        check(headers.get() == null, "headers of their own: " + headers);
    }

    private static void run(String name, Call call) throws Exception {
        call.run();
        System.out.println("ok " + name);
    }

    public static void main(String[] arguments) throws Exception {
        StockClient client = new StockClient(Integer.parseInt(arguments[0]));
        try {
            run("deadline", client::deadline);
            run("cancel", client::cancel);
            run("compressed", client::compressed);
            run("large", client::large);
            run("too_large", client::tooLarge);
            run("metadata", client::metadata);
            run("half_close", client::halfClose);
            run("trailers_only", client::trailersOnly);
        } finally {
            client.channel.shutdownNow().awaitTermination(SECONDS, TimeUnit.SECONDS);
        }
    }
}
