import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { Module, NamedOperation, Operation } from '@ioi/protocol';
import { attachArtifact, bindReference } from './bind.ts';
import { type ClassCache, classCache } from './class-cache.ts';
import { defineClass } from './define-class.ts';
import { defineConstraint, dropConstraint } from './define-constraint.ts';
import { checkInvariant, defineInvariant, dropInvariant } from './define-invariant.ts';
import type { ObjectEvent } from './events.ts';
import { evolve, touches } from './evolve.ts';
import {
  backfillMigration,
  commitMigration,
  proposeMigration,
  rollbackMigration,
} from './migrate.ts';
import { deleteObject, patchObject, putObject, transactObjects } from './write-objects.ts';

export const OBJECTS = 'objects';
/** Raised with every change of behaviour; old entries replay under the version they name. */
const VERSION = '1';

/**
 * Governed objects as a module (whitepaper 3.1, B.4): classes with schemas, constraints and
 * invariants that every write keeps, and migrations from one schema to the next.
 */
export function objectsModule(classes: ClassCache = classCache()): Module<ObjectEvent> {
  const operations: Record<string, NamedOperation<ObjectEvent>> = {
    'class.define': named(defineClass),
    put: named(putObject(classes)),
    patch: named(patchObject(classes)),
    delete: named(deleteObject(classes)),
    transact: named(transactObjects(classes)),
    'constraint.define': named(defineConstraint),
    'constraint.drop': named(dropConstraint),
    'invariant.define': named(defineInvariant(classes)),
    'invariant.drop': named(dropInvariant),
    'invariant.check': named(checkInvariant(classes)),
    'migration.propose': named(proposeMigration),
    'migration.backfill': named(backfillMigration(classes)),
    'migration.commit': named(commitMigration),
    'migration.rollback': named(rollbackMigration(classes)),
    'reference.bind': named(bindReference),
    'artifact.attach': named(attachArtifact),
  };
  const manifest = { name: OBJECTS, version: VERSION, operations: Object.keys(operations) };
  const moduleHash = digestOf(manifest);
  assert(moduleHash.ok, 'a manifest has a canonical form');
  return {
    name: OBJECTS,
    version: VERSION,
    moduleHash: moduleHash.value,
    // Objects themselves live in one class of heads for each class, `object.<Class>`.
    classes: {
      class: { limit: 100_000 },
      constraint: { limit: 100_000 },
      invariant: { limit: 100_000 },
      migration: { limit: undefined },
      reference: { limit: undefined },
      artifact: { limit: undefined },
    },
    operations,
    touches,
    evolve,
  };
}

/** Forgets the payload type; `admit` calls `accepts` first, which is what the type stood for. */
function named<P>(operation: Operation<P, ObjectEvent>): NamedOperation<ObjectEvent> {
  return operation as unknown as NamedOperation<ObjectEvent>;
}
