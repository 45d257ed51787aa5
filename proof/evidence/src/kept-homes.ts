import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestNode } from '@ioi/cli/testing';
import { IOI, McpPeer } from '@ioi/kit';
import type { Evidence } from './evidence.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** What stands in a kept home for the places of programs, which are those of each machine. */
const PLACES: readonly (readonly [kept: string, here: string])[] = [
  ['{program}', process.execPath],
  ['{root}', ROOT],
];
/** A node's folder as each version left it: with a policy, an act, and one that was refused. */
export const HOMES: string = join(import.meta.dirname, '..', 'homes');
/** In a home that is kept: the checkpoint, and the workspace that was its own. */
export const KEPT = { checkpoint: 'kept-checkpoint', workspace: 'kept-workspace' } as const;

/** Keeps the folder of a node of this version for all that come after it. */
export async function keepHome(): Promise<Evidence> {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const node = new TestNode();
  try {
    must(await node.init());
    must(await node.ioi('up', '--detach'));
    must(await node.activate());
    const findings = await usedBy(node, 'first');
    writeFileSync(join(node.home.folder, KEPT.checkpoint), must(await node.ioi('checkpoint')));
    writeFileSync(join(node.home.folder, KEPT.workspace), node.workspace);
    must(await node.ioi('down'));
    rewrite(
      node.home.nodeConfig,
      PLACES.map(([kept, here]) => [here, kept]),
    );
    mkdirSync(HOMES, { recursive: true });
    const packed = join(HOMES, `${version}.tar.gz`);
    const without = ['cache', 'guardian/cache', 'logs', 'run'].map(
      (name) => `--exclude=home/${name}/*`,
    );
    execFileSync('tar', ['-C', node.folder, ...without, '-czf', packed, 'home']);
    return { findings, counts: { homes: 1 } };
  } finally {
    await node.close();
  }
}

/** A home that was kept, with its programs and its workspace where they are here. */
export function unpack(packed: string, node: TestNode): void {
  execFileSync('tar', ['-C', node.folder, '-xzf', packed]);
  const was = readFileSync(join(node.home.folder, KEPT.workspace), 'utf8');
  rewrite(node.home.nodeConfig, [...PLACES, [was, node.workspace]]);
  rewrite(node.home.policy, [[was, node.workspace]]);
}

function rewrite(path: string, changes: readonly (readonly [from: string, to: string])[]): void {
  const text = readFileSync(path, 'utf8');
  writeFileSync(
    path,
    changes.reduce((now, [from, to]) => now.replaceAll(from, to), text),
  );
}

/** An agent writes a file, and asks for a secret: what was not as it should be, in words. */
export async function usedBy(node: TestNode, name: string): Promise<string[]> {
  const environment = { ...process.env, IOI_HOME: node.home.folder };
  const child = spawn(process.execPath, [IOI, 'mcp'], { env: environment });
  const agent = new McpPeer({ input: child.stdout, output: child.stdin });
  try {
    await agent.initialize();
    const said = async (tool: string, given: object): Promise<boolean> => {
      const { result, error } = await agent.call(tool, given);
      return error === undefined && result?.['isError'] !== true;
    };
    const path = join(node.workspace, `${name}.txt`);
    const isWritten = await said('write_file', { path, content: name });
    const isRead = await said('read_text_file', { path: join(node.workspace, '.env') });
    return [
      ...(isWritten ? [] : [`${path} was not written`]),
      ...(isRead ? ['.env was read'] : []),
    ];
  } finally {
    agent.close();
    child.kill();
  }
}

export function must({ code, stdout, stderr }: Awaited<ReturnType<TestNode['ioi']>>): string {
  if (code !== 0) throw new Error(`it ended with ${code}: ${stderr}${stdout}`);
  return stdout;
}
