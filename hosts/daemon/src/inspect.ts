import { ok } from '@ioi/basis';
import { examineNode } from './shell/inspect/doctor.ts';
import { type RefoldOptions, replayNode, verifyRoots } from './shell/inspect/refold.ts';
import type { Speak } from './shell/inspect/speak.ts';

/**
 * Looks into a node's data, running or not, and changes nothing:
 * `inspect.ts doctor|replay|verify-root HOME [OPTIONS]`, options as JSON. Says lines of JSON.
 */
async function inspect(command: string, home: string, options: RefoldOptions): Promise<void> {
  const result = await run(command, home, options);
  if (result.ok) speak({ kind: 'result', value: result.value });
  else speak({ kind: 'refused', ...result.error });
}

function run(command: string, home: string, options: RefoldOptions) {
  if (command === 'doctor') return ok(examineNode(home, speak));
  if (command === 'replay') return replayNode(home, options, speak);
  if (command === 'verify-root') return verifyRoots(home, options, speak);
  throw new Error(`inspect.ts does not know ${command}`);
}

const speak: Speak = (line) => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const [command = '', home = '', options = '{}'] = process.argv.slice(2);
await inspect(command, home, JSON.parse(options) as RefoldOptions);
