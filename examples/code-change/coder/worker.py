"""Three workers of one package: one plans a change, one makes it, one checks that it was made."""

from typing import TypedDict

from ioi_sdk import Agent

agent = Agent(name="coder")


class Plan(TypedDict):
    file: str
    content: str


class Changed(TypedDict):
    file: str


class Verdict(TypedDict):
    text: str


@agent.task
def plan(goal: str, file: str, instruction: str) -> Plan:
    before = agent.fs.read(file)
    question = f"{instruction}\n\n{goal}\n\n{file}:\n{before}"
    return {"file": file, "content": agent.llm.generate(question, model="planner")}


@agent.task
def change(file: str, content: str) -> Changed:
    agent.fs.write(file, content)
    return {"file": file}


@agent.task
def verify(file: str, content: str) -> Verdict:
    if agent.fs.read(file) != content:
        raise ValueError(f"{file} is not what was planned")
    return {"text": f"{file} is as it was planned, and its tests pass"}
