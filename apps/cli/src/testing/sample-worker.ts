import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SDK = fileURLToPath(new URL('../../../sdk/src/worker', import.meta.url));

const WORKER = `import { Agent, StepError } from './ioi_sdk/index.ts';

const agent = new Agent('sample');
const input = { type: 'object' };
const output = { type: 'object' };

type Asked = { path: string; content: string };

/** A write that no rule lets through once something was read. */
const flow = () =>
  agent.fs.write('flow.txt', '').then(
    () => 'done',
    (fault: StepError) => fault.code,
  );

agent.task('write', { input, output }, async ({ path, content }: Asked) => {
  const at = await agent.clock.now();
  const chance = await agent.random.bytes(8);
  await agent.fs.write('first.txt', 'first');
  const refused = await agent.fs.write('/etc/passwd', '').catch((fault: StepError) => fault.code);
  await agent.fs.read('first.txt');
  const before = await agent.memory.get('runs');
  await agent.memory.put('runs', [...((before as string[] | null) ?? []), content]);
  await agent.fs.write(path, content);
  const names = await agent.fs.list('.');
  const flowed = await flow();
  return { at, chance, refused, names, read: await agent.fs.read(path), before, flowed };
});

agent.task('recall', { input, output }, async () => {
  const first = await flow();
  return { first, runs: await agent.memory.get('runs'), flowed: await flow() };
});

agent.task('loop', { input, output }, async () => {
  for (;;) await agent.clock.now();
});

agent.task('unknown', { input, output }, async () => {
  return { code: await agent.step('model::dream', {}).catch((fault: StepError) => fault.code) };
});

agent.task('lie', { input, output }, async () => 'no object' as never);

await agent.run();
`;

/** A worker with its SDK beside it, in a folder of its own. */
export function sampleWorker(folder: string): string {
  const own = join(folder, 'sample-worker');
  mkdirSync(own);
  cpSync(SDK, join(own, 'ioi_sdk'), { recursive: true });
  writeFileSync(join(own, 'package.json'), '{ "private": true, "type": "module" }\n');
  writeFileSync(join(own, 'worker.ts'), WORKER);
  return own;
}
