import type { WorkerManifest } from '@ioi/protocol';

/** The folder in which a worker carries its SDK. */
export const SDK_FOLDER = 'ioi_sdk';

export type StartCommand = {
  readonly program: 'python3' | 'node';
  readonly args: readonly string[];
};

/** Whether its file is interpreted in memory of its own, and is no program of this machine. */
export function isInterpreted({ language }: WorkerManifest['entry']): boolean {
  return language === 'guest' || language === 'wasm';
}

/**
 * How a worker that is a program is started in its folder. Python sees that folder and its own
 * library alone: what is installed on one machine would be missing on another.
 */
export function startCommand({ language, file, compat }: WorkerManifest['entry']): StartCommand {
  if (language !== 'python') return { program: 'node', args: [file] };
  const compatible = compat === undefined ? [] : ['--compat', compat];
  const args = ['-E', '-s', '-S', '-B', '-m', SDK_FOLDER, ...compatible, file];
  return { program: 'python3', args };
}

/** Started so it says what it is, and does nothing. */
export function describeCommand(entry: WorkerManifest['entry']): StartCommand {
  const { program, args } = startCommand(entry);
  const [file = ''] = args.slice(-1);
  const before = args.slice(0, -1);
  return program === 'node'
    ? { program, args: [file, '--describe'] }
    : { program, args: [...before, '--describe', file] };
}
