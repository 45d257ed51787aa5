import { join } from 'node:path';
import { proveInclusion } from '@ioi/agentgres/shell';
import { assert, encodeBase64 } from '@ioi/basis';
import { noteKeysOf } from '@ioi/crypto';
import { argumentsOf } from '@ioi/firewall';
import type { EdgeAsk, OperationAnswer } from '@ioi/guardian';
import { OperationDesk } from '@ioi/guardian/shell';
import { canonicalize, connectorContract, readOpenapi, requestIdOf } from '@ioi/law';
import type { DecideAction, LogEntry, RuntimeToolContract } from '@ioi/protocol';
import type { Invocation } from '@ioi/wallet';
import { type OperationVault, SealedEgress } from '@ioi/wallet/shell';
import { TestServer } from '@ioi/wallet/testing';
import {
  activate,
  hashOf,
  NodeKit,
  proposed,
  type Started,
  sealIn,
  signed,
  started,
} from './node-kit.ts';

const SECRET = 'planted-secret-6f1d9c0b7a52';
const schema = { type: 'object', properties: { note: { type: 'string' } } };
const content = { 'application/json': { schema } };
const document = {
  openapi: '3.1.0',
  info: { title: 'pay', version: '1' },
  paths: { '/do': { post: { operationId: 'do', requestBody: { required: true, content } } } },
};
const manifest = {
  connector_id: 'local:pay',
  interface: { type: 'openapi' as const, url: 'pay.json' },
  auth_requirement: { type: 'bearer' as const },
};
const policy = canonicalize({
  policy_id: 'connector',
  defaults: 'deny_all',
  rules: ['net::*', 'model::*'].map((target, at) => {
    return { rule_id: `all${at}`, target, conditions: {}, action: 'ALLOW' };
  }),
});

/** Another contract than that of the connector, and what is asked for under it. */
type About = {
  readonly contract?: RuntimeToolContract;
  readonly params?: Readonly<Record<string, unknown>>;
};
/** Other terms of the connector's own contract, or something else. */
type Other = Partial<RuntimeToolContract> & { readonly about?: About };

type Secret = { readonly kind: 'bearer' | 'oauth'; readonly secret: string };
type Served = ConstructorParameters<typeof SealedEgress>[0];

/** A connector over a real log, with the guardian's desk and the edge in this process. */
export class ConnectorBed {
  readonly secret = SECRET;
  readonly kit = new NodeKit();
  readonly node: Started;
  readonly api: TestServer;
  readonly desk: OperationDesk;
  readonly egress: SealedEgress;
  readonly contract: RuntimeToolContract;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** The edge's answer is awaited, as over its pipe. */
  readonly edge = async ({ kind, ...about }: EdgeAsk): Promise<void> => {
    if (kind === 'ended' && 'committed_hash' in about) this.egress.end(about.committed_hash);
  };

  private constructor(kit: NodeKit, node: Started, api: TestServer, given: Secret) {
    this.kit = kit;
    this.node = node;
    this.api = api;
    const { contract, inputSchema } = connected();
    this.contract = contract;
    this.inputSchema = inputSchema;
    const bound_to = { server: 'pay', origin: api.origin };
    const item = { name: 'pay-key', kind: given.kind, version: 1, bound_to } as const;
    const vault = { answer: () => ({ kind: 'leased', item, secret: given.secret }) as const };
    const path = join(kit.folder, 'operations.db');
    const { guardian } = node;
    this.desk = new OperationDesk({ path, guardian, vault, sealKey: kit.seal });
    guardian.heedTold((requestHash) => this.desk.wasTold(requestHash));
    this.egress = new SealedEgress(servedBy(this.desk, api.origin));
  }

  static async start(
    answer: Parameters<typeof TestServer.start>[0],
    given: Secret = { kind: 'bearer', secret: SECRET },
  ): Promise<ConnectorBed> {
    const kit = new NodeKit();
    const node = await started(kit);
    await activate(kit, node, policy);
    const { contract } = connected();
    for (const each of [contract, blockedOf(contract)]) {
      await node.writer.submit(proposed('contract.register', { contract: each }));
    }
    return new ConnectorBed(kit, node, await TestServer.start(answer), given);
  }

  close(): void {
    this.desk.close();
    this.api.close();
    this.kit.closeGuardian();
    this.kit.remove();
  }

  /** A lease for all that the connector does; its id. */
  async grant(constraints: object = {}, about: About = {}): Promise<string> {
    const { contract = this.contract, params = { note: 'asks' } } = about;
    const waiting = this.#deciding(contract, params);
    const submitted = await this.node.writer.submit(proposed('action.decide', waiting));
    assert(submitted.ok, 'an act without a grant waits');
    const authority_request_id = requestIdOf(hashOf(waiting.request));
    const asked = { authority_request_id, lease: true, constraints };
    const { statement } = await signed(this.kit, this.node, 'grant.issue', asked);
    return String(statement['authority_grant_id']);
  }

