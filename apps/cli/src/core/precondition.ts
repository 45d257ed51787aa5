import { err, ok, type Result } from '@ioi/basis';
import type { ReadPrecondition } from '@ioi/protocol';
import { headClassOf } from './domain-view.ts';

const FORM = /^([^/@]+)(?:\/(.+))?@([0-9]{1,15})$/;

/** `CLASS@SEQ` or `CLASS/ID@SEQ`: what must not have changed since that place in the log. */
export function preconditionOf(
  text: string,
): Result<ReadPrecondition, { readonly message: string }> {
  const [, name, id, since] = FORM.exec(text) ?? [];
  if (name === undefined || since === undefined) {
    return err({ message: `--if-unchanged takes CLASS[/ID]@SEQ, not ${text}` });
  }
  return ok({ head_class: headClassOf(name), ...(id === undefined ? {} : { id }), since });
}
