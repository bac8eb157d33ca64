"""ADBC Flight SQL: log-in by its options, with and without its cookie option, and calls across rotations."""
import base64
import sys
import time
import warnings

import adbc_driver_flightsql.dbapi as flightsql
from report import outcome, saw

PORT, USER, PASSWORD, ROTATE_SECONDS = sys.argv[1:5]
LOGIN = {"username": USER, "password": PASSWORD}
COOKIE = {
    "adbc.flight.sql.rpc.with_cookie_middleware": "true",
    "adbc.flight.sql.rpc.call_header.x-deephaven-auth-cookie-request": "true",
}
warnings.simplefilter("ignore")  # neither server has transactions


def use(options, queries=4):
    """Whether every query gets past the door, whatever becomes of it behind."""
    try:
        with flightsql.connect(f"grpc://127.0.0.1:{PORT}", db_kwargs=options) as connection:
            for _ in range(queries):
                with connection.cursor() as cursor:
                    try:
                        cursor.execute("SELECT 1")
                    except Exception as error:
                        if "auth" in str(error).lower():
                            return f"refused: {type(error).__name__}"
                time.sleep(float(ROTATE_SECONDS))
    except Exception as error:
        return f"refused: {type(error).__name__}" if "auth" in str(error).lower() else repr(error)
    return "let in"


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


HEADER = "adbc.flight.sql.authorization_header"
saw("user and password", use(LOGIN))
saw("wrong password", use({**LOGIN, "password": "wrong"}, 1))
saw("with cookies", use({**LOGIN, **COOKIE}))
saw("authorization header", use({HEADER: basic(USER, PASSWORD)}))
saw("authorization header, with cookies", use({HEADER: basic(USER, PASSWORD), **COOKIE}))
saw("wrong authorization header", use({HEADER: basic(USER, "wrong")}, 1))
saw("nothing", use({}, 1))
