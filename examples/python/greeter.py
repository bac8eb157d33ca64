"""A server of gRPC in Python, as an upstream of the gateway.

    pip install grpcio protobuf
    python3 examples/python/greeter.py               # says where it listens
    UPSTREAM=h2c://127.0.0.1:50051 node dist/examples/grpc-upstream.js

The gateway lets programs and pages call it by Connect and gRPC-Web, too, and says who calls.
"""

import sys
from concurrent import futures

import grpc
from google.protobuf.wrappers_pb2 import StringValue


def greet(request, context):
    fields = dict(context.invocation_metadata())
    caller = fields.get("x-sallyport-subject", "an unknown caller")  # no caller can forge it
    return StringValue(value=f"Hello {request.value}, says {caller}")


# A service of your own has this from grpcio-tools.
methods = {"Greet": grpc.unary_unary_rpc_method_handler(greet, StringValue.FromString, StringValue.SerializeToString)}

if __name__ == "__main__":
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("demo.v1.Greeter", methods),))
    host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:50051").rpartition(":")
    print(f"listening on http://{host}:{server.add_insecure_port(f'{host}:{port}')}", flush=True)
    server.start()
    server.wait_for_termination()
