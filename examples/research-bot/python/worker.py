from ioi_sdk import Agent

agent = Agent(name="research-bot")


@agent.task
def summarise(url: str, file: str) -> str:
    page = agent.net.get(url)
    if not page.ok:
        raise ValueError(f"{url} answered {page.status}")
    summary = agent.llm.generate(f"Summarise this:\n{page.text}", model="writer")
    agent.fs.write(file, summary)
    return summary
