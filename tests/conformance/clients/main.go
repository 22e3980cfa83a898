// What any gRPC client may expect of a server, of grpc-go's: against tests/conformance/interop/interop-server.
//
//	stock-client PORT     prints "ok CASE" for each; ends with 1 after the first that fails
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	testing "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

const (
	limit    = 1 << 20 // bytes of a message
	slack    = 2048    // for what is around a payload
	patience = time.Minute
	initial  = "x-grpc-test-echo-initial"
	trailing = "x-grpc-test-echo-trailing-bin"
)

// Bytes on the wire and before, of the last message each way.
type sizes struct {
	mutex                       sync.Mutex
	sent, sentOut, came, cameIn int
}

func (s *sizes) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (s *sizes) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (s *sizes) HandleConn(context.Context, stats.ConnStats)                       {}
func (s *sizes) HandleRPC(_ context.Context, what stats.RPCStats) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch payload := what.(type) {
	case *stats.OutPayload:
		s.sent, s.sentOut = payload.Length, payload.CompressedLength
	case *stats.InPayload:
		s.came, s.cameIn = payload.Length, payload.CompressedLength
	}
}

var seen sizes

func payload(size int) *testing.Payload { return &testing.Payload{Body: make([]byte, size)} }

func wants(code codes.Code, err error) error {
	if status.Code(err) != code {
		return fmt.Errorf("%v in place of %v", err, code)
	}
	return nil
}

func deadline(ctx context.Context, client testing.TestServiceClient) error {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	late := []*testing.ResponseParameters{{Size: 1, IntervalUs: int32(patience / time.Microsecond / 2)}}
	stream, err := client.StreamingOutputCall(ctx, &testing.StreamingOutputCallRequest{ResponseParameters: late})
	if err == nil {
		_, err = stream.Recv()
	}
	return wants(codes.DeadlineExceeded, err)
}

func cancel(ctx context.Context, client testing.TestServiceClient) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	one := []*testing.ResponseParameters{{Size: 1}}
	if err := stream.Send(&testing.StreamingOutputCallRequest{ResponseParameters: one}); err != nil {
		return err
	}
	if _, err := stream.Recv(); err != nil {
		return err
	}
	cancel()
	_, err = stream.Recv()
	return wants(codes.Canceled, err)
}

func compressed(ctx context.Context, client testing.TestServiceClient) error {
	const size = 100_000
	request := &testing.SimpleRequest{Payload: payload(size), ResponseSize: size}
	request.ResponseCompressed = &testing.BoolValue{Value: true}
	response, err := client.UnaryCall(ctx, request, grpc.UseCompressor(gzip.Name))
	if err != nil {
		return err
	}
	if len(response.GetPayload().GetBody()) != size {
		return fmt.Errorf("%d bytes came", len(response.GetPayload().GetBody()))
	}
	seen.mutex.Lock()
	defer seen.mutex.Unlock()
	if seen.sentOut > seen.sent/10 || seen.cameIn > seen.came/10 {
		return fmt.Errorf("%d bytes sent as %d, %d came as %d", seen.sent, seen.sentOut, seen.came, seen.cameIn)
	}
	return nil
}

func large(ctx context.Context, client testing.TestServiceClient) error {
	request := &testing.SimpleRequest{Payload: payload(limit - slack), ResponseSize: limit - slack}
	response, err := client.UnaryCall(ctx, request)
	if err == nil && len(response.GetPayload().GetBody()) != limit-slack {
		err = fmt.Errorf("%d bytes came", len(response.GetPayload().GetBody()))
	}
	return err
}

func tooLarge(ctx context.Context, client testing.TestServiceClient) error {
	_, err := client.UnaryCall(ctx, &testing.SimpleRequest{Payload: payload(limit + 1)})
	if err := wants(codes.ResourceExhausted, err); err != nil {
		return err
	}
	_, err = client.EmptyCall(ctx, &testing.Empty{})
	return err
}

func metadataBothWays(ctx context.Context, client testing.TestServiceClient) error {
	text, binary := "plain ASCII, with spaces", string([]byte{0, 255, 10, 13, 128, 'a'})
	ctx = metadata.AppendToOutgoingContext(ctx, initial, text, trailing, binary)
	var header, trailer metadata.MD
	_, err := client.UnaryCall(ctx, &testing.SimpleRequest{}, grpc.Header(&header), grpc.Trailer(&trailer))
	if err != nil {
		return err
	}
	if got := header.Get(initial); len(got) != 1 || got[0] != text {
		return fmt.Errorf("headers %q", got)
	}
	if got := trailer.Get(trailing); len(got) != 1 || !bytes.Equal([]byte(got[0]), []byte(binary)) {
		return fmt.Errorf("trailers %q", got)
	}
	return nil
}

func halfClose(ctx context.Context, client testing.TestServiceClient) error {
	upload, err := client.StreamingInputCall(ctx)
	if err != nil {
		return err
	}
	for _, size := range []int{10, 1000, 100_000} {
		if err := upload.Send(&testing.StreamingInputCallRequest{Payload: payload(size)}); err != nil {
			return err
		}
	}
	sum, err := upload.CloseAndRecv()
	if err != nil || sum.GetAggregatedPayloadSize() != 101_010 {
		return fmt.Errorf("sum %v: %w", sum, err)
	}
	talk, err := client.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	if err := talk.CloseSend(); err != nil {
		return err
	}
	if _, err := talk.Recv(); err != io.EOF {
		return fmt.Errorf("%v in place of the end", err)
	}
	return nil
}

func trailersOnly(ctx context.Context, client testing.TestServiceClient) error {
	const message = "nicht erlaubt: ü, 100 %\t\n"
	wanted := &testing.EchoStatus{Code: int32(codes.PermissionDenied), Message: message}
	var header metadata.MD
	_, err := client.UnaryCall(ctx, &testing.SimpleRequest{ResponseStatus: wanted}, grpc.Header(&header))
	if err := wants(codes.PermissionDenied, err); err != nil {
		return err
	}
	if got := status.Convert(err).Message(); got != message {
		return fmt.Errorf("message %q", got)
	}
	if len(header) > 0 {
		return fmt.Errorf("headers of their own: %v", header)
	}
	return nil
}

func main() {
	connection, err := grpc.NewClient("127.0.0.1:"+os.Args[1],
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithStatsHandler(&seen))
	if err != nil {
		panic(err)
	}
	client := testing.NewTestServiceClient(connection)
	cases := []struct {
		name string
		run  func(context.Context, testing.TestServiceClient) error
	}{
		{"deadline", deadline},
		{"cancel", cancel},
		{"compressed", compressed},
		{"large", large},
		{"too_large", tooLarge},
		{"metadata", metadataBothWays},
		{"half_close", halfClose},
		{"trailers_only", trailersOnly},
	}
	for _, one := range cases {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if err := one.run(ctx, client); err != nil {
			fmt.Printf("%s: %v\n", one.name, err)
			os.Exit(1)
		}
		cancel()
		fmt.Println("ok", one.name)
	}
}
