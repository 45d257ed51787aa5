import { digestOf } from '@ioi/canon';
import {
  type AnnouncedHead,
  GOVERNANCE,
  governanceKeys,
  keys,
  type MountedHead,
  type NodeHead,
  nodeEnvelopeIn,
} from '@ioi/law';
import { type HashedContract, type MountedServer, mountedModule } from '../core/index.ts';
import type { HeadReader } from './head-reader.ts';
import type { Writer } from './writer.ts';

type Recording = {
  readonly reader: HeadReader;
  readonly writer: Writer;
  readonly log: (message: string, about: object) => void;
};

/**
 * Records a mounted server as a service module, when it is not the one recorded before. What is
 * refused is only not recorded: nothing is allowed because it is.
 */
export async function recordMount(
  server: MountedServer,
  tools: readonly { readonly contract?: HashedContract }[],
  { reader, writer, log }: Recording,
): Promise<void> {
  const module = mountedModule(
    server,
    tools.flatMap(({ contract }) => contract ?? []),
  );
  const { manifest, contract_hashes } = module;
  const before = reader.get<MountedHead>(governanceKeys.mounted(manifest.module_id));
  const known = before && {
    manifest: before.manifest,
    contract_hashes: before.contract_hashes,
  };
  if (sameArtifact(known, { manifest, contract_hashes })) return;
  const recorded = await writer.submit(`${GOVERNANCE}/module.mount`, module);
  if (!recorded.ok) log('mounted module was not recorded', recorded.error);
}

/** Announces the node when something about it changed since it was announced. */
export async function announceNode({ reader, writer, log }: Recording): Promise<void> {
  const node = reader.get<NodeHead>(keys.node);
  if (!node) return;
  const envelope = nodeEnvelopeIn(reader, node);
  const before = reader.get<AnnouncedHead>(governanceKeys.announced);
  if (sameArtifact(before?.envelope, envelope)) return;
  const announced = await writer.submit(`${GOVERNANCE}/node.announce`, { envelope });
  if (!announced.ok) log('node was not announced', announced.error);
}

function sameArtifact(left: object | undefined, right: object): boolean {
  if (left === undefined) return false;
  const [one, other] = [digestOf(left), digestOf(right)];
  return one.ok && other.ok && one.value === other.value;
}
