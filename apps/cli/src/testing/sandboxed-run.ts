import assert from 'node:assert/strict';
import { delimiter, dirname } from 'node:path';
import type { TestContext } from 'node:test';
import type { RunSummary } from '@ioi/protocol';
import { runIoi } from './run-ioi.ts';
import type { TestNode } from './test-node.ts';

export type SandboxedRun = {
  readonly stdout: string;
  readonly stderr: string;
  readonly run: RunSummary;
};

/** Programs that `ioi run` starts in the workspace of a node; skipped where there is no sandbox. */
export class SandboxedRuns {
  readonly #node: TestNode;
  #missing: string | undefined;

  constructor(node: TestNode) {
    this.#node = node;
  }

  /** Once the node has its home: whether this machine has a sandbox. */
  async look(): Promise<void> {
    const { available } = JSON.parse((await this.#node.ioi('mcp', 'sandbox', '--json')).stdout);
    this.#missing = available ? undefined : 'no sandbox on this machine: ioi mcp sandbox';
  }

  /** With these arguments, to its end; undefined where the test is skipped. */
  async start(t: TestContext, args: readonly string[]): Promise<SandboxedRun | undefined> {
    if (this.#missing !== undefined) {
      t.skip(this.#missing);
      return undefined;
    }
    const { home, workspace } = this.#node;
    const bin = dirname(process.execPath);
    const env = { IOI_HOME: home.folder, PATH: [bin, '/usr/bin', '/bin'].join(delimiter) };
    const ran = await runIoi(['run', '--json', ...args], { env, cwd: workspace });
    const line = ran.stderr.split('\n').find((each) => each.startsWith('{"run":'));
    assert.ok(line !== undefined, ran.stderr);
    return { ...ran, run: (JSON.parse(line) as { run: RunSummary }).run };
  }
}
