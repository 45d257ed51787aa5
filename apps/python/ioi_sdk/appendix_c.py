"""What the developer quickstart (whitepaper, C.1) takes for granted, by the node's own ways."""

import sys
from types import ModuleType


class Text(str):
    """A string of the input, with a name for file names."""

    def hash(self):
        import hashlib

        return hashlib.sha256(self.encode()).hexdigest()


def texts_in(value):
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, list):
        return [texts_in(each) for each in value]
    if isinstance(value, dict):
        return {key: texts_in(each) for key, each in value.items()}
    return value


class Requests(ModuleType):
    """`requests.get(url).text`, as a step of the agent that is loaded."""

    def __init__(self):
        super().__init__("requests")
        self.agent = None

    def get(self, url, headers=None):
        if self.agent is None:
            raise RuntimeError("requests.get is for tasks; none is being done")
        return self.agent.net.get(str(url), headers=headers)


def install():
    """To be imported, and there without an import, as in the listing."""
    requests = Requests()
    sys.modules["requests"] = requests
    return requests