  async revoke(authority_grant_id: string): Promise<void> {
    await signed(this.kit, this.node, 'grant.revoke', { authority_grant_id });
  }

  /** One call as the daemon has it sealed under a grant, or blocked where there is none. */
  async sealed(note: string, authority_grant_id?: string, other: Other = {}): Promise<Invocation> {
    const { about = {}, ...terms } = other;
    const { contract = { ...this.contract, ...terms }, params = { note } } = about;
    const isScoped = contract.authority_scopes.length > 0;
    const isBlocked = isScoped && authority_grant_id === undefined;
    const under = isBlocked ? blockedOf(this.contract) : contract;
    const grant = authority_grant_id === undefined ? {} : { authority_grant_id };
    const decision = { ...this.#deciding(under, params), ...grant };
    const { writer, store, guardian } = this.node;
    const submitted = await writer.submit(proposed('action.decide', decision));
    if (!submitted.ok) throw new Error(JSON.stringify(submitted));
    const entry = JSON.parse(submitted.value.text) as LogEntry;
    const seal = sealIn(guardian);
    assert(seal !== undefined, 'it was sealed');
    const path = await proveInclusion(store, Number(entry.seq), Number(seal.size));
    const events = entry.events as { type: string; committed?: object }[];
    const committed = events.find(({ type }) => type === 'action.committed')?.committed ?? {};
    return {
      packet: {
        pkt_version: '1',
        packet_type: 'PKT_ACTION_INVOKE',
        issued_at: '2026-02-22T10:16:00Z',
        session_id: 'sess_1',
        lease_id: `lease_${hashOf(committed).slice('sha256:'.length)}`,
        payload: { mcp: { jsonrpc: '2.0', id: '1', method: 'tools/do', params: { note } } },
      },
      included: { seq: entry.seq, text: submitted.value.text, path: path.map(encodeBase64) },
      note: seal.note,
      contract: under,
      inputSchema: this.inputSchema,
      contents: {},
    };
  }

  #deciding(contract: RuntimeToolContract, params: Record<string, unknown>): DecideAction {
    return {
      request: this.kit.request(contract.target, params),
      contract_hash: hashOf(contract),
      facts: {},
      attempt: 1,
      verdict: /^(net|model)::/.test(contract.target) ? 'ALLOW' : 'BLOCK',
      isolation_tier: 'mediated',
      budget_ids: [],
    };
  }
}

function connected() {
  const read = readOpenapi(document, manifest);
  const [tool] = read.ok ? read.value.tools : [];
  assert(tool !== undefined, 'the document has one operation');
  const { inputSchema } = tool;
  const about = { server: 'pay', tool, secret: 'pay-key', version: '1' };
  const contract = connectorContract({ ...about, schemaHash: hashOf(inputSchema) });
  assert(contract !== undefined, 'it is an operation of HTTP');
  return { contract, inputSchema };
}

/** The same with a target that the policy says nothing of. */
function blockedOf(given: RuntimeToolContract): RuntimeToolContract {
  return { ...given, target: 'fs::delete' };
}

function servedBy(desk: OperationDesk, origin: string): Served {
  const target = { server: 'pay', url: `${origin}/`, origin, isLocal: true };
  return {
    targets: () => [{ ...target, credential: 'pay-key', isConnector: true }],
    vault: vaultOf(desk),
    renew: async () => ({ ok: true, value: undefined }),
    argumentsOf,
    now: Date.now,
  };
}

/** As the edge asks over its pipe. */
export function vaultOf(from: OperationDesk): OperationVault {
  const ask = async (body: object) => (await from.answer(body)) as OperationAnswer;
  const refused = (answer: OperationAnswer) => {
    assert(answer.kind === 'refused', 'what is not done is refused');
    return { ok: false, error: answer.refusal } as const;
  };
  return {
    keys: async () => {
      const answer = await ask({ kind: 'keys' });
      if (answer.kind !== 'keys') return refused(answer);
      const pair = noteKeysOf(answer.guardian_key, answer.origin);
      assert(pair.ok, 'a guardian has a key');
      return { ok: true, value: { origin: answer.origin, keys: [pair.value.ed25519] } };
    },
    lease: async (asked) => {
      const answer = await ask({ kind: 'lease_operation', ...asked });
      if (answer.kind !== 'leased') return refused(answer);
      return { ok: true, value: { kind: answer.item.kind, secret: answer.secret } };
    },
    commit: async (asked) => {
      const answer = await ask({ kind: 'commit_result', ...asked });
      return answer.kind === 'committed_result'
        ? { ok: true, value: answer.receipt }
        : refused(answer);
    },
    due: async (of) => {
      const answer = await ask({ kind: 'due_operation', ...of });
      return answer.kind === 'due' ? { ok: true, value: undefined } : refused(answer);
    },
    unsent: async (of) => void (await ask({ kind: 'unsent_operation', ...of })),
    settle: async () => ({ ok: true, value: false }),
  };
}
