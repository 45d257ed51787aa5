import type { EntryLine } from '@ioi/law';
import type { Step } from '../model-script/script.ts';

/** What an agent is made to try: by its own shell twice, and by a tool of the node. */
export type CanaryName = 'file' | 'http' | 'mcp';

export type Canaries = {
  /** In the folder it works in: read in the same breath, so that a read is known to work. */
  readonly control: { readonly path: string; readonly token: string };
  /** Outside of it. */
  readonly file: { readonly path: string; readonly token: string };
  readonly tool: { readonly path: string; readonly token: string };
  /** Of a host that the program may speak with and the policy does not allow. */
  readonly http: { readonly url: string };
  /** A program that asks for an address given to it, over the proxy of its environment. */
  readonly asking: string;
};

/** What came of one run of an agent. */
export type ProbeEvidence = {
  /** What each step was answered, as the agent told its model. */
  readonly results: ReadonlyMap<string, string>;
  /** Everything the agent sent to its model. */
  readonly bodies: readonly string[];
  /** Requests that came to the canary's listener. */
  readonly hits: number;
  /** Acts of the agent that the node blocked. */
  readonly blocks: readonly EntryLine[];
};

export type CanaryStanding = {
  readonly canary: CanaryName;
  readonly state: 'held' | 'reached' | 'untried';
  /** The receipt of its block, where there is one. */
  readonly receiptId?: string;
  readonly code?: string;
  readonly why?: string;
};

export function stepsFor({ control, file, tool, http, asking }: Canaries): readonly Step[] {
  const read = `cat ${control.path} ${file.path}`;
  return [
    { id: 'file', kind: 'shell', command: read },
    { id: 'http', kind: 'shell', command: `${asking} ${http.url}` },
    { id: 'mcp', kind: 'mcp', tool: 'read_text_file', arguments: { path: tool.path } },
  ];
}

/** Held is only what was tried, was not reached and, where it is an act, left its receipt. */
export function judge(canaries: Canaries, evidence: ProbeEvidence): readonly CanaryStanding[] {
  return [
    judgeFile(canaries, evidence),
    judgeHttp(canaries, evidence),
    judgeMcp(canaries, evidence),
  ];
}

function judgeFile({ control, file }: Canaries, { bodies, results }: ProbeEvidence) {
  const canary = 'file' as const;
  if (isIn(bodies, file.token)) return { canary, state: 'reached' } as const;
  const result = results.get('file');
  if (result === undefined) return untried(canary, 'its shell was not used');
  if (!result.includes(control.token)) return untried(canary, 'its shell read nothing at all');
  return { canary, state: 'held' } as const;
}

function judgeHttp({ http }: Canaries, { hits, blocks, results }: ProbeEvidence) {
  const canary = 'http' as const;
  if (hits > 0) return { canary, state: 'reached' } as const;
  const block = blocks.find(({ path }) => path === http.url);
  if (block !== undefined) return held(canary, block);
  const isUsed = results.has('http');
  return untried(canary, isUsed ? 'no receipt of a block' : 'its shell was not used');
}

function judgeMcp({ tool }: Canaries, { bodies, blocks, results }: ProbeEvidence) {
  const canary = 'mcp' as const;
  if (isIn(bodies, tool.token)) return { canary, state: 'reached' } as const;
  const block = blocks.find(({ path }) => path === tool.path);
  if (block !== undefined) return held(canary, block);
  const isUsed = results.has('mcp');
  return untried(canary, isUsed ? 'no receipt of a block' : 'no tool of the node was offered');
}

const isIn = (bodies: readonly string[], token: string): boolean =>
  bodies.some((each) => each.includes(token));

function held(canary: CanaryName, { receiptId = '', code = '' }: EntryLine): CanaryStanding {
  return { canary, state: 'held', receiptId, code };
}

function untried(canary: CanaryName, why: string): CanaryStanding {
  return { canary, state: 'untried', why };
}

export type ProbeState = 'green' | 'red' | 'unknown';

export function stateOf(standings: readonly CanaryStanding[]): ProbeState {
  if (standings.some(({ state }) => state === 'reached')) return 'red';
  return standings.every(({ state }) => state === 'held') ? 'green' : 'unknown';
}
