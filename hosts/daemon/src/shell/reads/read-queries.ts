import { isLevel, levels, projectionName, type StateProver, watermarkSeq } from '@ioi/agentgres';
import { err, ok, type Result } from '@ioi/basis';
import type { ConsistencyLevel, QueryAnswer, QueryRequest, Rejection } from '@ioi/protocol';
import type { DomainProjections } from './projections.ts';

/** What reads of one domain go to. */
export type QueryOptions = {
  readonly projections: DomainProjections;
  /** Entries that are committed, and answered: asked when a read arrives. */
  readonly committedSize: () => number;
  /** Without one, reads that are bound to a state root are refused. */
  readonly prover: StateProver | undefined;
  /** Levels that whoever serves cannot give. */
  readonly cannot?: ReadonlySet<ConsistencyLevel>;
  /** The session that reads; absent for the owner. */
  readonly readBy?: string | undefined;
};

const AWAIT_MS = 5_000;
const AWAIT_MAX_MS = 60_000;
const PROOF_ATTEMPTS = 8;
const KNOWN = [
  'domain',
  'projection',
  'consistency',
  'where',
  'order',
  'limit',
  'after',
  'watermark',
  'await_ms',
  'snapshot',
];

/** Rejects with `query.invalid`, naming the place. */
export function requestIn(body: unknown): Result<QueryRequest, Rejection> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return invalid('a query is an object');
  }
  const given = body as Record<string, unknown>;
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) return invalid(`/${unknown} is none of ${KNOWN.join(', ')}`);
  const { domain, projection, consistency, watermark, await_ms: awaitMs, snapshot } = given;
  if (domain !== undefined && typeof domain !== 'string') return invalid('/domain must name one');
  if (typeof projection !== 'string') return invalid('/projection must name one');
  if (!isLevel(consistency)) {
    return invalid(`/consistency must be one of ${Object.keys(levels).join(', ')}`);
  }
  if (watermark !== undefined) {
    const seq = typeof watermark === 'string' ? watermarkSeq(watermark) : undefined;
    if (seq === undefined) return invalid('/watermark must be domain_seq: and a number');
  } else if (consistency === 'projection_consistent') {
    return invalid('/watermark is what projection_consistent waits for');
  }
  const isTime = awaitMs === undefined || (Number.isSafeInteger(awaitMs) && Number(awaitMs) >= 0);
  if (!isTime) return invalid('/await_ms must be a whole number of milliseconds');
  if (snapshot !== undefined && consistency !== 'snapshot_consistent') {
    return invalid('/snapshot is for snapshot_consistent');
  }
  if (snapshot !== undefined && watermark !== undefined) {
    return invalid('/watermark: a snapshot stays at its own');
  }
  if (snapshot !== undefined && typeof snapshot !== 'string') return invalid('/snapshot');
  return ok({ ...given, projection: projectionName(projection) } as QueryRequest);
}

/** One read at the level it declares (whitepaper 3.5). */
export async function runQuery(
  request: QueryRequest,
  options: QueryOptions,
): Promise<Result<QueryAnswer, Rejection>> {
  const { projections, committedSize, prover, readBy, cannot } = options;
  if (cannot?.has(request.consistency)) {
    const message = `a replica cannot give ${request.consistency}: ask the node that writes`;
    return err({ code: 'consistency.not_here', message });
  }
  const seq = request.watermark === undefined ? undefined : watermarkSeq(request.watermark);
  const wanted = seq === undefined ? 0 : seq + 1;
  const committedAtArrival = committedSize();
  const atLeast = levels[request.consistency].atLeast({ committedAtArrival, wanted });
  const awaitMs = Math.min(request.await_ms ?? AWAIT_MS, AWAIT_MAX_MS);
  if (request.consistency === 'state_root_consistent') {
    if (prover !== undefined) return proved({ request, atLeast, awaitMs }, options, prover);
    const message = 'this node gives no state proofs: choose another level';
    return err({ code: 'consistency.no_prover', message });
  }
  const read = await projections.ask('query', { request, atLeast, awaitMs, readBy });
  return read.ok ? ok(read.value.answer) : read;
}

type Asking = {
  readonly request: QueryRequest;
  readonly atLeast: number;
  readonly awaitMs: number;
};

/** The state moves on while rows are read: then they are read again, at the newer state. */
async function proved(
  asking: Asking,
  { projections, committedSize }: QueryOptions,
  prover: StateProver,
): Promise<Result<QueryAnswer, Rejection>> {
  let { atLeast } = asking;
  for (let attempt = 0; attempt < PROOF_ATTEMPTS; attempt += 1) {
    const read = await projections.ask('query', { ...asking, atLeast });
    if (!read.ok) return read;
    const { answer, heads } = read.value;
    const seq = watermarkSeq(answer.watermark) ?? 0;
    const proof = await prover.prove(seq, heads);
    if (proof !== undefined) return ok({ ...answer, proof });
    atLeast = Math.max(committedSize(), seq + 2);
  }
  const message = 'the state moved on under every attempt: read less at once, or ask again';
  return err({ code: 'consistency.moving', message });
}

function invalid(message: string): Result<never, Rejection> {
  return err({ code: 'query.invalid', message });
}
