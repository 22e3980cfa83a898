#pragma once

/*
 * grpc.testing.TestService on this project's runtime.
 *
 * Method: gRPC's interoperability test case descriptions, "Server".
 */

#include "lib/rpc/server.h"

/* The largest payload that a client may ask for; one message carries it. */
enum { TEST_SERVICE_PAYLOAD_MAX_BYTES = RPC_MESSAGE_MAX_BYTES - 1024 };

const struct rpc_service *test_service(void);

/* The serialised FileDescriptorSet of grpc/testing/test.proto. Made by the build. */
extern const unsigned char test_descriptor_set_start[];
extern const size_t test_descriptor_set_size; /* bytes */
