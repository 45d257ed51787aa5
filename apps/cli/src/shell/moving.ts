import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MoveHead } from '@ioi/law';
import type { AgentStateArchiveEnvelope } from '@ioi/protocol';
import { verifyEntry } from '@ioi/verifier';
import { canonicalText, type StateHeads } from '../core/archive-state.ts';
import { entryProofIn, entryProofText } from '../core/entry-proof-text.ts';
import { refusedArchive } from './archive-files.ts';
import { type Context, type Options, textOption } from './context.ts';
import { CommandFault } from './fault.ts';

const PATIENCE_MS = 30_000;
const POLL_MS = 200;

/** Where a domain is going, or went; undefined while it stays. */
export async function moveOf({ daemon }: Context, name: string): Promise<MoveHead | undefined> {
  try {
    return (await daemon.domains.object(name, 'move', 'move')).value as MoveHead;
  } catch (fault) {
    if (fault instanceof CommandFault && fault.about.code === 'object.unknown') return undefined;
    throw fault;
  }
}

/** What a log says of where its domain goes. */
export function moveIn(heads: StateHeads): MoveHead | undefined {
  const text = heads.get('move')?.get('move');
  return text === undefined ? undefined : (JSON.parse(text) as MoveHead);
}

/** Beside an archive: what shows that its domain ended where it was. */
export function movedPath(archive: string): string {
  return `${archive}.moved`;
}

/** The proof of the last entry of a domain, once it has both signatures. */
export async function saveMoved(
  { daemon }: Context,
  name: string,
  { seq, to }: { readonly seq: string; readonly to: string },
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      const text = entryProofText(await daemon.domains.entryProof(name, seq));
      // In the place of whatever a command that was killed left of it.
      const part = `${to}.${process.pid}.part`;
      writeFileSync(part, text, { mode: 0o600, flush: true });
      renameSync(part, to);
      return;
    } catch (fault) {
      const isEarly = fault instanceof CommandFault && fault.about.code === 'export.not_cosigned';
      if (!isEarly || performance.now() > deadline) throw fault;
      await sleep(POLL_MS);
    }
  }
}

type Arriving = {
  readonly envelope: AgentStateArchiveEnvelope;
  readonly heads: StateHeads;
  /** Who sealed the log inside. */
  readonly nodeId: string;
  readonly domainId: string;
};

/**
 * A domain that was on its way when it was archived is made at the node that it goes to, under the
 * name that was said, and once it is shown that it ended where it was. So nobody writes in both.
 */
export async function holdArriving(
  { daemon }: Context,
  { envelope, heads, nodeId, domainId }: Arriving,
  options: Options,
): Promise<void> {
  const move = moveIn(heads);
  const path = textOption(options, 'moved');
  if (move === undefined) {
    if (path === undefined) return;
    throw refusedArchive('archive.not_moved', 'its domain was on no way when it was archived');
  }
  const { node_id: here } = await daemon.status();
  const where = `${move.to_domain_id} at ${move.to_node_id}`;
  const isHere = move.to_node_id === here && move.to_domain_id === domainId;
  if (!isHere) {
    throw refusedArchive('archive.moved_elsewhere', `its domain goes on as ${where}, not here`);
  }
  // One that was made after the end has the end in it.
  if (move.state === 'moved' || options['check'] === true) return;
  if (path === undefined) {
    const message = 'its domain may still go on where it was: --moved FILE shows that it ended';
    throw refusedArchive('archive.still_there', message);
  }
  const proof = entryProofIn(existsSync(path) ? readFileSync(path, 'utf8') : '');
  const verified = proof && verifyEntry(proof, { nodeId });
  const finish = {
    move_id: move.move_id,
    archive_id: envelope.archive_id,
    archive_sha256: envelope.archive_sha256,
  };
  const isShown =
    verified?.ok === true &&
    verified.value.effect === 'stands' &&
    verified.value.domain_id === envelope.domain_id &&
    verified.value.entry.operation === 'move/finish' &&
    canonicalText(verified.value.entry.payload) === canonicalText(finish);
  if (isShown) return;
  const why = verified?.ok === false ? `: ${verified.error.message}` : '';
  const message = `${path} does not show that the domain ended with this very archive${why}`;
  throw refusedArchive('archive.not_moved', message);
}
