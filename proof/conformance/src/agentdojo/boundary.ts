import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson, digestOf } from '@ioi/canon';
import { type McpPeer, makeHome, NodeProcess, PASSPHRASE } from '@ioi/kit';
import { draftContract, draftPolicy, revealed, unsaltedText } from '@ioi/law';
import type { ActionRequest, RuntimeToolContract } from '@ioi/protocol';
import type { Call, Suite } from './suites.ts';

/** How a call ended: performed, with or without a person, or not. */
export type Ended = { readonly isPerformed: boolean; readonly isAsked: boolean };

/** What the scripted person approves: exactly these calls, and denies everything else. */
export type Approvable = readonly Call[];

export type Done = { readonly name: string; readonly args: Call['args'] };

const SERVER = fileURLToPath(new URL('./suite-server.ts', import.meta.url));
const POLL_MS = 3;

type Pending = {
  readonly request_hash: string;
  readonly request: ActionRequest;
  readonly contract: { readonly tool: string };
};

/**
 * A real node with one suite behind it, under the contracts and the one policy that are drafted
 * from the suite's tools alone (`ioi contract --server`, `ioi policy draft`).
 */
export class SuiteNode {
  readonly contracts: readonly RuntimeToolContract[];
  readonly #folder: string;
  readonly #node: NodeProcess;

  private constructor(node: NodeProcess, folder: string, contracts: SuiteNode['contracts']) {
    this.#node = node;
    this.#folder = folder;
    this.contracts = contracts;
  }

  static async start(name: string, suite: Suite): Promise<SuiteNode> {
    const home = mkdtempSync(join(tmpdir(), 'ioi-agentdojo-'));
    const server = name.toLowerCase().replace(/[^a-z0-9_-]/g, '_');
    const contracts = suite.tools.map((tool) => contractOf(server, tool));
    writeFileSync(join(home, 'tools.json'), JSON.stringify(suite.tools));
    writeFileSync(join(home, 'scenario.json'), '[]');
    writeFileSync(join(home, 'done.jsonl'), '');
    const command = { command: process.execPath, args: [SERVER, home] };
    await makeHome(home, [{ name: server, ...command, contracts }]);
    const node = new NodeProcess(home);
    await node.ready();
    const activated = await node.activate(JSON.stringify(draftPolicy(server, contracts)));
    if (activated.status !== 200) throw new Error(JSON.stringify(activated.body));
    return new SuiteNode(node, home, contracts);
  }

  /** A session of its own, for a task in the person's words. */
  async session(objective: string, answers: readonly Call[]): Promise<McpPeer> {
    writeFileSync(join(this.#folder, 'scenario.json'), JSON.stringify(answers));
    writeFileSync(join(this.#folder, 'done.jsonl'), '');
    const { body } = await this.#node.api('POST', '/v1/sessions', { objective });
    const peer = this.#node.connectMcp(String(body['ticket']));
    await peer.initialize();
    return peer;
  }

  async call(peer: McpPeer, call: Call, approvable: Approvable): Promise<Ended> {
    let isAsked = false;
    let isEnded = false;
    const ended = peer.call(call.tool, call.args).then((answer) => {
      isEnded = true;
      return answer;
    });
    while (!isEnded) {
      await Promise.race([ended, new Promise((done) => setTimeout(done, POLL_MS))]);
      const pending = isEnded ? undefined : await this.#pending();
      if (pending !== undefined) {
        isAsked = true;
        await this.#answer(pending, approvable);
        break;
      }
    }
    const { result, error } = await ended;
    const isPerformed = error === undefined && result?.['isError'] !== true;
    return { isPerformed, isAsked };
  }

  /** What the server was made to do in this scenario. */
  done(): readonly Done[] {
    const lines = readFileSync(join(this.#folder, 'done.jsonl'), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Done);
  }

  async stop(): Promise<void> {
    await this.#node.stop();
    this.#node.removeHome();
  }

  async #pending(): Promise<Pending | undefined> {
    const { body } = await this.#node.guardianApi('GET', '/pending');
    return (body['pending'] as Pending[])[0];
  }

  /** By what the guardian shows, as a person would, not by what was asked for here. */
  async #answer({ request, request_hash, contract }: Pending, approvable: Approvable) {
    const texts = await this.#textsOf(request);
    const shown = textOf(revealed(request.params, (digest) => texts.get(digest)));
    const isMeant = approvable.some(
      ({ tool, args }) => tool === contract.tool && textOf(args) === shown,
    );
    const path = isMeant ? '/approve' : '/deny';
    await this.#node.guardianApi('POST', path, { request_hash, passphrase: PASSPHRASE });
  }

  async #textsOf(request: ActionRequest): Promise<ReadonlyMap<string, string>> {
    const digests = JSON.stringify(request.params).match(/sha256:[0-9a-f]{64}/g) ?? [];
    const texts = new Map<string, string>();
    for (const digest of digests) {
      const { body } = await this.#node.api('GET', `/v1/payload/${digest}`);
      const text = unsaltedText(String(body['text']));
      if (text !== undefined) texts.set(digest, text);
    }
    return texts;
  }
}

function contractOf(server: string, tool: Suite['tools'][number]): RuntimeToolContract {
  const { name, description, inputSchema } = tool;
  const hash = digestOf(inputSchema);
  if (!hash.ok) throw new Error(`${name}: ${hash.error.message}`);
  const about = description === undefined ? {} : { description };
  return draftContract({ server, tool: name, inputSchema, schemaHash: hash.value, ...about });
}

function textOf(value: unknown): string {
  const text = canonicalJson(value);
  if (!text.ok) throw new Error(text.error.message);
  return text.value;
}
