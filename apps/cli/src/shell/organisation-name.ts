import type { PrincipalKey } from '@ioi/protocol';
import { ORGANISATION_NAME } from '../core/organisation-source.ts';
import { type Options, textOption } from './context.ts';
import { usageFault } from './fault.ts';
import { keyIdOf } from './principal-key.ts';

/** As given; else one that says which key it is. */
export function organisationName(key: PrincipalKey, options: Options): string {
  const given = textOption(options, 'as');
  if (given === undefined) return `org://${keyIdOf(key).slice('sha256:'.length).slice(0, 16)}`;
  if (ORGANISATION_NAME.test(given)) return given;
  throw usageFault(`--as takes a name such as org://example, not ${given}`);
}
