import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { launchPlainly, minimalEnvironment, Sandbox } from '@ioi/drivers/shell';

export type Recipe = {
  readonly command: readonly string[];
  /** The copy that it judges, which it only reads. */
  readonly folder: string;
  readonly isUnconfined: boolean;
  readonly signal: AbortSignal;
};

const PATH = `/usr/bin:/bin:${dirname(process.execPath)}`;
const MOST_MS = 600_000;
/** Nothing of the machine but what it names is shown, so nothing has to be hidden from it. */
const NOTHING_HIDDEN = { hidden: [] } as const;

/**
 * Runs a validation recipe over a copy, which it reads and does not change, without a network.
 * Undefined where it ended well; else in a word how it ended.
 */
export async function runRecipe(recipe: Recipe): Promise<string | undefined> {
  const { command, folder, isUnconfined, signal } = recipe;
  const [program = '', ...args] = command;
  const env = minimalEnvironment({ PATH, LANG: 'C.UTF-8', PYTHONDONTWRITEBYTECODE: '1' });
  const read = [folder, dirname(process.execPath)];
  const manifest = { paths: { read, write: [] }, hosts: [], placeholders: {} };
  const sandbox = new Sandbox(NOTHING_HIDDEN);
  const launched = isUnconfined
    ? launchPlainly(program, args, { cwd: folder, env: { ...env, HOME: homedir() } })
    : sandbox.launch(program, args, { cwd: folder, env, manifest });
  launched.stdin.end();
  launched.stdout.resume();
  launched.stderr.resume();
  const kill = (): void => launched.kill('SIGKILL');
  const timer = setTimeout(kill, MOST_MS);
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  const how = await launched.exited;
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  return how === 'exit 0' ? undefined : how;
}
