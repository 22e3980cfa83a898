// The echo service of `./ocrmesh bench rpc` with gRPC C++, and a client that loads one.
//
//     bench-rpc serve-async                                  prints its port; serves until its input ends
//     bench-rpc serve-callback                               the same, by the callback API
//     bench-rpc call PORT unary|stream CALLS SECONDS BYTES   CALLS at once; prints a line of JSON
//
// Both servers run where one core is theirs: the asynchronous one has one completion queue and one thread, which
// gRPC's guide to performance recommends for each core; the callback one has threads of the library's own.

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "echo.grpc.pb.h"

using Clock = std::chrono::steady_clock;
using ocrmesh::test::v1::EchoRequest;
using ocrmesh::test::v1::EchoResponse;
using ocrmesh::test::v1::EchoService;

namespace {

constexpr int kSlots = 100;  // calls of one method that the library may hand over
constexpr auto kWarmUp = std::chrono::seconds(1);

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

// --- servers ---

void WaitForEndOfInput() {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
}

// What an event on a queue is for.
class Tag {
 public:
  virtual ~Tag() = default;
  virtual void Proceed(bool ok) = 0;
};

class UnaryCall final : public Tag {
 public:
  UnaryCall(EchoService::AsyncService* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), responder_(&context_) {
    service_->RequestEcho(&context_, &request_, &responder_, queue_, queue_, this);
  }

  void Proceed(bool ok) override {
    if (!ok || is_answered_) {
      delete this;
      return;
    }
    new UnaryCall(service_, queue_);
    is_answered_ = true;
    EchoResponse response;
    response.set_padding(request_.padding());
    responder_.Finish(response, grpc::Status::OK, this);
  }

 private:
  EchoService::AsyncService* service_;
  grpc::ServerCompletionQueue* queue_;
  grpc::ServerContext context_;
  EchoRequest request_;
  grpc::ServerAsyncResponseWriter<EchoResponse> responder_;
  bool is_answered_ = false;
};

class StreamCall final : public Tag {
 public:
  StreamCall(EchoService::AsyncService* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), stream_(&context_) {
    service_->RequestTalk(&context_, &stream_, queue_, queue_, this);
  }

  void Proceed(bool ok) override {
    switch (state_) {
      case State::kWaits:
        if (!ok) {
          delete this;
          return;
        }
        new StreamCall(service_, queue_);
        Read();
        break;
      case State::kReads:
        if (!ok) {
          state_ = State::kEnds;
          stream_.Finish(grpc::Status::OK, this);
          return;
        }
        response_.set_padding(request_.padding());
        state_ = State::kWrites;
        stream_.Write(response_, this);
        break;
      case State::kWrites:
        Read();
        break;
      case State::kEnds:
        delete this;
        break;
    }
  }

 private:
  enum class State { kWaits, kReads, kWrites, kEnds };

  void Read() {
    state_ = State::kReads;
    stream_.Read(&request_, this);
  }

  EchoService::AsyncService* service_;
  grpc::ServerCompletionQueue* queue_;
  grpc::ServerContext context_;
  EchoRequest request_;
  EchoResponse response_;
  grpc::ServerAsyncReaderWriter<EchoResponse, EchoRequest> stream_;
  State state_ = State::kWaits;
};

void ServeAsync() {
  EchoService::AsyncService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  for (int i = 0; i < kSlots; i++) {
    new UnaryCall(&service, queue.get());
    new StreamCall(&service, queue.get());
  }
  std::thread thread([&queue] {
    void* tag;
    bool ok;
    while (queue->Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
  });
  std::printf("%d\n", port);
  std::fflush(stdout);
  WaitForEndOfInput();
  server->Shutdown(std::chrono::system_clock::now());
  queue->Shutdown();
  thread.join();
}

class Talk final : public grpc::ServerBidiReactor<EchoRequest, EchoResponse> {
 public:
  Talk() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) {
      Finish(grpc::Status::OK);
      return;
    }
    response_.set_padding(request_.padding());
    StartWrite(&response_);
  }

  void OnWriteDone(bool ok) override {
    if (ok) StartRead(&request_);
  }

  void OnDone() override { delete this; }

 private:
  EchoRequest request_;
  EchoResponse response_;
};

class CallbackService final : public EchoService::CallbackService {
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const EchoRequest* request,
                                 EchoResponse* response) override {
    response->set_padding(request->padding());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerBidiReactor<EchoRequest, EchoResponse>* Talk(grpc::CallbackServerContext*) override {
    return new class Talk();
  }
};

void ServeCallback() {
  CallbackService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  std::printf("%d\n", port);
  std::fflush(stdout);
  WaitForEndOfInput();
  server->Shutdown(std::chrono::system_clock::now());
}

