"""pydeephaven.Session: connects, stays for ten keep-alives, closes; and is dead then."""
import sys
import threading
import time

import grpc
from pydeephaven import Session
from report import outcome, saw

PORT, USER, PASSWORD, PSK_TYPE, PSK, SECONDS = sys.argv[1:7]
GET = "/io.deephaven.proto.backplane.grpc.ConfigService/GetConfigurationConstants"


def status(token):
    """What a plain call with this token is answered."""
    with grpc.insecure_channel(f"127.0.0.1:{PORT}") as channel:
        call = channel.unary_unary(GET, lambda m: m, lambda m: m)
        try:
            call(b"", metadata=[("authorization", token)], timeout=5)
            return "OK"
        except grpc.RpcError as error:
            return error.code().name


def open_session(kind, secret):
    return Session(host="127.0.0.1", port=int(PORT), auth_type=kind, auth_token=secret)


def stay(seen, name, kind, secret):
    session = open_session(kind, secret)
    tokens = []
    until = time.monotonic() + float(SECONDS)
    while len(tokens) < 11 and time.monotonic() < until:
        token = bytes(session._auth_header_value).decode()
        if token not in tokens:
            tokens.append(token)
        time.sleep(0.1)
    seen.append((f"{name}: connects", "with a token" if tokens[0].startswith("Bearer ") else "without a token"))
    seen.append((f"{name}: tokens after ten keep-alives", len(tokens)))
    seen.append((f"{name}: the last token is good", status(tokens[-1])))
    seen.append((f"{name}: close", outcome(session.close)))
    seen.append((f"{name}: the last token after close", status(tokens[-1])))


ways = [("Basic", "Basic", f"{USER}:{PASSWORD}"), ("Anonymous", "Anonymous", ""), ("PSK", PSK_TYPE, PSK)]
seen = [[] for _ in ways]
threads = [threading.Thread(target=stay, args=(mine, *way)) for mine, way in zip(seen, ways)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for mine in seen:
    for name, what in mine:
        saw(name, what)

saw("Basic: wrong password", outcome(lambda: open_session("Basic", f"{USER}:wrong")))
saw("PSK: wrong key", outcome(lambda: open_session(PSK_TYPE, "x" + PSK[1:])))
saw("PSK: class name in another case", outcome(lambda: open_session(PSK_TYPE.lower(), PSK)))
saw("unknown type", outcome(lambda: open_session("Nobody", "x")))

two = [open_session("Basic", f"{USER}:{PASSWORD}") for _ in range(2)]
saw("two sessions of one process", "two tokens" if len({bytes(s._auth_header_value) for s in two}) == 2 else "one token")
for session in two:
    session.close()
