import { ok, type Result } from '@ioi/basis';
import type { ConstraintDefinitionEnvelope } from '@ioi/protocol';
import type { CompiledConstraints } from './constraint.ts';
import type { Fault } from './pointer.ts';
import type { Declared } from './type-declaration.ts';

export function compileConstraints(
  _definitions: readonly ConstraintDefinitionEnvelope[],
  _declared: Declared,
): Result<CompiledConstraints, Fault> {
  return ok({ local: [], timed: [], indexed: [] });
}
