"""pydeephaven behind the gateway: does what it is told on standard input, a line of JSON for each thing."""
import json
import sys

import pyarrow
import pydeephaven_ticking.table_listener as ticking
from pyarrow.flight import FlightCallOptions, Ticket
from pydeephaven import Session
from report import saw

sessions = {}
listeners = {}
updates = {}


def connect(name, port, user, password):
    sessions[name] = Session("127.0.0.1", port, auth_type="Basic", auth_token=f"{user}:{password}")
    return "connected"


def script(name, text):
    sessions[name].run_script(text)
    return "ran"


def read(name, table):
    return sessions[name].open_table(table).to_arrow().num_rows


def upload(name, rows):
    return sessions[name].import_table(pyarrow.table({"a": list(range(rows))})).to_arrow().num_rows


def steal(thief, owner, rows):
    table = sessions[owner].import_table(pyarrow.table({"a": list(range(rows))}))
    # The server waits for an export that a session has not made yet: a time limit ends that.
    options = FlightCallOptions(headers=sessions[thief].grpc_metadata, timeout=5)
    return sessions[thief].flight_service._flight_client.do_get(Ticket(table.ticket.bytes), options).read_all().num_rows


def alive(name):
    return sessions[name].is_alive


def tick(name, table):
    updates[name] = 0

    def count(_update):
        updates[name] += 1

    listeners[name] = ticking.listen(sessions[name].open_table(table), count)
    listeners[name].start()
    return "listening"


def ticked(name):
    return updates[name]


def silence(name):
    listeners.pop(name).stop()
    return "silent"


def close(name):
    sessions.pop(name).close()
    return "closed"


commands = {
    command.__name__: command
    for command in (connect, script, read, upload, steal, alive, tick, ticked, silence, close)
}
for line in sys.stdin:
    wanted, *given = json.loads(line)
    try:
        saw(wanted, commands[wanted](*given))
    except Exception as error:  # whatever a client raises is what we want to know
        saw(wanted, f"{type(error).__name__}: {str(error)[:400]} {str(error.__cause__)[:400]}")
