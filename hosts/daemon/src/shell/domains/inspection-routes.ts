import { err, ok, type Result } from '@ioi/basis';
import type { ClassesPage, EntryProof, Rejection, VouchedReceipt } from '@ioi/protocol';
import type { Context, Hono } from 'hono';
import { sealersIn, shownCommit } from '../epoch-entries.ts';
import { cosignedNote } from '../export.ts';
import { problem } from '../problem.ts';
import type { Writer } from '../writer.ts';
import type { Acting } from './domain-routes.ts';
import type { DomainHandle } from './domains.ts';
import { commitOf, explainItem } from './explain-item.ts';

const STATUS: Readonly<Record<string, number>> = {
  'id.unknown': 404,
  'receipt.none': 404,
  'entry.not_standing': 409,
  'export.not_cosigned': 503,
};

/** What an operator asks of a domain beyond its objects. */
export function addInspectionRoutes(
  app: Hono,
  at: (act: Acting) => (context: Context) => Promise<Response>,
  writer: Pick<Writer, 'vouch'>,
): void {
  app.get('/v1/domains/:name/classes', at(classes));
  app.get('/v1/domains/:name/entries/:seq/proof', at(entryProof));
  app.get('/v1/domains/:name/entries/:seq/vouched/:receipt', at(vouching(writer)));
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
  const proof = await proofOf(handle, Number(context.req.param('seq')));
  return proof.ok ? context.json(proof.value) : refused(proof.error);
}

/** The guardian looks at the proof itself, and signs what follows from it. */
function vouching(writer: Pick<Writer, 'vouch'>): Acting {
  return async (handle, context) => {
    const proof = await proofOf(handle, Number(context.req.param('seq')));
    if (!proof.ok) return refused(proof.error);
    const { note, entry, commit, next } = proof.value;
    const receiptId = context.req.param('receipt') ?? '';
    const shown = { note, entry, commit, ...(next ? { next } : {}) };
    const vouched = await writer.vouch(handle.slot, { shown, receiptId });
    if (!vouched.ok) return refused(vouched.error);
    const answer: VouchedReceipt = {
      proof: proof.value,
      receipt_id: receiptId,
      ...vouched.value,
    };
    return context.json(answer);
  };
}

async function proofOf(
  { reader, latest, domainId }: DomainHandle,
  seq: number,
): Promise<Result<EntryProof, Rejection>> {
  if (!Number.isSafeInteger(seq) || seq < 0 || seq >= reader.size) {
    return err({ code: 'id.unknown', message: 'no entry is sealed at this place' });
  }
  const cosigned = await cosignedNote(reader, latest);
  const asked = reader.entry(seq);
  const closing = asked && commitOf(reader, asked);
  if (!cosigned || !closing || Number(closing.seq) >= cosigned.size) {
    return err({ code: 'export.not_cosigned', message: 'ask again in a moment' });
  }
  const { note, size } = cosigned;
  const sealers = await sealersIn(reader, size);
  const entry = await reader.included(seq, size);
  const shown = await shownCommit(reader, Number(closing.seq), size);
  return ok({ domain_id: domainId, note, ...sealers, entry, ...shown });
}

function refused({ code, message }: Rejection): Response {
  return problem(code, message, STATUS[code] ?? 422);
}

function explained(handle: DomainHandle, context: Context): Response {
  const id = context.req.param('id') ?? '';
  const explanation = explainItem(handle, id);
  if (explanation) return context.json(explanation);
  return problem('id.unknown', `nothing is known as ${id} in ${handle.domainId}`, 404);
}
