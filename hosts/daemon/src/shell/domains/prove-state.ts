import type { StateProver } from '@ioi/agentgres';
import type { StateAnswer, StateQuestion } from '@ioi/agentgres/shell';
import { encodeBase64, err, ok, type Result } from '@ioi/basis';
import type { HeadText } from '@ioi/law';
import type { Rejection, StateRootProof } from '@ioi/protocol';
import { sealersIn, shownCommit } from '../epoch-entries.ts';
import { cosignedNote } from '../export.ts';
import type { Writer } from '../writer.ts';
import type { DomainHandle } from './domains.ts';

/** Whoever answers from the state between two commits. */
export type Prover = Pick<Writer, 'prove'>;

/**
 * One read with all that shows it: what the writer answers between two commits, the commit entry
 * it stands under, and a note with both signatures over that entry. Rejects with
 * `export.not_cosigned` when the cosignature does not come.
 */
export async function proveState(
  { writer, handle }: { writer: Prover; handle: DomainHandle },
  question: StateQuestion,
): Promise<Result<{ readonly size: number; readonly proof: StateRootProof }, Rejection>> {
  const { domainId, reader, latest, slot } = handle;
  const answered = await writer.prove(slot, question);
  if (!answered.ok) return answered;
  const { size } = answered.value;
  const cosigned = await cosignedNote(reader, latest);
  if (!cosigned || cosigned.size < size) {
    return err({ code: 'export.not_cosigned', message: 'the cosignature is not there yet' });
  }
  const { note } = cosigned;
  const sealers = await sealersIn(reader, cosigned.size);
  const commit = await shownCommit(reader, size - 1, cosigned.size);
  const shown = shownBy(question, answered.value);
  return ok({ size, proof: { domain_id: domainId, note, ...sealers, ...commit, ...shown } });
}

function shownBy(
  question: StateQuestion,
  answer: StateAnswer,
): Pick<StateRootProof, 'objects' | 'listing'> {
  if (answer.kind === 'objects') {
    const objects = answer.heads.map(({ key, head, proof }) => {
      return { head_class: key.headClass, id: key.id, ...valueIn(head), path: encodeBase64(proof) };
    });
    return { objects };
  }
  const objects = answer.heads.map(({ id, value }) => ({ id, value: JSON.parse(value ?? 'null') }));
  const head_class = question.kind === 'listing' ? question.headClass : '';
  return { objects: [], listing: { head_class, objects, path: encodeBase64(answer.proof) } };
}

function valueIn(head: HeadText | undefined): { value?: unknown } {
  return head?.value === undefined ? {} : { value: JSON.parse(head.value) };
}

/** Proofs for reads of projections of a domain. */
export function stateProver(writer: Prover, handle: DomainHandle): StateProver {
  return {
    prove: async (seq, keys) => {
      const proved = await proveState({ writer, handle }, { kind: 'objects', keys });
      return proved.ok && proved.value.size === seq + 1 ? proved.value.proof : undefined;
    },
  };
}
