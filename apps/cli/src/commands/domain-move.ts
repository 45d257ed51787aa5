import { randomBytes } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { MoveHead } from '@ioi/law';
import { shortDomain } from '../core/domain-view.ts';
import { visible } from '../core/visible.ts';
import { envelopeOf, envelopePath, fileDigest, refusedArchive } from '../shell/archive-files.ts';
import {
  type Command,
  type Context,
  flagOption,
  needNode,
  type Options,
  textOption,
} from '../shell/context.ts';
import { usageFault } from '../shell/fault.ts';
import { makePrivateFolder } from '../shell/home.ts';
import { isMadeOf } from '../shell/import-domain.ts';
import { movedPath, moveOf, saveMoved } from '../shell/moving.ts';
import { archiveCreate } from './archive.ts';
import { archiveRestore, ownerShown } from './archive-restore.ts';

/**
 * `ioi domain move DOMAIN`: it goes on at another node. With `--to-home`, all of it; with
 * `--to-node`, `--recipient` and `--to` up to the archive that goes there; `--finish FILE` ends it
 * here; `--cancel` lets it go on here while it did not end. Interrupted, the same command goes on.
 */
export const domainMove: Command = async (context, [name = ''], options) => {
  needNode(context.home);
  const { domain_id: domainId } = await context.daemon.domains.status(name);
  const move = await moveOf(context, name);
  if (flagOption(options, 'cancel')) return cancelled(context, { name, move });
  const moving = { name, domainId, move, options };
  const home = textOption(options, 'toHome');
  if (home !== undefined) return wholeWay(context, moving, resolve(home));
  const finish = textOption(options, 'finish');
  if (finish !== undefined) {
    const ended = await finished(context, moving, resolve(finish));
    const lines = [`${visible(domainId)} ended here`, ...nextThere(ended)];
    context.output.say(lines, { ...ended, proof: movedPath(resolve(finish)) });
    return undefined;
  }
  const [to, recipient, node] = ['to', 'recipient', 'toNode'].map((key) =>
    textOption(options, key),
  );
  if (to === undefined || recipient === undefined || node === undefined) {
    throw usageFault('say where to: --to-home FOLDER, or --to-node ID --recipient FILE --to FILE');
  }
  await begun(context, moving, node);
  return archiveCreate(context, [name], { ...options, to, recipient });
};

type Moving = {
  readonly name: string;
  readonly domainId: string;
  readonly move: MoveHead | undefined;
  readonly options: Options;
};

function wentTo({ to_domain_id, to_node_id }: MoveHead): string[] {
  return [`it goes on as ${visible(to_domain_id)} at ${visible(to_node_id)}`];
}

function nextThere(move: MoveHead): string[] {
  const name = shortDomain(move.to_domain_id);
  return [
    ...wentTo(move),
    `next, there: ioi archive restore FILE --moved FILE.moved --as ${visible(name)}`,
  ];
}

/** Nothing but the end of the move is sealed in the domain from here on. */
async function begun(
  context: Context,
  { name, domainId, move, options }: Moving,
  nodeId: string,
): Promise<MoveHead> {
  const as = textOption(options, 'as') ?? domainId;
  const to = as.includes('://') ? as : `agentgres://domain/${as}`;
  if (move !== undefined) {
    if (move.to_node_id === nodeId && move.to_domain_id === to) return move;
    const message = `it is on its way to ${move.to_domain_id} at ${move.to_node_id}`;
    throw usageFault(message, `ioi domain move ${visible(name)} --cancel`);
  }
  const payload = {
    move_id: `move_${randomBytes(16).toString('hex')}`,
    ...{ to_node_id: nodeId, to_domain_id: to },
  };
  const { entry } = await context.daemon.domains.submit(name, { operation: 'move/begin', payload });
  return { ...payload, state: 'leaving', seq: entry.seq };
}

