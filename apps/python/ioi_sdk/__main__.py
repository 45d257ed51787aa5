"""`python3 -m ioi_sdk FILE` runs the worker in a file; `--describe` says what it is instead."""

import sys

from .agent import Agent
from .wire import StepError, Wire

USAGE = "python3 -m ioi_sdk [--describe] [--compat appendix-c] FILE"


def main(arguments):
    path, is_described, is_compatible = _read(arguments)
    wire = None if is_described else Wire.over_standard_streams()
    given = {}
    if is_compatible:
        from . import appendix_c

        given["requests"] = appendix_c.install()
    agent = _load(path, given)
    if is_compatible:
        given["requests"].agent = agent
    if wire is None:
        import json

        print(json.dumps(agent.description()))
        return
    agent.wire = wire
    description = agent.description()
    wire.hello(description["name"], description["tasks"])
    prepare = appendix_c.texts_in if is_compatible else lambda value: value
    while (task := wire.next_task()) is not None:
        _do(agent, task[0], prepare(task[1]))


def _read(arguments):
    is_described = is_compatible = False
    rest = list(arguments)
    while rest and rest[0].startswith("--"):
        option = rest.pop(0)
        if option == "--describe":
            is_described = True
        elif option == "--compat" and rest[:1] == ["appendix-c"]:
            is_compatible = bool(rest.pop(0))
        else:
            raise SystemExit(USAGE)
    if len(rest) != 1:
        raise SystemExit(USAGE)
    return rest[0], is_described, is_compatible


def _load(path, given):
    with open(path, "rb") as file:
        code = compile(file.read(), path, "exec")
    folder = path.rpartition("/")[0] or "."
    sys.path.insert(0, folder)
    sys.path.extend(_wheels(__file__.rpartition("/")[0].rpartition("/")[0]))
    names = {"__name__": "worker", "__file__": path, **given}
    module = type(sys)("worker")
    module.__dict__.update(names)
    sys.modules["worker"] = module
    exec(code, module.__dict__)
    agents = {id(each): each for each in vars(module).values() if isinstance(each, Agent)}
    if len(agents) != 1:
        raise SystemExit(f"{path} makes {len(agents)} agents; a worker file makes one")
    (agent,) = agents.values()
    if not agent.tasks:
        raise SystemExit(f"{path}: the agent has no task; put @agent.task above a function")
    return agent


def _wheels(folder):
    """What the worker carries beside this package: imported from, and nowhere unpacked."""
    from posix import listdir

    try:
        names = sorted(listdir(f"{folder}/wheels"))
    except OSError:
        return []
    return [f"{folder}/wheels/{name}" for name in names if name.endswith(".whl")]


def _do(agent, name, given):
    task = agent.tasks.get(name)
    if task is None:
        agent.wire.raised("LookupError", f"there is no task {name}", "")
        return
    try:
        agent.wire.returned(task.do(given))
    except (Exception, SystemExit) as error:
        code = error.code if isinstance(error, StepError) else type(error).__name__
        agent.wire.raised(code if code.isascii() else "Exception", str(error), _trace(error))


def _trace(error):
    """Where it was, without the frames of this package."""
    import traceback

    own = __file__.rpartition("/")[0]
    lines = traceback.extract_tb(error.__traceback__)
    theirs = [each for each in lines if not each.filename.startswith(own)]
    return "".join(traceback.format_list(theirs))


main(sys.argv[1:])
