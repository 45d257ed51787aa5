import { createWriteStream, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { canonicalJson } from '@ioi/canon';
import { verifyRead } from '@ioi/verifier';
import { shortDomain } from '../core/domain-view.ts';
import type { ClassHeads } from '../core/heads-diff.ts';
import type { Context } from './context.ts';
import { CommandFault } from './fault.ts';
import { foldExport } from './fold-export.ts';
import { openExport } from './save-export.ts';

/** A state whose objects can be listed, class by class. */
export type HeadSource = {
  /** As a person would name it again. */
  readonly name: string;
  readonly size: number;
  readonly stateRoot: string;
  readonly classes: readonly string[];
  heads(headClass: string): Promise<ClassHeads>;
};

const PLACED = /^(.+)@([0-9]{1,15})$/;

/** `DOMAIN`, `DOMAIN@SEQ`, or an export: `FILE` or `FILE@SEQ`. */
export async function headSource(context: Context, given: string): Promise<HeadSource> {
  const [, name, place] = existsSync(given) ? [] : (PLACED.exec(given) ?? []);
  const target = name ?? given;
  const to = place === undefined ? undefined : Number(place);
  if (existsSync(target) && statSync(target).isFile()) return fromExport(given, target, to);
  return to === undefined ? fromDomain(context, target) : fromPast(context, target, to);
}

/** The domain as it is: listings that are shown to be complete. */
async function fromDomain({ daemon }: Context, name: string): Promise<HeadSource> {
  const { domains } = daemon;
  const status = await domains.status(name);
  const { classes } = await domains.classes(name);
  return {
    name: shortDomain(status.domain_id),
    size: status.size,
    stateRoot: status.state_root ?? '',
    classes: classes.map(({ head_class }) => head_class),
    heads: async (headClass) => {
      const { proof } = await domains.provenListing(name, headClass);
      const read = verifyRead(proof);
      if (!read.ok) throw unverified(read.error.code, read.error.message);
      const isAsked = read.value.domain_id === status.domain_id;
      if (!isAsked || proof.listing?.head_class !== headClass) {
        throw unverified('read.other', `what came is no listing of ${headClass} in ${name}`);
      }
      if (read.value.state_root !== status.state_root) throw moved(name);
      const { objects } = proof.listing;
      return new Map(objects.map(({ id, value }) => [id, textOf(value)]));
    },
  };
}

/** Its log up to a place, folded here: a domain keeps no listing of its past. */
async function fromPast({ daemon }: Context, name: string, to: number): Promise<HeadSource> {
  const folder = mkdtempSync(join(tmpdir(), 'ioi-heads-'));
  const path = join(folder, 'export');
  try {
    const answer = await openExport({ export: () => daemon.domains.export(name) });
    await pipeline(answer, createWriteStream(path, { mode: 0o600 }));
    return fromExport(`${name}@${to}`, path, to);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fromExport(name: string, path: string, to: number | undefined): HeadSource {
  const { heads, size, stateRoot } = foldExport(path, { name, to });
  const byClass = new Map<string, Map<string, string>>();
  for (const { headClass, id, value } of heads.all()) {
    const held = byClass.get(headClass) ?? new Map<string, string>();
    if (value !== undefined) byClass.set(headClass, held.set(id, value));
  }
  return {
    name,
    size,
    stateRoot,
    classes: [...byClass.keys()],
    heads: async (headClass) => byClass.get(headClass) ?? new Map(),
  };
}

function textOf(value: unknown): string {
  const text = canonicalJson(value);
  if (!text.ok) throw unverified('read.malformed', text.error.message);
  return text.value;
}

/** Classes of two moments are of no state that ever was. */
function moved(name: string): CommandFault {
  const message = `${name} went on while it was read`;
  const next = 'the same command again, or with DOMAIN@SEQ';
  return new CommandFault({ exit: 'unexpected', code: 'read.moved', message, next });
}

function unverified(code: string, message: string): CommandFault {
  const next = 'ioi agentgres doctor';
  return new CommandFault({ exit: 'unverified', code, message, next });
}
