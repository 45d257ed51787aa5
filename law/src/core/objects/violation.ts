import { err } from '@ioi/basis';
import type { ConstraintDefinitionEnvelope, Rejection } from '@ioi/protocol';

export type Refused = { readonly ok: false; readonly error: Rejection };

type Definition = Pick<ConstraintDefinitionEnvelope, 'constraint_id' | 'constraint_type'>;
type Subject = { readonly objectClass: string; readonly id: string };

/** Which constraint, on which object, at which pointer. */
export function nameOf(
  { constraint_id }: Pick<Definition, 'constraint_id'>,
  { objectClass, id }: Subject,
  pointer: string,
): string {
  return `${constraint_id} on ${objectClass}/${id} at ${pointer === '' ? 'the whole' : pointer}`;
}

/** The rejection by a constraint, under the code of its type. */
export function violated(
  definition: Definition,
  subject: Subject,
  pointer: string,
  message: string,
): Refused {
  const code = `constraint.${definition.constraint_type}`;
  return err({ code, message: `${nameOf(definition, subject, pointer)}: ${message}` });
}
