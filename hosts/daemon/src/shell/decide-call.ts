import { err, type Result } from '@ioi/basis';
import { decide } from '@ioi/firewall';
import { budgetIdsIn, decidingContents, type PolicyCache, subjectOf } from '@ioi/law';
import type { DecideAction, IsolationTier, Rejection } from '@ioi/protocol';
import { type Effect, tierOfAgent } from '../core/index.ts';
import { grantFor, NO_GRANT } from './authority.ts';
import type { Contents } from './contents.ts';
import type { HeadReader } from './head-reader.ts';
import { layersNow } from './layers-now.ts';
import { keptOf, type Running } from './running.ts';
import type { Sealed, Writer } from './writer.ts';

type Deciding = {
  readonly writer: Writer;
  readonly reader: HeadReader;
  readonly policies: PolicyCache;
  readonly contents: Contents;
  readonly isolationTier: IsolationTier;
  /** How long it took to decide, without the sealing. */
  readonly tell: (milliseconds: number) => void;
};

/** Decides here first, for the verdict to claim; the guardian's is the one that counts. */
export async function decideCall(
  running: Running,
  { call, facts, token, granted }: Extract<Effect, { kind: 'decide' }>,
  { reader, policies, isolationTier, writer, contents, tell }: Deciding,
): Promise<Result<Sealed, Rejection>> {
  const began = performance.now();
  const found = layersNow(reader, policies);
  if (!found.ok) return found;
  const layers = found.value;
  const { local: policy, ceiling } = layers;
  const budgets = reader.budgets();
  const grant = grantFor(call, facts, reader);
  if (granted && !grant.authority_grant_id) return err(NO_GRANT);
  const named = decidingContents(layers, call.request);
  const decidedOn = contents.decidedOn(named, running.payloads);
  const inspected = await contents.inspected(call, layers, running.payloads);
  const egress = inspected?.decision.outcome;
  const input = { facts, contents: decidedOn.contents, policy, ceiling, budgets, egress };
  const { decision } = decide({ request: call.request, contract: call.contract, ...input });
  tell(performance.now() - began);
  const subject = subjectOf(call.request, facts);
  const payload: DecideAction = {
    request: call.request,
    contract_hash: call.contractHash,
    facts,
    attempt: call.attempt,
    verdict: decision.verdict,
    isolation_tier: tierOfAgent(call.request.context.agent_id, isolationTier),
    budget_ids: [...budgetIdsIn(layers, subject)],
    ...(token ? { token } : {}),
    ...(running.replaces && call.edits ? { edits: call.edits } : {}),
    ...grant,
    ...(named.length > 0 ? { evidence: [...named] } : {}),
    ...(inspected ? { inspection: inspected.decision } : {}),
  };
  const shown = { ...decidedOn.payloads, ...inspected?.payloads };
  const kept = keptOf(running.payloads, decision.verdict, shown);
  const isAny = Object.keys(kept).length > 0;
  const put = isAny ? await contents.put(call, kept, Object.keys(shown)) : undefined;
  const submitted = await writer.submit('action.decide', payload, shown, put?.beside);
  contents.settle(put, submitted.ok);
  if (submitted.ok) running.payloads = {};
  return submitted;
}
