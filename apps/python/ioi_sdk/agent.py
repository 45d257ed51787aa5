"""An agent, its tasks, and what it can ask the node for."""

from .schema import plain_of, schemas_of, value_of


class Task:
    """A function with the JSON Schemas of what it takes and gives."""

    def __init__(self, function):
        self.name = function.__name__
        self._function = function
        self._hints, self.input_schema, self.output_schema = schemas_of(function)

    def description(self):
        return {
            "name": self.name,
            "input_schema": self.input_schema,
            "output_schema": self.output_schema,
        }

    def do(self, given):
        if not isinstance(given, dict):
            raise TypeError(f"{self.name} takes an object with its arguments")
        known = {name: value_of(self._hints.get(name, str), each) for name, each in given.items()}
        result = self._function(**known)
        if hasattr(result, "__await__"):
            import asyncio

            result = asyncio.run(_awaited(result))
        return plain_of(result)


async def _awaited(result):
    return await result


class Agent:
    """What a worker file makes one of."""

    def __init__(self, name):
        self.name = name
        self.tasks = {}
        self.wire = None
        self.fs = Files(self)
        self.net = Net(self)
        self.llm = Models(self)
        self.memory = Memory(self)
        self.clock = Clock(self)
        self.random = Random(self)
        self.tool = Tools(self)

    def task(self, function):
        """Makes a function a task of this agent; its hints are its schemas."""
        if function.__name__ in self.tasks:
            raise ValueError(f"two tasks are called {function.__name__}")
        self.tasks[function.__name__] = Task(function)
        return function

    def step(self, target, **params):
        """Asks for a target by its name; whoever has no method of its own here."""
        return self._asked(target, params)

    def _asked(self, target, params, on_text=None):
        if self.wire is None:
            raise RuntimeError(f"{target} is for tasks; run this file with `python3 -m ioi_sdk`")
        return self.wire.step(target, params, on_text)

    def ask(self, question, choices=()):
        """Puts a question to the owner of the node and waits for the answer, over restarts."""
        asked = {"question": question, "choices": list(choices)}
        return self.step("person::ask", **asked)["answer"]

    def spend(self, amount, unit, payee, **about):
        """Pays by the payment connector of the node; `amount` is text or a whole number. What else
        that connector takes is `about`, and `server` where there are several."""
        if isinstance(amount, float):
            raise TypeError("an amount of money is text, such as '0.50': floats are not exact")
        money = {"amount": str(amount), "unit": unit}
        return self.step("wallet::spend", **about, amount=money, payee=payee)

    def description(self):
        return {"name": self.name, "tasks": [task.description() for task in self.tasks.values()]}


class Files:
    def __init__(self, agent):
        self._agent = agent

    def read(self, path):
        return self._agent.step("fs::read", path=path)

    def list(self, path="."):
        return self._agent.step("fs::list", path=path)

    def write(self, path, content):
        return self._agent.step("fs::write", path=path, content=content)


class Net:
    def __init__(self, agent):
        self._agent = agent

    def fetch(self, url, method="GET", headers=None, body=None):
        about = {"method": method}
        if headers is not None:
            about["headers"] = headers
        if body is not None:
            about["body"] = body
        return Reply(url, self._agent.step("net::fetch", url=url, **about))

    def get(self, url, headers=None):
        return self.fetch(url, headers=headers)


class Reply:
    """What came back: `status`, `headers`, `text`, and `json()`."""

    def __init__(self, url, output):
        self.url = url
        self.status = self.status_code = output["status"]
        self.headers = output.get("headers", {})
        self.text = output.get("body", "")
        self.ok = 200 <= self.status < 300

    def json(self):
        import json

        return json.loads(self.text)


class Models:
    def __init__(self, agent):
        self._agent = agent

    def generate(self, prompt, model, max_tokens=None, stream=None):
        return self.chat([{"role": "user", "content": prompt}], model, max_tokens, stream)

    def chat(self, messages, model, max_tokens=None, stream=None):
        """Gives the whole text. `stream` is a function that takes its pieces while they come; it
        is given None where what came so far is void, and the text at once where it is on record."""
        asked = {"route": model, "messages": messages}
        if max_tokens is not None:
            asked["max_tokens"] = max_tokens
        if stream is None:
            return self._agent._asked("model::invoke", asked)["text"]
        said = []

        def take(piece):
            said.append(piece) if piece is not None else said.clear()
            stream(piece)

        text = self._agent._asked("model::invoke", {**asked, "stream": True}, take)["text"]
        told = "".join(said)
        if not text.startswith(told):
            stream(None)
            told = ""
        if text != told:
            stream(text[len(told) :])
        return text


class Memory:
    def __init__(self, agent):
        self._agent = agent

    def get(self, key, default=None):
        found = self._agent.step("memory::get", key=key)
        return default if found is None else found

    def put(self, key, value):
        return self._agent.step("memory::put", key=key, value=value)


class Clock:
    """Chain time: the same again when the task is run again over the same answers."""

    def __init__(self, agent):
        self._agent = agent

    def now(self):
        return self._agent.step("clock::now")


class Random:
    """The same again, as well."""

    def __init__(self, agent):
        self._agent = agent

    def bytes(self, count):
        return self._agent.step("random::bytes", count=count)


class Tools:
    """Tools of the MCP servers that the node mounts."""

    def __init__(self, agent):
        self._agent = agent

    def call(self, server, tool, **arguments):
        return self._agent.step("tool::call", server=server, tool=tool, arguments=arguments)


class Tool:
    """Names a function of the worker; what it does outside is steps, as everywhere."""

    def __init__(self, name=None):
        self.name = name

    def __call__(self, function):
        function.tool_name = self.name or function.__name__
        return function
