// A file becomes a document: submitted, watched, read, exported and asked, with grpc-go.
//
//	document OCR EXPORT CHAT TOKEN FILE QUESTION     OCR and so on: host:port
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	chatv1 "ocrmesh/gen/chat/v1"
	exportv1 "ocrmesh/gen/export/v1"
	ocrv1 "ocrmesh/gen/ocr/v1"
)

const (
	chunkBytes = 256 << 10
	deadline   = 2 * time.Minute // of all calls together
)

// The options, then the file, chunk by chunk: no message is large.
func submit(ctx context.Context, ocr ocrv1.OcrServiceClient, path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	stream, err := ocr.SubmitJob(ctx)
	if err != nil {
		return "", err
	}
	options := &ocrv1.JobOptions{Language: "en", FileName: filepath.Base(path)}
	// That sending fails says that the call has ended; CloseAndRecv says why.
	err = stream.Send(&ocrv1.SubmitJobRequest{Part: &ocrv1.SubmitJobRequest_Options{Options: options}})
	for err == nil {
		chunk := make([]byte, chunkBytes)
		count, readErr := file.Read(chunk)
		if readErr == io.EOF {
			break
		} else if readErr != nil {
			return "", readErr
		}
		err = stream.Send(&ocrv1.SubmitJobRequest{Part: &ocrv1.SubmitJobRequest_Chunk{Chunk: chunk[:count]}})
	}
	response, err := stream.CloseAndRecv()
	return response.GetJob().GetJobId(), err
}

// Hands each message of a stream to use.
func each[T any](stream grpc.ServerStreamingClient[T], err error, use func(*T) error) error {
	for err == nil {
		var message *T
		if message, err = stream.Recv(); err == nil {
			err = use(message)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func export(ctx context.Context, client exportv1.ExportServiceClient, jobID, path string) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	stream, err := client.ExportDocument(ctx, &exportv1.ExportDocumentRequest{JobId: jobID, Format: "docx"})
	err = each(stream, err, func(part *exportv1.ExportDocumentResponse) error {
		_, err := file.Write(part.GetChunk())
		return err
	})
	return errors.Join(err, file.Close())
}

func connect(target string) *grpc.ClientConn {
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	return connection
}

func run(ocrAt, exportAt, chatAt, token, path, question string) error {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+token)

	ocr := ocrv1.NewOcrServiceClient(connect(ocrAt))
	jobID, err := submit(ctx, ocr, path)
	if err != nil {
		return err
	}

	changes, err := ocr.WatchJob(ctx, &ocrv1.WatchJobRequest{JobId: jobID})
	err = each(changes, err, func(change *ocrv1.WatchJobResponse) error {
		fmt.Println("job:", change.Job.State)
		return nil
	})
	if err != nil {
		return err
	}

	parts, err := ocr.GetDocument(ctx, &ocrv1.GetDocumentRequest{JobId: jobID})
	err = each(parts, err, func(part *ocrv1.GetDocumentResponse) error {
		if page := part.GetPage(); page != nil {
			fmt.Println(page.Text)
		}
		return nil
	})
	if err != nil {
		return err
	}

	if err := export(ctx, exportv1.NewExportServiceClient(connect(exportAt)), jobID, path+".docx"); err != nil {
		return err
	}

	chat := chatv1.NewChatServiceClient(connect(chatAt))
	answers, err := chat.AskQuestion(ctx, &chatv1.AskQuestionRequest{JobId: jobID, Message: question})
	return each(answers, err, func(part *chatv1.AskQuestionResponse) error {
		message := part.GetAnswer().GetMessage()
		fmt.Printf("answer: %s (page %d)\n", message.GetContent(), message.GetCitations()[0].GetPage())
		return nil
	})
}

// The stable word for what went wrong, for example JOB_NOT_FOUND: docs/errors.md.
func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, is := detail.(*errdetails.ErrorInfo); is {
			return info.Reason
		}
	}
	return status.Code(err).String()
}

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5], os.Args[6]); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", reason(err), status.Convert(err).Message())
		os.Exit(1)
	}
}
