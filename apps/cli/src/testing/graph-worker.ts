import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SDK = fileURLToPath(new URL('../../../python/ioi_sdk', import.meta.url));

const WORKER = `from typing import TypedDict

from ioi_sdk import Agent

agent = Agent(name="grapher")


class Plan(TypedDict):
    file: str
    text: str


class Said(TypedDict):
    text: str


class Changed(TypedDict):
    file: str


class Count(TypedDict):
    count: int


@agent.task
def plan(goal: str) -> Plan:
    return {"file": "ask.txt", "text": goal}


@agent.task
def guess(text: str, instruction: str) -> Said:
    return {"text": f"{text} {instruction}"}


@agent.task
def change(file: str, text: str) -> Changed:
    agent.fs.write("began.txt", text)
    agent.fs.write(file, text)
    return {"file": file}


@agent.task
def broken(file: str, text: str) -> Changed:
    raise ValueError("not me")


@agent.task
def verify(file: str) -> Said:
    return {"text": agent.fs.read(file)}


@agent.task
def count(text: str) -> Count:
    return {"count": len(text)}
`;

const text = (name: string) => ({ name, type: 'text' });
const WORKER_ID = 'worker://local/grapher';
const READS = ['prim:fs.read'];
const WRITES = ['prim:fs.write'];

type Step = { readonly [field: string]: unknown };

export function step(
  step_id: string,
  task: string,
  [inputs, outputs]: readonly [readonly string[], readonly string[]],
  more: Step = {},
): Step {
  const ports = { inputs: inputs.map(text), outputs: outputs.map(text) };
  const common = { kind: 'worker', worker_id: WORKER_ID, role: 'executor', instruction: 'same' };
  return { step_id, ...common, task, ...ports, ...more };
}

export const data = (from: string, to: string) => ({ kind: 'data', from, to });
const order = (from: string, to: string) => ({ kind: 'order', from, to });
export const instead = (from: string, to: string) => ({ kind: 'fallback', from, to });

export function graph(name: string, steps: readonly object[], edges: readonly object[]) {
  const about = { workflow_id: `workflow://${name}`, version: '1.0.0', title: `Of ${name}` };
  return { ...about, inputs: [text('goal')], outputs: [text('text')], steps, edges };
}

const GUESSES = ['guess_a', 'guess_b', 'guess_c'];
const CHANGE = [['file', 'text'], ['file']] as const;

/** A plan, three guesses of which two agree, a change that fails and its fallback, a check. */
export const WHOLE = {
  ...graph(
    'whole',
    [
      step('plan', 'plan', [['goal'], ['file', 'text']], { role: 'planner' }),
      ...GUESSES.map((name, at) =>
        step(name, 'guess', [['text'], ['text']], { instruction: at === 1 ? 'other' : 'same' }),
      ),
      { step_id: 'agreed', kind: 'quorum', agree: 2, outputs: [text('text')] },
      step('change', 'broken', CHANGE, { capabilities: WRITES }),
      step('change_again', 'change', CHANGE, { capabilities: WRITES, budget: { max_calls: 2 } }),
      step('verify', 'verify', [['file'], ['text']], {
        ...{ role: 'verifier', capabilities: READS, approval: 'always' },
      }),
    ],
    [
      data('inputs.goal', 'plan.goal'),
      ...GUESSES.flatMap((name) => [data('plan.text', `${name}.text`), order(name, 'agreed')]),
      ...['change', 'change_again'].flatMap((name) => [
        data('plan.file', `${name}.file`),
        data('agreed.text', `${name}.text`),
      ]),
      instead('change', 'change_again'),
      data('change.file', 'verify.file'),
      data('verify.text', 'outputs.text'),
    ],
  ),
  budget: { max_calls: 30, max_duration_ms: 3_600_000 },
};

/** Steps of the node itself: a file is read, a model asked, a person, and a file written. */
export const OWN = {
  ...graph(
    'own',
    [
      {
        ...{ step_id: 'read', kind: 'tool', tool: 'read_text_file' },
        ...{ inputs: [text('path')], outputs: [text('content')] },
      },
      {
        ...{ step_id: 'sum', kind: 'model', model_id: 'model://local/planner' },
        ...{ instruction: 'Sum it up.', inputs: [text('notes')], outputs: [text('summary')] },
      },
      {
        ...{ step_id: 'agree', kind: 'approval', question: 'Keep it?' },
        ...{ inputs: [text('summary')], outputs: [{ name: 'agreed', type: 'flag' }] },
      },
      {
        ...{ step_id: 'keep', kind: 'tool', tool: 'write_file', params: { path: 'kept.txt' } },
        ...{ inputs: [text('content')], approval: 'always' },
      },
    ],
    [
      data('inputs.goal', 'read.path'),
      data('read.content', 'sum.notes'),
      data('sum.summary', 'agree.summary'),
      {
        ...data('sum.summary', 'keep.content'),
        when: { port: 'agree.agreed', is: 'equal', value: true },
      },
      data('sum.summary', 'outputs.text'),
    ],
  ),
  budget: { max_calls: 4, max_spend: { amount: '0.5', unit: 'USD' } },
};

/** A worker with its SDK beside it, whose tasks say what they take and give. */
export function graphWorker(folder: string): string {
  const own = join(folder, 'graph-worker');
  mkdirSync(own);
  cpSync(SDK, join(own, 'ioi_sdk'), { recursive: true });
  writeFileSync(join(own, 'worker.py'), WORKER);
  const draft = {
    ...{ id: 'ai://publisher/grapher', version: 'v1.0.0' },
    ...{ capabilities_required: [...READS, ...WRITES] },
    entry: { language: 'python', file: 'worker.py' },
  };
  writeFileSync(join(own, 'worker.json'), JSON.stringify(draft));
  return own;
}
