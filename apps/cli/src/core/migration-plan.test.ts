import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClassHead } from '@ioi/law';
import { migrationLine, migrationStateOf, proposalOf } from './migration-plan.ts';

const head = { schema_version: '1.0.0' } as ClassHead;
const planning = { domain_id: 'agentgres://domain/m.example', object_class: 'Service', head };
const written = { to_schema_version: '2.0.0', schema: { type: 'object', fields: {} } };

test('what an author leaves out has one value, and what is wrong is said', () => {
  const made = proposalOf(written, planning);
  assert.ok(made.ok);
  assert.equal(made.value.migration_id, 'mig_service_2_0_0');
  assert.equal(made.value.from_schema_version, '1.0.0');
  assert.equal(made.value.backfill_plan_ref, 'plan://m.example/service_2_0_0/backfill');
  const named = proposalOf({ ...written, migration_id: 'mig_mine' }, planning);
  assert.ok(named.ok && named.value.migration_id === 'mig_mine');
  const other = proposalOf({ ...written, object_class: 'Other' }, planning);
  assert.match(other.ok ? '' : other.error.message, /it is of Other, not Service/);
  const bare = proposalOf({ schema: {} }, planning);
  assert.match(bare.ok ? '' : bare.error.message, /needs to_schema_version/);
});

test('how far a migration came is one line', () => {
  const counts = { behind: 3, objects: 10 };
  const at = migrationStateOf('Service', head, counts);
  assert.equal(migrationLine(at), 'Service is at 1.0.0; no migration runs');
  const migration = {
    migration_id: 'mig_a',
    direction: 'forward',
    source: { schema_version: '0.9.0' },
  } as NonNullable<ClassHead['migration']>;
  const running = migrationStateOf('Service', { ...head, migration }, counts);
  assert.equal(migrationLine(running), 'mig_a runs: 7 of 10 objects are at 1.0.0, 3 at 0.9.0');
});
