import { assert } from '@ioi/basis';
import { type Digest, digestOf } from '@ioi/canon';
import { isNamedHost } from '@ioi/drivers';
import { isNear } from '@ioi/drivers/shell';
import { commandOf, repositoryOf, type WebAct, type WebRefusal } from '@ioi/gateway';
import {
  MOST_READ_BYTES,
  type WebAnswer,
  type WebAsking,
  type WebBackend,
} from '@ioi/gateway/shell';
import type { JsonObject } from '@ioi/jsonrpc';
import {
  PUSH_PROBE_TOOL,
  PUSH_TOOL,
  SOCKET_TOOL,
  STREAM_MARK,
  secretWebContract,
  webContracts,
} from '@ioi/law';
import type { RuntimeToolContract } from '@ioi/protocol';
import type { Bound } from '../mcp/capture.ts';
import { type Carrying, carryingOf, type Standing } from './placeholders.ts';
import type { CommitReceipts, RunCommits } from './run-commits.ts';
import { type ActClient, refusing, WebActs, type WebOptions } from './web-acts.ts';

export type WebClient = ActClient & {
  readonly commits: Pick<RunCommits, 'receiptsOf'>;
  readonly hosts: readonly string[];
  readonly standing: readonly Standing[];
};

const EVERYWHERE = '*';

/** By name, each with its hash: they are the same for every request. */
const CONTRACTS: ReadonlyMap<string, { contract: RuntimeToolContract; hash: Digest }> = new Map(
  [...webContracts].map(([tool, contract]) => {
    const hash = digestOf(contract);
    assert(hash.ok, 'our own contracts have a canonical form');
    return [tool, { contract, hash: hash.value }];
  }),
);

/** Everything the node does for one program's requests over HTTP: nothing here decides. */
export class RunBackend implements WebBackend {
  readonly #options: WebOptions;
  readonly #client: WebClient;
  readonly #acts: WebActs;

  constructor(options: WebOptions, client: WebClient) {
    this.#options = options;
    this.#client = client;
    this.#acts = new WebActs(options, client);
  }

  /** This machine and what is near it only where it was named. */
  reaches(host: string, port: number): boolean {
    const { hosts } = this.#client;
    if (isNamedHost(hosts, host, port)) return true;
    const bare = host.replace(/^\[|\]$/g, '');
    return hosts.includes(EVERYWHERE) && bare !== 'localhost' && !isNear(bare);
  }

  async act(act: WebAct, asking: WebAsking): Promise<WebAnswer> {
    const { record, standing } = this.#client;
    const carrying = carryingOf(act, standing);
    if (carrying.kind === 'refused') {
      const { code, message } = carrying.refusal;
      const receipt = await this.refuse(carrying.refusal, Buffer.from(act.url));
      return refusing({ code, status: 403, receipt, why: message });
    }
    const { large } = act;
    if (large !== undefined && carrying.kind === 'secret') {
      return this.#tooLong(`${carrying.standing.name} is put into requests of at most`, act);
    }
    const { git } = act;
    const isPush = git?.kind === 'push';
    const receipts = isPush ? await this.#client.commits.receiptsOf(git.push.commits) : undefined;
    const bound = boundOf({ ...act, receipts }, carrying);
    const { contract } = bound.contract;
    if (large !== undefined && this.#options.boundary.egressRulesFor(contract) !== undefined) {
      return this.#tooLong('an egress rule looks into what leaves, up to', act);
    }
    const { url, isSocket } = act;
    const doing = { bound, url, large, isSocket };
    return this.#acts.perform(
      {
        ...doing,
        performed: ({ outcome }) => {
          if (outcome.kind !== 'failed_before_effect') record.reached(new URL(url).host);
          return undefined;
        },
      },
      asking,
    );
  }

  /** What is not looked into does not go where a rule looks. */
  async #tooLong(what: string, { url }: WebAct): Promise<WebAnswer> {
    const message = `${what} ${MOST_READ_BYTES} bytes`;
    const receipt = await this.refuse({ code: 'web.body_not_read', message }, Buffer.from(url));
    return refusing({ code: 'web.body_not_read', status: 403, receipt, why: message });
  }

  refuse(refusal: WebRefusal, raw: Uint8Array): Promise<string | undefined> {
    return this.#acts.refuse(refusal, raw);
  }
}

/** Of a push: what the log tells of the commits that it carries. */
type Receipted = WebAct & { readonly receipts?: CommitReceipts | undefined };

/** With a secret the act is the same, under a contract that takes a grant for it. */
function boundOf(act: Receipted, carrying: Exclude<Carrying, { kind: 'refused' }>): Bound {
  const tool = toolOf(act);
  const own = CONTRACTS.get(tool);
  assert(own !== undefined, 'the door carries these methods alone');
  const headers = JSON.stringify(act.headers);
  const about = { arguments: argumentsOf(act), root: undefined, streamed: act.large?.digest };
  if (carrying.kind === 'plain') return { ...about, contract: own, meta: { headers } };
  const { name, placeholder } = carrying.standing;
  const contract = secretWebContract(tool, name);
  const hash = digestOf(contract);
  assert(contract !== undefined && hash.ok, 'our own contracts have a canonical form');
  return { ...about, contract: { contract, hash: hash.value }, meta: { headers, placeholder } };
}

/** Rules about texts read a body of any bytes: of base64 they would see nothing. */
export function argumentsOf({ url, method, body, large, git, receipts }: Receipted): JsonObject {
  if (large !== undefined) {
    return { url, method, body: { [STREAM_MARK]: large.digest, bytes: large.bytes } };
  }
  if (body === undefined) return { url, method };
  const bytes = Buffer.from(body);
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(bytes);
  const sent = { url, method, body: isText ? text : { latin1: bytes.toString('latin1') } };
  if (git?.kind !== 'push') return sent;
  const repository = repositoryOf(url);
  const { updates, options, commits } = git.push;
  const { receipts: entries, unreceipted } = receipts ?? { receipts: [], unreceipted: 1 };
  return {
    ...sent,
    command: commandOf(git.push, { repository, isReceipted: unreceipted === 0 }),
    repository,
    updates: updates.map((each) => ({ ...each })),
    options: [...options],
    commits: {
      ...commits,
      ids: [...commits.ids],
      receipts: entries.map((each) => ({ ...each })),
      unreceipted,
    },
  };
}

function toolOf({ method, git, isSocket }: WebAct): string {
  if (isSocket) return SOCKET_TOOL;
  if (git === undefined) return method;
  return git.kind === 'push' ? PUSH_TOOL : PUSH_PROBE_TOOL;
}
