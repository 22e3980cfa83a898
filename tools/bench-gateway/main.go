// A grpc-gateway in front of ocr as `./ocrmesh bench bridge` compares the bridge with: the code that
// protoc-gen-grpc-gateway makes of the protos, and net/http with HTTP/1.1 and, in the clear, HTTP/2.
//
//	gateway LISTEN OCR
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	ocr "ocrmesh/bench/gateway/gen/ocrmesh/ocr/v1"
)

func main() {
	mux := runtime.NewServeMux()
	options := []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}
	if err := ocr.RegisterOcrServiceHandlerFromEndpoint(context.Background(), mux, os.Args[2], options); err != nil {
		log.Fatal(err)
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Addr: os.Args[1], Handler: mux, Protocols: protocols}
	log.Fatal(server.ListenAndServe())
}
