"""What a driver prints: one line of JSON for each thing that a client saw."""
import json
import sys
import traceback


def saw(name, what):
    print(json.dumps({"name": name, "saw": what}), flush=True)


def outcome(call, ok="ok"):
    """`ok` for a call that came back, or the name of what it raised."""
    try:
        call()
        return ok
    except Exception as error:  # whatever a client raises is what we want to know
        if "-v" in sys.argv:
            traceback.print_exc()
        return type(error).__name__
