import type { ClassesPage, EntryProof } from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import { sealersIn, shownCommit } from '../epoch-entries.ts';
import { cosignedNote } from '../export.ts';
import { problem } from '../problem.ts';
import type { Acting } from './domain-routes.ts';
import type { DomainHandle } from './domains.ts';
import { commitOf, explainItem } from './explain-item.ts';

/** What an operator asks of a domain beyond its objects. */
export function addInspectionRoutes(
  app: Hono,
  at: (act: Acting) => (context: Context) => Promise<Response>,
): void {
  app.get('/v1/domains/:name/classes', at(classes));
  app.get('/v1/domains/:name/entries/:seq/proof', at(entryProof));
  app.get('/v1/domains/:name/explain/:id', at(explained));
}

function classes({ reader }: DomainHandle, context: Context): Response {
  const page: ClassesPage = {
    watermark: `domain_seq:${reader.size - 1}`,
    classes: reader.classes().map(({ headClass, count }) => ({
      head_class: headClass,
      objects: count,
    })),
  };
  return context.json(page);
}

async function entryProof(handle: DomainHandle, context: Context): Promise<Response> {
  const { reader, latest, domainId } = handle;
  const seq = Number(context.req.param('seq'));
  if (!Number.isSafeInteger(seq) || seq < 0 || seq >= reader.size) {
    return problem('id.unknown', 'no entry is sealed at this place', 404);
  }
  const cosigned = await cosignedNote(reader, latest);
  const asked = reader.entry(seq);
  const closing = asked && commitOf(reader, asked);
  if (!cosigned || !closing || Number(closing.seq) >= cosigned.size) {
    return problem('export.not_cosigned', 'ask again in a moment', 503);
  }
  const { note, size } = cosigned;
  const sealers = await sealersIn(reader, size);
  const entry = await reader.included(seq, size);
  const shown = await shownCommit(reader, Number(closing.seq), size);
  const proof: EntryProof = { domain_id: domainId, note, ...sealers, entry, ...shown };
  return context.json(proof);
}

function explained(handle: DomainHandle, context: Context): Response {
  const id = context.req.param('id') ?? '';
  const explanation = explainItem(handle, id);
  if (explanation) return context.json(explanation);
  return problem('id.unknown', `nothing is known as ${id} in ${handle.domainId}`, 404);
}
