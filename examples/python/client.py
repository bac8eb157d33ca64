"""Calls services behind Sallyport from Python, with nothing but its own library: log in, follow rotation, log out.

    python3 examples/python/client.py http://127.0.0.1:8080 ada correct-horse /orders 5 1

makes five calls, one a second. The RPCs of sallyport.v1 are plain POSTs of JSON. The rules are those of
docs/tokens-and-rotation.md, "What a client must do"; a fifth one is for relays, which hand a browser's new tokens on and keep none.
"""

import base64
import json
import sys
import threading
import time
import urllib.error
import urllib.request


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """A token goes to the origin that it is for, and to no other."""

    def redirect_request(self, *_):
        return None


class Sallyport:
    """A session. Its methods may be called by many threads, which share one token."""

    def __init__(self, origin, user, password):
        self.origin, self.user, self.password = origin, user, password
        self.token = None
        self.lock = threading.Lock()
        self.opener = urllib.request.build_opener(NoRedirect)

    def log_in(self):
        message = {"password": {"user": self.user, "password": self.password}}
        status, _, body = self.send("/sallyport.v1.AuthService/LogIn", json.dumps(message).encode(), None)
        if status != 200:
            raise PermissionError(f"the log-in was refused: {json.loads(body).get('message')}")
        self.learn(json.loads(body)["token"], replace=True)

    def log_out(self):
        self.call("/sallyport.v1.AuthService/LogOut", b"{}")
        self.token = None

    def call(self, path, body=None):
        """Returns status, headers and body. The body is bytes, since a call may have to be repeated."""
        for attempt in range(4):
            sent = self.token
            status, headers, answer = self.send(path, body, sent)
            # Rule 2: take a new token from every answer, those of errors too.
            scheme, _, token = (headers["authorization"] or "").partition(" ")
            if scheme.lower() == "bearer":
                self.learn(token)
            reason = headers["sallyport-reason"]
            if reason == "superseded" and is_newer(self.token, sent):
                continue  # Rule 3: no service has run; repeat, with the newest token.
            if reason in ("expired", "revoked"):
                self.log_in_after(sent)  # Rule 4: only these ask for another log-in.
                continue
            if status == 503 and reason is not None:
                time.sleep(float(headers["retry-after"] or 2**attempt))  # Rule 4: keep the token, and try again.
                continue
            break
        return status, headers, answer

    def log_in_after(self, sent):
        with self.lock:
            if self.token == sent:  # else another thread has logged in already
                self.token = None
        if self.token is None:
            self.log_in()

    def learn(self, token, replace=False):
        # Rule 1: the newest token is the one with the higher generation, not the one that arrived last.
        with self.lock:
            if replace or is_newer(token, self.token):
                self.token = token

    def send(self, path, body, token):
        headers = {"content-type": "application/json"}
        if token is not None:
            headers["authorization"] = "Bearer " + token
        request = urllib.request.Request(self.origin + path, body, headers)
        try:
            with self.opener.open(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()


def parts(token):
    """The session and the generation of a token; a program needs nothing else of it."""
    fields = base64.urlsafe_b64decode(token.removeprefix("sps_"))
    return fields[3:19], int.from_bytes(fields[19:23], "big")


def is_newer(token, than):
    if token is None or than is None:
        return False
    (session, generation), (other, before) = parts(token), parts(than)
    return session == other and generation > before


if __name__ == "__main__":
    origin, user, password, path, count, seconds = sys.argv[1:]
    client = Sallyport(origin, user, password)
    client.log_in()
    for _ in range(int(count)):
        status, _, _ = client.call(path)
        print(status, "generation", parts(client.token)[1], flush=True)
        time.sleep(float(seconds))
    client.log_out()
