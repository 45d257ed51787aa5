import { encodeUtf8 } from '@ioi/basis';
import { SealKeys } from '@ioi/guardian/shell';
import { writeExport } from '@ioi/law';
import { Frontier, leafHash } from '@ioi/merkle';
import { verify } from '@ioi/verifier';
import type { World } from './world.ts';

/**
 * What the verifier has to say against the node's own log, exported under this note; undefined
 * when it accepts it. The one thing signed on another thread, once nothing is simulated any more.
 */
export async function faultInExport(world: World, note: string): Promise<string | undefined> {
  const { identity, oracle } = world;
  const { texts } = oracle.replay(identity.nodeDomain);
  const { frontier } = Frontier.empty.extend(texts.map((text) => leafHash(text)));
  const keys = new SealKeys(identity.guardian);
  const both = await keys.cosign(note, frontier, identity.genesis.origin);
  const without = { payload: () => undefined, isForgotten: () => false };
  const written = writeExport({ note: both, entries: texts, ...without });
  if (!written.ok) return written.error.message;
  const text = written.value.map((line) => `${line}\n`).join('');
  const report = verify([encodeUtf8(text)], { nodeId: identity.genesis.node_id });
  return report.ok ? undefined : `${report.findings[0].code}: ${report.findings[0].message}`;
}