/** The last entry here names the archive; beside it is what shows that there is no other. */
async function finished(
  context: Context,
  { name, domainId, move }: Moving,
  archive: string,
): Promise<MoveHead> {
  const { archive_id, archive_sha256, domain_id } = envelopeOf(archive);
  if (move === undefined) throw usageFault(`${visible(name)} is on no way`);
  if (domain_id !== domainId) {
    throw refusedArchive('archive.other_domain', 'the archive is of another domain');
  }
  if (`sha256:${fileDigest(archive, () => {})}` !== archive_sha256) {
    throw refusedArchive('archive.hash_mismatch', 'the file is not the one its envelope names');
  }
  const { move_id } = move;
  if (move.state === 'moved') {
    if (move.archive_sha256 !== archive_sha256) {
      const message = `it ended with another archive, ${move.archive_id}`;
      throw refusedArchive('archive.other_archive', message);
    }
    await saveMoved(context, name, { seq: move.seq, to: movedPath(archive) });
    return move;
  }
  if (!(await isOfNow(context, name, archive))) {
    const message = 'the archive is of another time: it is made anew once the domain leaves';
    throw refusedArchive('archive.other_archive', message);
  }
  const payload = { move_id, archive_id, archive_sha256 };
  const request = { operation: 'move/finish', payload };
  const { entry } = await context.daemon.domains.submit(name, request);
  await saveMoved(context, name, { seq: entry.seq, to: movedPath(archive) });
  return { ...move, ...payload, state: 'moved', seq: entry.seq };
}

/**
 * It is of the domain as it is on this way: of no earlier one, nor of before. Where the domain
 * ended with another, nobody could make it of that.
 */
async function isOfNow({ daemon }: Context, name: string, archive: string): Promise<boolean> {
  const { state_root: now } = await daemon.domains.status(name);
  return envelopeOf(archive).base_state_root === now;
}

async function cancelled(
  context: Context,
  { name, move }: Pick<Moving, 'name' | 'move'>,
): Promise<undefined> {
  if (move === undefined) throw usageFault(`${visible(name)} is on no way`);
  const payload = { move_id: move.move_id };
  const request = { operation: 'move/cancel', payload };
  const { entry } = await context.daemon.domains.submit(name, request);
  removeFiles(kept(context, name));
  context.output.say([`${visible(name)} goes on here`], { seq: entry.seq, ...payload });
  return undefined;
}

/** Both nodes are of this account: what one has to show the other goes through files of ours. */
async function wholeWay(context: Context, moving: Moving, folder: string): Promise<undefined> {
  const { name, options } = moving;
  const there = context.at(folder);
  needNode(there.home);
  const { node_id: nodeId } = await there.daemon.status();
  const move = await begun(context, moving, nodeId);
  const file = kept(context, name);
  const recipient = join(there.home.guardian, 'identity.json');
  if (move.state === 'moved' && (await isMadeOf(there, move.to_domain_id, move))) {
    removeFiles(file);
    context.output.say(wentTo(move), move);
    return undefined;
  }
  // Asked for once: standard input, where it comes from there, is not read again.
  const restoring = { ...options, as: move.to_domain_id, owner: await ownerShown(there, options) };
  if (move.state === 'leaving') {
    // One whose envelope is there is whole: the envelope is written first, the archive put last.
    if (!existsSync(file) || !(await isOfNow(context, name, file))) {
      removeFiles(file);
      await archiveCreate(context, [name], { ...options, to: file, recipient });
    }
    await archiveRestore(there, [file], { ...restoring, check: true });
  }
  await finished(context, { ...moving, move }, file);
  await archiveRestore(there, [file], { ...restoring, moved: movedPath(file) });
  removeFiles(file);
  return undefined;
}

function kept({ home }: Context, name: string): string {
  const folder = join(home.folder, 'moving');
  makePrivateFolder(folder);
  return join(folder, `${encodeURIComponent(shortDomain(name))}.archive`);
}

function removeFiles(file: string): void {
  for (const each of [movedPath(file), envelopePath(file), file]) rmSync(each, { force: true });
}
