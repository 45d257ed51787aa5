import type { ProjectionDefinition } from '@ioi/protocol';
import { audit } from './audit.ts';
import { boundaryProjections } from './boundary.ts';
import { governanceProjections } from './governance.ts';
import { objectProjections } from './objects.ts';

/** Projections every node has. */
export const builtInProjections: readonly ProjectionDefinition[] = [
  ...boundaryProjections,
  ...governanceProjections,
  ...objectProjections,
  audit,
];

const ANYWHERE = 'projection://*/';

/** The full name of a projection: one without an authority is built in, or of every domain. */
export function projectionName(given: string): string {
  return given.startsWith('projection://') ? given : `${ANYWHERE}${given}`;
}
