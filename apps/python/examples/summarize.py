# The developer quickstart of the whitepaper, C.1, with its code as it stands there. It imports no
# `requests`, and asks a string for its hash: `--compat appendix-c` has both.
from ioi_sdk import Agent, Tool


# A tool of the worker; what it fetches is a step.
@Tool(name="fetch_page")
def fetch_page(url: str):
    return requests.get(url).text


agent = Agent(name="research-bot-v1")


@agent.task
def summarize_url(url: str):
    content = fetch_page(url)
    summary = agent.llm.generate(
        f"Summarize this: {content}",
        model="llama3-8b")
    agent.fs.write(f"./summaries/{url.hash()}.txt", summary)
    return summary
