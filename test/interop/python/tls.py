"""Over TLS with a CA of one's own: pydeephaven and pyarrow."""
import sys

import pyarrow.flight as flight
from pydeephaven import Session
from report import outcome, saw

PORT, CA, USER, PASSWORD = sys.argv[1:5]
with open(CA, "rb") as file:
    ROOTS = file.read()


def core(password):
    session = Session("localhost", int(PORT), "Basic", f"{USER}:{password}", use_tls=True, tls_root_certs=ROOTS)
    session.close()


def by_header(password, roots=ROOTS):
    client = flight.FlightClient(f"grpc+tls://localhost:{PORT}", tls_root_certs=roots)
    client.authenticate_basic_token(USER, password, flight.FlightCallOptions(timeout=5))


saw("pydeephaven", outcome(lambda: core(PASSWORD)))
saw("pydeephaven, wrong password", outcome(lambda: core("wrong")))
saw("pyarrow", outcome(lambda: by_header(PASSWORD)))
saw("pyarrow, wrong password", outcome(lambda: by_header("wrong")))
saw("pyarrow, another CA", outcome(lambda: by_header(PASSWORD, None)))
