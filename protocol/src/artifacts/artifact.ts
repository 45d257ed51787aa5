import type { Static, TSchema } from 'typebox';

/**
 * `enforceable`: an input to disputes; binds digests, Chain Time and sequence numbers only.
 * `observational`: telemetry; may carry wall time, never decides anything. (whitepaper 2.4)
 */
export type ArtifactClass = 'enforceable' | 'observational';

export type ArtifactDeclaration<S extends TSchema = TSchema> = {
  readonly name: string;
  readonly source: string;
  readonly summary: string;
  readonly artifactClass: ArtifactClass;
  readonly schema: S;
  /** Valid instances, published as vectors. */
  readonly examples: readonly Static<S>[];
  /** Instances every implementation must refuse, each with the reason. */
  readonly refused: readonly { readonly why: string; readonly value: unknown }[];
};

/**
 * One declaration per artifact. From it the generator emits the TypeScript type, the
 * validator, the JSON Schema, the vectors and the reference page.
 * Throws when an enforceable artifact binds wall time (whitepaper 2.4, DBIS-3).
 */
export function artifact<S extends TSchema>(
  declaration: ArtifactDeclaration<S>,
): ArtifactDeclaration<S> {
  if (declaration.artifactClass === 'enforceable' && bindsWallTime(declaration.schema)) {
    throw new Error(`${declaration.name} is enforceable and must not bind wall time`);
  }
  return declaration;
}

function bindsWallTime(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if ((node as { 'x-time'?: unknown })['x-time'] === 'wall') return true;
  return Object.values(node).some(bindsWallTime);
}
