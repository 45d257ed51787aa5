import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { PYTHON_SDK } from '@ioi/python';

const TYPESCRIPT_SDK = new URL('../../../apps/sdk/src/worker', import.meta.url);
const FILE = new URL('../../../protocol/vectors/worker-wire.jsonl', import.meta.url);
const ENDS = ['returned', 'raised'];

type Line = { from: 'worker' | 'node'; line: { method?: string; params?: object } };
type Vector = { name: string; lines: readonly Line[]; ends: string };

/** The conversations that are as they should be: a worker asks for what its input names. */
const vectors = readFileSync(FILE, 'utf8')
  .split('\n')
  .filter((text) => text !== '')
  .map((text) => JSON.parse(text) as Vector)
  .filter(({ ends }) => ENDS.includes(ends));

const PYTHON = `from ioi_sdk import Agent, StepError

agent = Agent("vectors")


class Error(Exception):
    pass


@agent.task
def go(steps: list, ends: str) -> list:
    came = []
    for each in steps:
        target, params = each["target"], each["params"]
        try:
            if target == "model::invoke":
                said = []
                text = agent.llm.chat(params["messages"], params["route"], stream=said.append)
                came.append({"text": text})
            else:
                came.append(agent.step(target, **params))
        except StepError as fault:
            came.append(fault.code)
    if ends == "raised":
        raise Error("not today")
    return came
`;

const TYPESCRIPT = `import { Agent, StepError } from './ioi_sdk/index.ts';
const agent = new Agent('vectors');
agent.task('go', { input: {}, output: {} }, async ({ steps, ends }) => {
  const came = [];
  for (const { target, params } of steps) {
    try {
      if (target === 'model::invoke') {
        const stream = () => {};
        came.push({ text: await agent.llm.chat(params.messages, { route: params.route, stream }) });
      } else came.push(await agent.step(target, params));
    } catch (fault) {
      if (!(fault instanceof StepError)) throw fault;
      came.push(fault.code);
    }
  }
  if (ends === 'raised') throw new Error('not today');
  return came;
});
await agent.run();
`;

const folder = mkdtempSync(join(tmpdir(), 'ioi-wire-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function made(name: string, sdk: URL, file: string, text: string): string {
  const own = join(folder, name);
  cpSync(fileURLToPath(sdk), join(own, 'ioi_sdk'), { recursive: true });
  writeFileSync(join(own, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(own, file), text);
  return own;
}

const python = made('python', PYTHON_SDK, 'worker.py', PYTHON);
const typescript = made('typescript', TYPESCRIPT_SDK, 'worker.ts', TYPESCRIPT);
const STARTS: Readonly<Record<string, () => ChildProcess>> = {
  Python: () => spawn('python3', ['-B', '-m', 'ioi_sdk', 'worker.py'], { cwd: python }),
  TypeScript: () => spawn(process.execPath, ['worker.ts'], { cwd: typescript }),
};

/** Where an error was is of its program alone, and the schemas of its tasks are of its hints. */
function plain(line: object): unknown {
  const { params, ...rest } = line as { params?: Record<string, unknown> };
  if (params === undefined) return line;
  const { trace: _, tasks, ...told } = params;
  const named = (tasks as { name: string }[] | undefined)?.map(({ name }) => name);
  return { ...rest, params: { ...told, ...(named ? { tasks: named } : {}) } };
}

/** By line feeds alone: what a reader for people takes for an end of a line may stand in one. */
async function* linesOf(from: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = '';
  for await (const piece of from) {
    const lines = `${rest}${piece.toString()}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

async function play(
  lines: readonly Line[],
  child: ChildProcess,
  heard: AsyncGenerator<string>,
): Promise<void> {
  assert.ok(child.stdin);
  for (const { from, line } of lines) {
    if (from === 'node') {
      child.stdin.write(`${JSON.stringify(line)}\n`);
      continue;
    }
    const { value, done } = await heard.next();
    assert.notEqual(done, true, 'it said nothing more');
    const said = JSON.parse(value) as object;
    assert.deepEqual(plain(said), plain(line));
  }
}

for (const [language, start] of Object.entries(STARTS)) {
  test(`the SDK for ${language} says what the vectors say, line by line`, async () => {
    const child = start();
    child.stderr?.resume();
    const gone = new Promise((resolve) => child.once('close', resolve));
    assert.ok(child.stdout);
    const heard = linesOf(child.stdout);
    try {
      for (const [index, { name, lines }] of vectors.entries()) {
        // One worker does them all: it says hello once.
        const isHello = ({ line }: Line): boolean => line.method === 'worker/hello';
        const rest = index === 0 ? lines : lines.filter((line) => !isHello(line));
        await play(rest, child, heard).catch((fault: unknown) => {
          throw new Error(`${name}: ${String(fault)}`, { cause: fault });
        });
      }
    } finally {
      child.stdin?.end();
      await gone;
    }
  });
}
