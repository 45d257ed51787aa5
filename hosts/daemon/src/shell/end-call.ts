import type { DecideAction, Driver } from '@ioi/protocol';
import { type Call, decidedIn, type Effect, type Input, tierOfAgent } from '../core/index.ts';
import { noDriver } from './caller.ts';
import type { Writer } from './writer.ts';

export async function gatherFacts(
  call: Call,
  driverFor: (contract: Call['contract']) => Driver | undefined,
): Promise<Input> {
  const facts = await driverFor(call.contract)?.gather(call.contract, call.request);
  if (!facts) return { kind: 'no_facts', why: noDriver(call) };
  if (!facts.ok) return { kind: 'no_facts', why: facts.error };
  const { provenance } = call;
  const seen = provenance === undefined ? {} : { provenance };
  return { kind: 'facts', facts: { ...facts.value, ...seen } };
}

export async function denyCall(
  { call, reason, note }: Extract<Effect, { kind: 'deny' }>,
  writer: Writer,
): Promise<Input> {
  const about = note === undefined ? {} : { note: note.slice(0, 1000).toWellFormed() };
  const payload = { request_hash: call.requestHash, reason, ...about };
  const submitted = await writer.submit('action.deny', payload);
  if (!submitted.ok) return { kind: 'refused', why: submitted.error };
  const decision = decidedIn(submitted.value.entry);
  if (!decision) return { kind: 'refused', why: { code: 'log.damaged', message: 'no receipt' } };
  return { kind: 'decided', decision };
}

type Refusing = {
  readonly writer: Writer;
  readonly isolationTier: DecideAction['isolation_tier'];
};

export async function refuseCall(
  { call, why }: Extract<Effect, { kind: 'refuse' }>,
  { writer, isolationTier }: Refusing,
): Promise<Input> {
  const { agent_id } = call.request.context;
  const payload = {
    raw_hash: call.requestHash,
    agent_id,
    code: 'request.invalid',
    detail: why.message.slice(0, 1000).toWellFormed(),
    isolation_tier: tierOfAgent(agent_id, isolationTier),
  };
  const submitted = await writer.submit('action.refuse', payload);
  const decision = submitted.ok ? decidedIn(submitted.value.entry) : undefined;
  return decision ? { kind: 'decided', decision } : { kind: 'refused', why };
}
