"""A stock gRPC client that knows no .proto: every type comes from server reflection."""

import grpc
from google.protobuf import message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

CALL_SECONDS = 180
# Clients of one process share connections unless they are told not to, and so what one has seen of a server that was killed.
OPTIONS = [("grpc.use_local_subchannel_pool", 1)]


class GrpcClient:
    def __init__(self, address, token=None, options=None, credentials=None):
        """`options`: of the channel. `credentials`: grpc's, for TLS."""
        options = [*OPTIONS, *(options or [])]
        if credentials is None:
            self.channel = grpc.insecure_channel(address, options)
        else:
            self.channel = grpc.secure_channel(address, credentials, options)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = DescriptorPool(self.database)
        self.metadata = [("authorization", f"Bearer {token}")] if token else []

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.channel.close()

    def services(self):
        return sorted(self.database.get_services())

    def message(self, name, **fields):
        descriptor = self.pool.FindMessageTypeByName(name)
        return message_factory.GetMessageClass(descriptor)(**fields)

    def _method(self, service, method):
        descriptor = self.pool.FindServiceByName(service).FindMethodByName(method)
        response = message_factory.GetMessageClass(descriptor.output_type)
        request = message_factory.GetMessageClass(descriptor.input_type)
        codecs = (request.SerializeToString, response.FromString)
        return f"/{service}/{method}", request, codecs

    def unary(self, service, method, seconds=CALL_SECONDS, **fields):
        path, request, codecs = self._method(service, method)
        call = self.channel.unary_unary(path, *codecs)
        return call(request(**fields), timeout=seconds, metadata=self.metadata)

    def client_stream(self, service, method, messages, seconds=CALL_SECONDS):
        """`messages`: dicts of fields."""
        path, request, codecs = self._method(service, method)
        call = self.channel.stream_unary(path, *codecs)
        return call(
            (request(**fields) for fields in messages), timeout=seconds, metadata=self.metadata
        )

    def server_stream(self, service, method, seconds=CALL_SECONDS, **fields):
        path, request, codecs = self._method(service, method)
        call = self.channel.unary_stream(path, *codecs)
        return call(request(**fields), timeout=seconds, metadata=self.metadata)
