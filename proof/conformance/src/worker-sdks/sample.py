from dataclasses import dataclass

from ioi_sdk import Agent, StepRefused

agent = Agent(name="sample")


@dataclass
class Line:
    text: str
    marks: list[str]
    weight: float = 1.5


@agent.task
def echo(line: Line, count: int | None = None) -> list[Line]:
    return [line] * (count or 1)


@agent.task
def ask(path: str) -> dict[str, str]:
    print("this goes to nobody")
    try:
        agent.fs.write(path, "new")
    except StepRefused as refusal:
        agent.memory.put("refused", refusal.code)
    reply = agent.net.fetch("https://example.org/", method="POST", body="a")
    said = agent.llm.generate(agent.fs.read(path), model="writer", max_tokens=5)
    found = agent.ask("Which?", [agent.memory.get("key")])
    agent.spend(2, "usd", "shop", memo=found)
    return {"body": reply.text, "said": said, "found": found}


@agent.task
def stream(prompt: str) -> list[str]:
    pieces = []
    said = agent.llm.generate(prompt, model="writer", stream=pieces.append)
    return [said, *["void" if each is None else each for each in pieces]]


@agent.task
def fail(how: str) -> int:
    if how == "step":
        agent.step("made::up", nothing=None)
    if how == "number":
        return 2**60
    raise KeyError("no \ud800 such key")
