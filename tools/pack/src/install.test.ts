// The package as a user gets it: packed by npm, installed globally by the machine's own Node and
// npm, and started with an empty environment.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { findMachineNode, type MachineNode } from './testing/machine-node.ts';
import { temporaryFolder } from './testing/temporary.ts';

const ROOT = join(import.meta.dirname, '../../..');
const INSTALL_LIMIT_MS = 300_000;

function runNpm({ node, npm }: MachineNode, args: readonly string[]): string {
  const { npm_config_prefix: _, ...inherited } = process.env;
  const env = { ...inherited, PATH: [dirname(node), '/usr/bin', '/bin'].join(delimiter) };
  const options = { cwd: ROOT, env, encoding: 'utf8' } as const;
  const run = spawnSync(node, [npm, ...args, '--loglevel=error'], options);
  assert.equal(run.status, 0, `npm ${args[0]}: ${run.stderr}`);
  return run.stdout;
}

/** Packs the checkout, and leaves no lib/ where there was none. */
function packInto(context: TestContext, machine: MachineNode, folder: string): string {
  const lib = join(ROOT, 'lib');
  if (!existsSync(lib)) context.after(() => rmSync(lib, { recursive: true, force: true }));
  const [packed] = JSON.parse(runNpm(machine, ['pack', '--json', '--pack-destination', folder]));
  for (const { path } of packed.files as { path: string }[]) {
    assert.match(path, /^(bin\/ioi\.cjs|lib\/.+|package\.json|README\.md|LICENSE|NOTICE)$/);
    assert.doesNotMatch(path, /\.test\.|\/(testing|fixtures)\//);
    // The SDK is no module of the command: it is copied into workers, as it was written.
    if (!path.startsWith('lib/apps/sdk/')) assert.doesNotMatch(path, /\.(ts|tsx)$/);
  }
  return join(folder, packed.filename);
}

test('the packed command starts anywhere', { timeout: INSTALL_LIMIT_MS }, (context) => {
  const machine = findMachineNode();
  context.diagnostic(`installed and started by Node ${machine.version} (${machine.node})`);
  const folder = temporaryFolder(context);
  const prefix = join(folder, 'prefix');
  const tarball = packInto(context, machine, folder);
  runNpm(machine, ['install', '--global', '--prefix', prefix, tarball]);
  const ioi = join(prefix, 'bin', 'ioi');
  const started = spawnSync(machine.node, [ioi, '--version'], { env: {}, encoding: 'utf8' });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  assert.deepEqual([started.stderr, started.status], ['', 0]);
  assert.equal(started.stdout.trim(), version);
  // With no PATH at all the kernel still finds `env`, and `env` a Node in the system's folders.
  if (['/usr/bin/node', '/bin/node'].some(existsSync)) {
    assert.equal(execFileSync(ioi, ['--version'], { env: {}, encoding: 'utf8' }).trim(), version);
  }
});