// --- the client ---

// What all that call at once share.
struct Load {
  EchoService::Stub* stub;
  grpc::CompletionQueue* queue;
  EchoRequest request;
  Clock::time_point begin, end;
  std::vector<int64_t> times_ns;
  int64_t before = 0;
  int under_way = 0;

  // Tells whether there is to be another exchange.
  bool Count(Clock::time_point sent, size_t bytes) {
    Clock::time_point now = Clock::now();
    if (bytes != request.padding().size()) Die("other bytes came back");
    if (sent < begin)
      before++;
    else
      times_ns.push_back(std::chrono::nanoseconds(now - sent).count());
    return now < end;
  }
};

class UnaryCaller final : public Tag {
 public:
  explicit UnaryCaller(Load* load) : load_(load) { Start(); }

  void Proceed(bool ok) override {
    if (!ok || !status_.ok()) Die("a call failed: " + status_.error_message());
    if (load_->Count(sent_, response_.padding().size()))
      Start();
    else
      load_->under_way--;
  }

 private:
  void Start() {
    sent_ = Clock::now();
    reader_.reset();
    context_ = std::make_unique<grpc::ClientContext>();
    reader_ = load_->stub->AsyncEcho(context_.get(), load_->request, load_->queue);
    reader_->Finish(&response_, &status_, this);
  }

  Load* load_;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<EchoResponse>> reader_;
  EchoResponse response_;
  grpc::Status status_;
  Clock::time_point sent_;
};

class StreamCaller final : public Tag {
 public:
  explicit StreamCaller(Load* load) : load_(load) { stream_ = load_->stub->AsyncTalk(&context_, load_->queue, this); }

  void Proceed(bool ok) override {
    if (!ok) Die("a stream broke");
    switch (state_) {
      case State::kOpens:
        Write();
        break;
      case State::kWrites:
        state_ = State::kReads;
        stream_->Read(&response_, this);
        break;
      case State::kReads:
        if (load_->Count(sent_, response_.padding().size())) {
          Write();
        } else {
          state_ = State::kCloses;
          stream_->WritesDone(this);
        }
        break;
      case State::kCloses:
        state_ = State::kEnds;
        stream_->Finish(&status_, this);
        break;
      case State::kEnds:
        if (!status_.ok()) Die("a stream failed: " + status_.error_message());
        load_->under_way--;
        break;
    }
  }

 private:
  enum class State { kOpens, kWrites, kReads, kCloses, kEnds };

  void Write() {
    state_ = State::kWrites;
    sent_ = Clock::now();
    stream_->Write(load_->request, this);
  }

  Load* load_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<EchoRequest, EchoResponse>> stream_;
  EchoResponse response_;
  grpc::Status status_;
  Clock::time_point sent_;
  State state_ = State::kOpens;
};

void Call(const std::string& port, bool streams, int calls, int seconds, int bytes) {
  auto channel = grpc::CreateChannel("127.0.0.1:" + port, grpc::InsecureChannelCredentials());
  std::unique_ptr<EchoService::Stub> stub = EchoService::NewStub(channel);
  grpc::CompletionQueue queue;
  Load load{stub.get(), &queue};
  load.request.set_padding(std::string(bytes, '\0'));
  load.begin = Clock::now() + kWarmUp;
  load.end = load.begin + std::chrono::seconds(seconds);
  load.under_way = calls;
  std::vector<std::unique_ptr<Tag>> callers;
  for (int i = 0; i < calls; i++) {
    if (streams)
      callers.push_back(std::make_unique<StreamCaller>(&load));
    else
      callers.push_back(std::make_unique<UnaryCaller>(&load));
  }
  void* tag;
  bool ok;
  while (load.under_way > 0 && queue.Next(&tag, &ok)) static_cast<Tag*>(tag)->Proceed(ok);
  std::vector<int64_t>& times = load.times_ns;
  std::sort(times.begin(), times.end());
  std::printf("{\"calls\": %zu, \"all\": %zu, \"p50_us\": %.1f, \"p99_us\": %.1f}\n", times.size(),
              times.size() + load.before, times[times.size() / 2] / 1e3, times[times.size() * 99 / 100] / 1e3);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "serve-async") == 0)
    ServeAsync();
  else if (argc == 2 && std::strcmp(argv[1], "serve-callback") == 0)
    ServeCallback();
  else if (argc == 7 && std::strcmp(argv[1], "call") == 0)
    Call(argv[2], std::strcmp(argv[3], "stream") == 0, std::atoi(argv[4]), std::atoi(argv[5]), std::atoi(argv[6]));
  else
    Die("see the top of echo.cc");
  return EXIT_SUCCESS;
}
