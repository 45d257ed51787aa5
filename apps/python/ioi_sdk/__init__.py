"""Workers for IOI: a task in plain Python, every effect a step that the node answers."""

from .agent import Agent, Tool
from .wire import StepError, StepFailed, StepRefused

__all__ = ["Agent", "StepError", "StepFailed", "StepRefused", "Tool"]
