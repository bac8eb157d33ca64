"""pyarrow.flight: both styles of log-in, and what comes after."""
import sys
import time

import pyarrow.flight as flight
from report import outcome, saw

PORT, USER, PASSWORD, OTHER_USER, OTHER_PASSWORD, ROTATE_SECONDS = sys.argv[1:7]
TICKET = flight.Ticket(b"s/nothing")


def connect(**options):
    return flight.FlightClient(f"grpc://127.0.0.1:{PORT}", **options)


def within(seconds, headers=()):
    return flight.FlightCallOptions(timeout=seconds, headers=list(headers))


def let_in(client, headers=()):
    """DoGet wants a session on either server, whatever it says of the ticket afterwards."""
    kind = outcome(lambda: client.do_get(TICKET, options=within(5, headers)).read_all())
    return "no" if kind in ("FlightUnauthenticatedError", "FlightTimedOutError") else "yes"


class Auth(flight.ClientAuthHandler):
    """Sends one payload and keeps what comes back, as the examples of Arrow do."""

    def __init__(self, payload):
        super().__init__()
        self.payload = payload
        self.token = None

    def authenticate(self, outgoing, incoming):
        outgoing.write(self.payload)
        self.token = incoming.read()

    def get_token(self):
        return self.token


def basic(user, password):
    return flight.BasicAuth(user, password).serialize()


def wrapped(kind, payload):
    """io.deephaven.proto.backplane.grpc.WrappedAuthenticationRequest: type = 4, payload = 5."""
    kind = kind.encode()
    return bytes([0x22, len(kind)]) + kind + bytes([0x2A, len(payload)]) + payload


def by_header(user, password):
    return connect().authenticate_basic_token(user, password)


def is_token(pair):
    return "token" if pair[0] == b"authorization" and pair[1].startswith(b"Bearer ") else repr(pair[0])


saw("header: right password", is_token(by_header(USER, PASSWORD)))
saw("header: wrong password", outcome(lambda: by_header(USER, "wrong")))
saw("header: unknown user", outcome(lambda: by_header("nobody", PASSWORD)))
saw("header: UTF-8, colon in the password", is_token(by_header(OTHER_USER, OTHER_PASSWORD)))
saw("header: let in with the token", let_in(connect(), [by_header(USER, PASSWORD)]))

client = connect()
auth = Auth(basic(USER, PASSWORD))
saw("message: right password", outcome(lambda: client.authenticate(auth, options=within(5)), "token"))
saw("message: let in with auth-token-bin", let_in(client))
saw("message: let in with Bearer", let_in(connect(), [(b"authorization", b"Bearer " + auth.token)]))
saw("message: both carriers", let_in(client, [(b"authorization", b"Bearer " + auth.token)]))
saw("message: wrong password", outcome(lambda: connect().authenticate(Auth(basic(USER, "wrong")), options=within(5))))
utf8 = Auth(basic(OTHER_USER, OTHER_PASSWORD))
saw("message: UTF-8, colon in the password", outcome(lambda: connect().authenticate(utf8, options=within(5)), "token"))
saw("message: empty payload", outcome(lambda: connect().authenticate(Auth(b""), options=within(5))))
again = Auth(wrapped("Bearer", auth.token))
saw("message: wrapped Bearer, live", outcome(lambda: connect().authenticate(again, options=within(5)), "token"))
unknown = Auth(wrapped("Bearer", b"b3b0a3a8-8a3c-4c55-9f5e-0d7e1f0a1b2c"))
saw("message: wrapped Bearer, unknown", outcome(lambda: connect().authenticate(unknown, options=within(3))))

saw("no credentials: let in", let_in(connect()))

seen = []


class Watch(flight.ClientMiddleware):
    def received_headers(self, headers):
        seen.extend(value for name, values in headers.items() if name.lower() == "authorization" for value in values)


class WatchFactory(flight.ClientMiddlewareFactory):
    def start_call(self, info):
        return Watch()


watched = connect(middleware=[WatchFactory()])
first = watched.authenticate_basic_token(USER, PASSWORD)
for _ in range(4):
    let_in(watched, [first])
    time.sleep(float(ROTATE_SECONDS))
saw("rotation: a middleware sees new tokens", "yes" if len(set(seen)) > 1 else "no")
saw("rotation: the first token is still good", let_in(watched, [first]))
saw("rotation: so is the last", let_in(watched, [(b"authorization", seen[-1].encode())]))
