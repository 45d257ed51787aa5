import { type ChildProcess, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '@ioi/basis/testing';
import type { RuntimeToolContract } from '@ioi/protocol';
import { IOI } from './command.ts';
import { draftAll, policyFor } from './gateway-node.ts';
import { McpPeer } from './mcp-peer.ts';
import { type Answer, activateAt, ask, exited, makeHome } from './node-process.ts';
import { type Waiting, waitingAt } from './waiting.ts';

const FILES = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-filesystem/dist/index.js'),
);

/**
 * A node as `ioi up` runs it: supervisor, guardian, daemon, and the page of the guardian on its
 * port. Behind it the official filesystem server, two of whose tools ask a person each time:
 * writing is of low risk, moving of high.
 */
export class SupervisedNode {
  readonly folder = mkdtempSync(join(tmpdir(), 'ioi-supervised-'));
  readonly home = join(this.folder, 'home');
  readonly workspace = join(this.folder, 'workspace');
  #child: ChildProcess | undefined;

  static async start(): Promise<SupervisedNode> {
    const node = new SupervisedNode();
    mkdirSync(node.workspace);
    const server = {
      name: 'files',
      command: process.execPath,
      args: [FILES, node.workspace],
    };
    await makeHome(node.home, [server]);
    await node.up();
    const contracts = (await draftAll(node)).map(judged);
    const config = { format: 'ioi-node/1', servers: [{ ...server, contracts }] };
    writeFileSync(join(node.home, 'node.json'), JSON.stringify(config));
    await must(node.api('POST', '/v1/mcp/reload'));
    const asked = ['mcp::files::write_file', 'mcp::files::move_file'];
    await must(node.activate(policyFor(asked)));
    return node;
  }

  async up(): Promise<void> {
    const log = openSync(join(this.home, 'logs', 'supervisor.log'), 'a');
    const env = { IOI_HOME: this.home, IOI_NOTIFY: 'off', HOME: this.folder };
    this.#child = spawn(process.execPath, [IOI, 'up'], { env, stdio: ['ignore', log, log] });
    closeSync(log);
    const child = this.#child;
    const state = await until('the node is ready', async () => {
      if (child.exitCode !== null) return 'ended';
      const answer = await this.api('GET', '/v1/status').catch(() => undefined);
      return answer?.status === 200 && 'ready';
    }).catch(String);
    if (state === 'ready') return;
    const tail = readFileSync(join(this.home, 'logs', 'supervisor.log'), 'utf8').slice(-2000);
    throw new Error(`the node did not become ready (${state}):\n${tail}`);
  }

  api(method: string, path: string, body?: object): Promise<Answer> {
    return ask({ method, path, agent: false, socketPath: this.socketPath('daemon') }, body);
  }

  guardianApi(method: string, path: string, body?: object): Promise<Answer> {
    return ask({ method, path, agent: false, socketPath: this.socketPath('guardian') }, body);
  }

  /** The first of what waits for a person that is as wanted, once there is one. */
  waiting(isWanted?: (waiting: Waiting) => boolean): Promise<Waiting> {
    return waitingAt(this, isWanted);
  }

  /** A way in to the page, good once. */
  async launch(): Promise<string> {
    const { body } = await must(this.guardianApi('POST', '/page/launch', {}));
    return String(body['url']);
  }

  activate(policy: string): Promise<Answer> {
    return activateAt(this, policy);
  }

  async connectMcp(): Promise<McpPeer> {
    const socket = connect(this.socketPath('mcp'));
    const peer = new McpPeer({ input: socket, output: socket });
    await peer.initialize();
    return peer;
  }

  socketPath(name: 'daemon' | 'guardian' | 'mcp'): string {
    return join(this.home, 'run', `${name}.sock`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined) {
      child.kill('SIGTERM');
      await exited(child);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function judged(drafted: RuntimeToolContract): RuntimeToolContract {
  return drafted.tool === 'write_file' ? { ...drafted, risk_class: 'low' } : drafted;
}

async function must(answering: Promise<Answer>): Promise<Answer> {
  const answer = await answering;
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return answer;
}
