import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SDK = fileURLToPath(new URL('../../../apps/sdk/src/worker', import.meta.url));

/**
 * Appends a line, asks a model and writes a file, some times over; says what it was told is done.
 * The same in a process and in an interpreter.
 */
const JOB = `
const job = async ({ id, rounds }, agent) => {
  const done = [];
  const tried = async (name, step) => {
    try {
      const said = await step();
      done.push(name);
      return JSON.stringify(said);
    } catch (fault) {
      if (!fault.code) throw fault;
      return fault.code;
    }
  };
  for (let at = 0; at < rounds; at += 1) {
    const line = 'line-' + id + '-' + at;
    const said = await tried(line, () => agent.step('tool::call', {
      server: 'ledger', tool: 'append', arguments: { id: line },
    }));
    const question = 'ask-' + id + '-' + at;
    await tried(question, () => agent.step('model::invoke', {
      route: 'chaos', messages: [{ role: 'user', content: question }],
    }));
    const file = 'file-' + id + '-' + at;
    await tried(file, () => agent.step('fs::write', { path: file + '.txt', content: said }));
    await agent.step('memory::put', { key: 'last', value: file });
  }
  return { done };
};
const shapes = { input: { type: 'object' }, output: { type: 'object' } };
`;

const PROCESS = `import { Agent } from './ioi_sdk/index.ts';
${JOB}
const agent = new Agent('chaos');
agent.task('job', shapes, (input) => job(input, agent));
await agent.run();
`;

const GUEST = `${JOB}
ioi.task('job', shapes, job);
`;

/** Paths of the same worker as a program and as a file that the node interprets. */
export function chaosWorkers(folder: string): readonly string[] {
  const own = join(folder, 'chaos-worker');
  mkdirSync(own);
  cpSync(SDK, join(own, 'ioi_sdk'), { recursive: true });
  writeFileSync(join(own, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(own, 'worker.ts'), PROCESS);
  const guest = join(folder, 'chaos.guest.js');
  writeFileSync(guest, GUEST);
  return [own, guest];
}
