"""The real Deephaven server, until standard input closes."""
import json
import sys

from deephaven_server import Server

options = json.loads(sys.argv[1])
server = Server(
    host="127.0.0.1",
    port=options["port"],
    jvm_args=["-Xmx1g", *[f"-D{name}={value}" for name, value in options["properties"].items()]],
    extra_classpath=[options["classes"]],
)
server.start()
print(json.dumps({"ready": server.port}), flush=True)
sys.stdin.read()
