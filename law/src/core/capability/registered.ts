import { err, ok, type Result } from '@ioi/basis';
import type { Rejection } from '@ioi/protocol';

/**
 * What a runtime can do at all, and keep apart (whitepaper 2.6.5). What is wanted with it is an
 * intent, and whose things it may touch a scope: neither has a primitive of its own.
 */
const primitiveCapabilities: ReadonlySet<string> = new Set([
  'prim:fs.read',
  'prim:fs.write',
  'prim:sys.exec',
  'prim:ui.interact',
  'prim:net.request',
  'prim:model.invoke',
]);

/** What evidence may look like, whoever holds it (whitepaper E.1). */
const evidenceShapes: ReadonlySet<string> = new Set([
  'queryable_index',
  'timestamped_record',
  'keyed_record',
  'document',
  'listing',
  'measurement',
  'event_stream',
]);

/** Rejects with `ontology.foreign_primitive` at the first that no runtime provides. */
export function onlyPrimitives(capabilities: readonly string[]): Result<undefined, Rejection> {
  const foreign = capabilities.find(
    (each) => each.startsWith('prim:') && !primitiveCapabilities.has(each),
  );
  if (foreign === undefined) return ok(undefined);
  const message =
    `${foreign} is no primitive: there are ${[...primitiveCapabilities].join(', ')}. What it ` +
    'is wanted for is an intent, whose it is a scope';
  return err({ code: 'ontology.foreign_primitive', message });
}

/** Rejects with `resolver.foreign_evidence` at a provider, a host or a subject of interest. */
export function onlyShapes(affordances: readonly string[]): Result<undefined, Rejection> {
  const foreign = affordances.find((each) => !evidenceShapes.has(each));
  if (foreign === undefined) return ok(undefined);
  const message =
    `${foreign} is no shape of evidence: there are ${[...evidenceShapes].join(', ')}. Who ` +
    'holds it is found afterwards';
  return err({ code: 'resolver.foreign_evidence', message });
}
