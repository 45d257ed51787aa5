"""What a worker and the node say to each other: JSON-RPC 2.0, a line each."""

import json
import os
import sys
from _thread import allocate_lock

WIRE_VERSION = 1
MOST_INTEGER = 2**53 - 1


class StepError(Exception):
    """The node did not do a step; `code` says why, as its receipts do."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class StepRefused(StepError):
    """It may not be done: nothing of it happened."""


class StepFailed(StepError):
    """It was tried."""


class Wire:
    """The one conversation of this process."""

    def __init__(self, reading, writing):
        self._reading = reading
        self._writing = writing
        self._asking = allocate_lock()
        self._next_step = None
        self._is_telling = False

    @classmethod
    def over_standard_streams(cls):
        """Takes them: what the worker prints goes to its standard error from now on."""
        reading = os.fdopen(os.dup(0), "rb")
        writing = os.fdopen(os.dup(1), "wb", buffering=0)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        os.dup2(2, 1)
        sys.stdout.reconfigure(line_buffering=True)
        return cls(reading, writing)

    def hello(self, name, tasks):
        self._tell("worker/hello", {"wire": WIRE_VERSION, "name": name, "tasks": tasks})

    def next_task(self):
        """The next task and its input, or None when there is none to come."""
        line = self._reading.readline()
        if not line.endswith(b"\n"):
            return None
        message = json.loads(line)
        if message.get("method") != "task/invoke":
            raise SystemExit("the node says something else than task/invoke")
        self._next_step = 0
        return message["params"]["task"], message["params"]["input"]

    def step(self, target, params, on_text=None):
        """Asks the node for something, and waits for its answer; `on_text` takes pieces of it."""
        if self._is_telling:
            raise RuntimeError(f"{target} is asked in the midst of a text that comes in pieces")
        with self._asking:
            if self._next_step is None:
                raise RuntimeError(f"{target} is for tasks, and none is being done")
            index = self._next_step
            asked = {"index": index, "target": target, "params": params}
            self._say({"jsonrpc": "2.0", "id": index, "method": "step", "params": asked})
            self._next_step = index + 1
            answer = self._answer(on_text)
        if "result" in answer:
            return answer["result"]["output"]
        error = answer["error"]
        kind = StepRefused if error["data"]["kind"] == "refused" else StepFailed
        raise kind(error["data"]["code"], error["message"])

    def _answer(self, on_text):
        fault = None
        while True:
            message = self._heard()
            if message.get("method") != "step/text":
                # Only now: what is said to this step is no answer to the next.
                if fault is not None:
                    raise fault
                return message
            if on_text is None or fault is not None:
                continue
            self._is_telling = True
            try:
                on_text(message["params"]["text"])
            except Exception as error:
                fault = error
            finally:
                self._is_telling = False

    def _heard(self):
        line = self._reading.readline()
        if not line.endswith(b"\n"):
            # The node has gone, and nobody is left to answer to.
            os._exit(0)
        return json.loads(line)

    def returned(self, output):
        self._tell("task/returned", {"output": output})
        self._next_step = None

    def raised(self, code, message, trace):
        self._next_step = None
        told = {"code": code, "message": _well_formed(message), "trace": _well_formed(trace)}
        self._tell("task/raised", told)

    def _tell(self, method, params):
        self._say({"jsonrpc": "2.0", "method": method, "params": params})

    def _say(self, message):
        _check(message)
        line = json.dumps(message, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        left = memoryview(line.encode() + b"\n")
        while left:
            left = left[self._writing.write(left) :]


def _check(value):
    """Integers that other programs would read as others are refused here, at their place."""
    if isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) > MOST_INTEGER:
        raise ValueError(f"{value} is beyond 2^53 - 1; make it a string")
    if isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise TypeError(f"the key {key!r} is no string")
            _check(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            _check(each)


def _well_formed(text):
    return text.encode("utf-8", "replace").decode()
