import { spawn } from 'node:child_process';
import type { StartedProgram } from '../shell/process/index.ts';

/** Starts a program as hosts do where nothing wraps it: a group and an environment of its own. */
export function start(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): StartedProgram {
  const child = spawn(command, args, { env, detached: true, stdio: 'pipe' });
  const { pid, stdin, stdout, stderr } = child;
  const exited = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('exit', (code, signal) => resolve(signal ? `killed by ${signal}` : `exit ${code}`));
  });
  const kill = (signal: 'SIGTERM' | 'SIGKILL'): void => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // It has gone already.
    }
  };
  return { pid, stdin, stdout, stderr, exited, kill };
}

/** A node program that speaks the wire by hand. */
export function startScript(
  script: string,
  env: Readonly<Record<string, string>> = {},
): StartedProgram {
  return start(process.execPath, ['-e', `${PRELUDE}\n${script}`], env);
}

const PRELUDE = `
let write = (text) => process.stdout.write(text);
const say = (value) => write(JSON.stringify({ jsonrpc: '2.0', ...value }) + '\\n');
const together = (...words) => {
  const [plain, said] = [write, []];
  write = (text) => said.push(text);
  for (const word of words) word();
  write = plain;
  write(said.join(''));
};
const tell = (method, params) => say({ method, params });
const step = (index, target, params = {}) =>
  say({ id: index, method: 'step', params: { index, target, params } });
const hello = (more = {}) => tell('worker/hello', { wire: 1, name: 'scripted', tasks: [
  { name: 'go', input_schema: { type: 'object' }, output_schema: { type: 'string' } },
], ...more });
const heard = (take) => require('node:readline')
  .createInterface({ input: process.stdin })
  .on('line', (line) => take(JSON.parse(line)));
`;
