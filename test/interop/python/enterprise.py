"""Deephaven Enterprise's own AuthClient, against a gateway. Reads JSON: see enterprise.interop.test.ts."""
import io
import json
import os
import signal
import sys
import time

given = json.loads(sys.argv[1])
# Read when gRPC makes its first connection: the one way to give this client roots of one's own with host and port.
os.environ["GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"] = given["ca"]

import grpc  # noqa: E402
from deephaven_enterprise.client.auth import AuthClient, AuthenticationFailedException  # noqa: E402
from deephaven_enterprise.proto import auth_pb2, auth_service_pb2_grpc  # noqa: E402

from report import outcome, saw  # noqa: E402

SERVICE = "RemoteQueryProcessor"
TIMEOUT = 20


def users(context):
    return f"{context.authenticatedUser} as {context.effectiveUser}"


def status(call):
    """What a failed call says, in both of its languages."""
    try:
        call()
        return "ok"
    except grpc.RpcError as error:
        for key, value in error.trailing_metadata() or ():
            if key == "io.deephaven.proto.auth.autherror-bin":
                name = auth_pb2.CallStatus.Name(auth_pb2.AuthError.FromString(value).callStatus)
                return f"{error.code().name}, {name}"
        return error.code().name
    except Exception as error:
        return type(error).__name__


def run(name, connect, stub):
    def say(what, value):
        saw(f"{name}: {what}", str(value))

    def verify(token, service=SERVICE):
        return stub.verifyToken(auth_pb2.VerifyTokenRequest(service=service, token=token), timeout=TIMEOUT).token_valid

    client = connect()
    say("get_token before a log-in", status(lambda: client.get_token(SERVICE)))
    say("ping before a log-in", client.ping())
    say("wrong password", outcome(lambda: client.password("ada", "wrong")))
    say("unknown user", outcome(lambda: client.password("nobody", "wrong")))
    say("password", outcome(lambda: client.password("ada", given["password"])))
    say("whose token", users(client.get_token(SERVICE).user_context))
    say("password, not allowed to operate as", outcome(lambda: client.password("ada", given["password"], "carol")))
    say("password, effective_user", outcome(lambda: client.password("ada", given["password"], "bob")))
    say("whose token then", users(client.get_token(SERVICE).user_context))

    for kind, file in given["keys"].items():
        say(f"private_key, {kind}", outcome(lambda: client.private_key(file)))
        say(f"whose token by {kind}", users(client.get_token(SERVICE).user_context))
    text, _ = AuthClient.generate_keypair("ada")
    say("private_key of somebody else", outcome(lambda: client.private_key(io.StringIO(text))))

    token = client.get_token(SERVICE)
    say("verifyToken, once and twice", [verify(token), verify(token)])
    token = client.get_token(SERVICE)
    say("verifyToken by another service, then by the right one", [verify(token, "other"), verify(token)])
    token = client.get_token(SERVICE)
    token.user_context.effectiveUser = "root"
    say("verifyToken of changed names", verify(token))

    worker = connect()
    request = auth_pb2.AuthenticateByDelegateTokenRequest(delegate_token=client.get_token("worker"))
    say("delegate token", outcome(lambda: worker._delegate_token(request)))
    say("delegate token again", outcome(lambda: worker._delegate_token(request)))
    say("whose token by it", users(worker.get_token(SERVICE).user_context))
    worker.close()

    say("ping", client.ping())
    cookie = client.cookie
    client.close()
    say("ping after close", client.ping())
    say("close twice", outcome(client.close))

    # As whoever kept the cookie of a log-in that was ended would.
    client = connect()
    client.cookie = cookie
    say("get_token by a dead cookie", status(lambda: client.get_token(SERVICE)))
    began = time.monotonic()
    retried = status(lambda: client.retry_with_token(SERVICE, lambda token, left: None))
    say("retry_with_token by it", f"{retried}, at once: {time.monotonic() - began < 5}")
    client.cookie = None


def kept_alive(connect):
    """Life 126 s: the client asks every 6 s and less."""
    client = connect()
    client.password("ada", given["password"])
    deadlines = set()
    end = time.monotonic() + 25
    while time.monotonic() < end:
        deadlines.add(client.cookie_deadline_time_millis)
        time.sleep(0.1)
    saw("refreshed in the background within 25 s, at least four times", str(len(deadlines) >= 5))
    saw("and its thread lives", str(client.refresh_thread.is_alive()))
    saw("and it still gets tokens", outcome(lambda: client.get_token(SERVICE)))
    client.close()


def stopped():
    """A gateway that stops: no refusal. Its process is ended from here."""
    channel = grpc.insecure_channel(given["doomed"]["address"])
    client = AuthClient(channel=channel, rpc_timeout_seconds=3)
    client.password("ada", given["password"])
    os.kill(given["doomed"]["pid"], signal.SIGTERM)
    time.sleep(2)
    for what, call in {
        "password": lambda: client.password("ada", given["password"]),
        "get_token": lambda: client.get_token(SERVICE),
        "ping": client.ping,
    }.items():
        saw(f"stopped gateway: {what}", status(call))
    try:
        client.password("ada", given["password"])
    except Exception as error:
        saw("stopped gateway: is a refusal", str(isinstance(error, AuthenticationFailedException)))


host, port = given["tls"]["host"], given["tls"]["port"]
credentials = grpc.ssl_channel_credentials(open(given["ca"], "rb").read())
insecure = grpc.insecure_channel(given["insecure"])
run(
    "TLS, host and port",
    lambda: AuthClient(host, port, rpc_timeout_seconds=TIMEOUT),
    auth_service_pb2_grpc.AuthApiStub(grpc.secure_channel(f"{host}:{port}", credentials)),
)
run(
    "a channel of one's own",
    lambda: AuthClient(channel=insecure, rpc_timeout_seconds=TIMEOUT),
    auth_service_pb2_grpc.AuthApiStub(insecure),
)
kept_alive(lambda: AuthClient(channel=insecure, rpc_timeout_seconds=TIMEOUT))
stopped()
os._exit(0)  # threads that refresh are never stopped
