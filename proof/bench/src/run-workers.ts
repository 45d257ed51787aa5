import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const APPS = new URL('../../../apps/', import.meta.url);

const TASKS = `
const shapes = { input: { type: 'object' }, output: { type: 'object' } };
const tasks = {
  steps: async ({ count }, agent, now) => {
    const first = Number(await agent.clock.now());
    const took = [];
    for (let at = 2; at < count; at += 1) {
      const start = now();
      await agent.clock.now();
      took.push(Math.round(now() - start));
    }
    took.sort((one, other) => one - other);
    return { first, last: Number(await agent.clock.now()), p50_us: took[took.length >> 1] ?? 0 };
  },
  ask: async ({ count }, agent) => {
    for (let at = 0; at < count; at += 1) await agent.clock.now();
    await agent.fs.write('asked.txt', 'asked');
    return {};
  },
  models: async ({ count }, agent, now) => {
    const took = [];
    for (let at = 0; at < count; at += 1) {
      const messages = [{ role: 'user', content: 'question ' + at }];
      const start = now();
      await agent.step('model::invoke', { route: 'bench', messages });
      took.push(Math.round(now() - start));
    }
    took.sort((one, other) => one - other);
    return { p50_us: took[took.length >> 1] };
  },
};
`;

const PROCESS = `import { Agent } from './ioi_sdk/index.ts';
${TASKS}
const agent = new Agent('bench');
for (const [name, task] of Object.entries(tasks)) {
  agent.task(name, shapes, (input) => task(input, agent, () => performance.now() * 1000));
}
await agent.run();
`;

const GUEST = `${TASKS}
for (const [name, task] of Object.entries(tasks)) {
  ioi.task(name, shapes, (input, agent) => task(input, agent, () => 0));
}
`;

const PYTHON = `import time
from ioi_sdk import Agent

agent = Agent(name="bench")


@agent.task
def first_call(began: int) -> int:
    agent.clock.now()
    return round(time.time() * 1000) - began
`;

/** The same worker as a program, as a file that the node interprets, and one in Python. */
export type RunWorkers = {
  readonly program: string;
  readonly guest: string;
  readonly python: string;
};

export function writeWorkers(folder: string): RunWorkers {
  const program = join(folder, 'program');
  const python = join(folder, 'python');
  for (const own of [program, python]) mkdirSync(own);
  copySdk('sdk/src/worker', program);
  copySdk('python/ioi_sdk', python);
  writeFileSync(join(program, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(program, 'worker.ts'), PROCESS);
  writeFileSync(join(python, 'worker.py'), PYTHON);
  const guest = join(folder, 'bench.guest.js');
  writeFileSync(guest, GUEST);
  return { program, guest, python };
}

function copySdk(from: string, to: string): void {
  cpSync(fileURLToPath(new URL(from, APPS)), join(to, 'ioi_sdk'), { recursive: true });
}
