import type { Result } from '@ioi/basis';
import {
  asksProvenance,
  bundleInForce,
  type Layers,
  layersInForce,
  type PolicyCache,
} from '@ioi/law';
import type { Rejection } from '@ioi/protocol';
import type { HeadReader } from './head-reader.ts';

/** The layers that decide now, as far as this process has seen them sealed. */
export function layersNow(reader: HeadReader, policies: PolicyCache): Result<Layers, Rejection> {
  // Only the age of a bundle is told by the time, so it is not read for nothing.
  const chainTime = BigInt(bundleInForce(reader) ? reader.chainTime() : 0);
  return layersInForce({ view: reader, policies, evidence: reader.evidence, chainTime });
}

/** Whether any of them asks where values come from or what was read. */
export function asksProvenanceNow(reader: HeadReader, policies: PolicyCache): boolean {
  const layers = layersNow(reader, policies);
  return layers.ok && asksProvenance(layers.value);
}
