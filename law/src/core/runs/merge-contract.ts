import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';

/** No server of node.json has this name: it is the gate between copies and folders. */
export const MERGE_SERVER = 'ioi-runs';

const TEXT = { type: 'string' };
const LIST = { type: 'array', items: TEXT };
const SCHEMA = digestOf({
  type: 'object',
  properties: {
    run: TEXT,
    paths: LIST,
    executed_later: LIST,
    summary: TEXT,
    change_set: TEXT,
    changes: TEXT,
    diff: TEXT,
  },
  required: ['run', 'paths', 'executed_later', 'summary', 'change_set', 'changes', 'diff'],
  additionalProperties: false,
});

/**
 * To bring what a run did to copies into the folders they were made of: one act, whatever it
 * changes, decided by every path. What others execute later makes it one of high risk.
 */
export function mergeContract(isExecutedLater: boolean): RuntimeToolContract {
  assert(SCHEMA.ok, 'our own schema has a canonical form');
  const value = (name: string) => ({ argument: name, parameter: name, kind: 'value' }) as const;
  const content = (name: string) => ({ argument: name, parameter: name, kind: 'content' }) as const;
  return {
    server: MERGE_SERVER,
    tool: isExecutedLater ? 'merge_executed_later' : 'merge',
    version: '1',
    schema_hash: SCHEMA.value,
    target: 'fs::merge',
    primitive_capabilities: ['prim:fs.write'],
    authority_scopes: [],
    risk_class: isExecutedLater ? 'high' : 'low',
    effect: 'at_most_once',
    parameters: [
      value('run'),
      { argument: 'paths', parameter: 'paths', kind: 'path_list' },
      value('executed_later'),
      value('summary'),
      value('change_set'),
      content('changes'),
      content('diff'),
    ],
    act: 'update',
    facts: ['workspace_root'],
    secret_slots: [],
    rrsa_domain: 'filesystem',
    applicability_class: 'deterministic_local',
    postconditions: ['content_matches'],
    limits: { timeout_ms: 3_600_000, output_bytes: 4096 },
  };
}

/** Whether a contract is one of these, and not of a server that took the name. */
export function isMergeContract({ server, schema_hash }: RuntimeToolContract): boolean {
  return server === MERGE_SERVER && SCHEMA.ok && schema_hash === SCHEMA.value;
}
