"""A worker in ten lines: how many words are in a file."""

from ioi_sdk import Agent

agent = Agent(name="word-counter")


@agent.task
def count(path: str) -> int:
    return len(agent.fs.read(path).split())
