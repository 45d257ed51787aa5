import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { draftContract } from '@ioi/law';
import type { RuntimeToolContract, ServerStatus, ToolDetail } from '@ioi/protocol';
import { type Answer, makeHome, NodeProcess, OPEN_HTTP, PASSPHRASE } from './node-process.ts';

type Server = {
  readonly name: string;
  readonly url?: string;
  readonly command?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workspace_root?: string;
};

type More = {
  /** Targets a person is asked about each time. */
  readonly asked?: readonly string[];
  /** Where not, whatever waits does so until `approve` is called. */
  readonly approves?: boolean;
  /** What somebody who knows the tools makes of their drafts. */
  readonly judge?: (drafted: RuntimeToolContract) => RuntimeToolContract;
};

const APPROVE_EVERY_MS = 20;

/** Everything is allowed, but a person is asked about some targets each time. */
export function policyFor(asked: readonly string[]): string {
  const asks = asked.map((target) => ({ target, conditions: {}, action: 'REQUIRE_APPROVAL' }));
  const allowed = ['mcp::*', 'fs::*', 'net::*'];
  const allows = allowed.map((target) => ({ target, conditions: {}, action: 'ALLOW' }));
  return JSON.stringify({ policy_id: 'gateway', rules: [...asks, ...allows] });
}

/**
 * A real node with servers behind it, under a policy, and a person who approves all they see, at
 * once unless told otherwise.
 */
export class GatewayNode {
  readonly node: NodeProcess;
  readonly #approving: NodeJS.Timeout | undefined;

  /** Where clients over HTTP find it. */
  readonly url: string;

  private constructor(node: NodeProcess, url: string, approves: boolean) {
    this.node = node;
    this.url = url;
    const approve = (): void => void this.approve().catch(() => {});
    this.#approving = approves ? setInterval(approve, APPROVE_EVERY_MS) : undefined;
  }

  /** The contracts are drafted from what the node lists: nobody else may ask the servers. */
  static async start(servers: readonly Server[], more: More = {}): Promise<GatewayNode> {
    const { asked = [], approves = true, judge = (drafted) => drafted } = more;
    const home = mkdtempSync(join(tmpdir(), 'ioi-gateway-'));
    await makeHome(home, servers, [], OPEN_HTTP);
    const node = new NodeProcess(home);
    await node.ready();
    const contracts = (await draftAll(node)).map(judge);
    const ofServer = (name: string) => contracts.filter(({ server }) => server === name);
    const bound = servers.map((server) => ({ ...server, contracts: ofServer(server.name) }));
    const config = { format: 'ioi-node/1', servers: bound, ...OPEN_HTTP };
    writeFileSync(join(home, 'node.json'), JSON.stringify(config));
    await must(node.api('POST', '/v1/mcp/reload'));
    await must(node.activate(policyFor(asked)));
    return new GatewayNode(node, await node.mcpUrl(), approves);
  }

  async exported(): Promise<string> {
    return String((await this.node.api('GET', '/v1/export')).body['text']);
  }

  async stop(): Promise<void> {
    clearInterval(this.#approving);
    await this.node.stop();
    this.node.removeHome();
  }

  async approve(): Promise<void> {
    const { body } = await this.node.guardianApi('GET', '/pending');
    for (const { request_hash } of (body['pending'] ?? []) as { request_hash: string }[]) {
      await this.node.guardianApi('POST', '/approve', { request_hash, passphrase: PASSPHRASE });
    }
  }
}

async function must(answering: Promise<Answer>): Promise<void> {
  const { status, body } = await answering;
  if (status !== 200) throw new Error(JSON.stringify(body));
}

export async function draftAll(node: Pick<NodeProcess, 'api'>): Promise<RuntimeToolContract[]> {
  const { body } = await node.api('GET', '/v1/status');
  const drafted: RuntimeToolContract[] = [];
  for (const { name: server, tools } of body['servers'] as ServerStatus[]) {
    for (const { name: tool } of tools) {
      const answer = await node.api('GET', `/v1/tools/${encodeURIComponent(tool)}`);
      const { input_schema: inputSchema, schema_hash } = answer.body as unknown as ToolDetail;
      drafted.push(draftContract({ server, tool, inputSchema, schemaHash: schema_hash }));
    }
  }
  return drafted;
}
