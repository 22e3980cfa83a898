// The echo service of `./ocrmesh bench rpc` with grpc-go, and a client that loads one.
//
//	bench-rpc serve                                        prints its port; serves until its input ends
//	bench-rpc call PORT unary|stream CALLS SECONDS BYTES   CALLS at once; prints a line of JSON
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"ocrmesh/bench/rpc/gen"
)

const warmUp = time.Second

type echo struct {
	gen.UnimplementedEchoServiceServer
}

func (echo) Echo(_ context.Context, request *gen.EchoRequest) (*gen.EchoResponse, error) {
	return &gen.EchoResponse{Padding: request.Padding}, nil
}

func (echo) Talk(stream grpc.BidiStreamingServer[gen.EchoRequest, gen.EchoResponse]) error {
	for {
		request, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err == nil {
			err = stream.Send(&gen.EchoResponse{Padding: request.Padding})
		}
		if err != nil {
			return err
		}
	}
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	gen.RegisterEchoServiceServer(server, echo{})
	go func() { log.Fatal(server.Serve(listener)) }()
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// One of those that call at once: what it does again and again, and what ends it.
type caller struct {
	exchange func() error
	end      func() error
}

func unaryCaller(client gen.EchoServiceClient, request *gen.EchoRequest) caller {
	exchange := func() error {
		response, err := client.Echo(context.Background(), request)
		if err == nil && len(response.Padding) != len(request.Padding) {
			err = fmt.Errorf("%d bytes came back", len(response.Padding))
		}
		return err
	}
	return caller{exchange, func() error { return nil }}
}

func streamCaller(client gen.EchoServiceClient, request *gen.EchoRequest) caller {
	stream, err := client.Talk(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	exchange := func() error {
		if err := stream.Send(request); err != nil {
			return err
		}
		response, err := stream.Recv()
		if err == nil && len(response.Padding) != len(request.Padding) {
			err = fmt.Errorf("%d bytes came back", len(response.Padding))
		}
		return err
	}
	end := func() error {
		if err := stream.CloseSend(); err != nil {
			return err
		}
		if _, err := stream.Recv(); err != io.EOF {
			return fmt.Errorf("instead of an end: %v", err)
		}
		return nil
	}
	return caller{exchange, end}
}

// Nanoseconds of each exchange in the measured time, and how many there were before.
func (c caller) run(begin, end time.Time) (times []int64, before int) {
	for {
		sent := time.Now()
		if sent.After(end) {
			break
		}
		if err := c.exchange(); err != nil {
			log.Fatal(err)
		}
		if sent.Before(begin) {
			before++
		} else {
			times = append(times, int64(time.Since(sent)))
		}
	}
	if err := c.end(); err != nil {
		log.Fatal(err)
	}
	return times, before
}

func call(port, kind string, calls, seconds, bytes int) {
	connection, err := grpc.NewClient("127.0.0.1:"+port, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	client := gen.NewEchoServiceClient(connection)
	request := &gen.EchoRequest{Padding: make([]byte, bytes)}
	newCaller := unaryCaller
	if kind == "stream" {
		newCaller = streamCaller
	}
	var group sync.WaitGroup
	var mutex sync.Mutex
	var times []int64
	all := 0
	begin := time.Now().Add(warmUp)
	end := begin.Add(time.Duration(seconds) * time.Second)
	for range calls {
		one := newCaller(client, request)
		group.Go(func() {
			own, before := one.run(begin, end)
			mutex.Lock()
			defer mutex.Unlock()
			times = append(times, own...)
			all += before + len(own)
		})
	}
	group.Wait()
	slices.Sort(times)
	fmt.Printf("{\"calls\": %d, \"all\": %d, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", len(times), all,
		float64(times[len(times)/2])/1e3, float64(times[len(times)*99/100])/1e3)
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	if os.Args[1] == "serve" {
		serve()
		return
	}
	call(os.Args[2], os.Args[3], number(os.Args[4]), number(os.Args[5]), number(os.Args[6]))
}
