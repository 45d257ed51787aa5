import { assert } from '@ioi/basis';
import { digestOf } from '@ioi/canon';
import type { RuntimeToolContract } from '@ioi/protocol';

/** No server of node.json has this name: it is the shell of programs in a sandbox. */
export const COMMAND_SERVER = 'ioi-shell';

/** Of each of its two outputs, that is kept beside the log. */
export const MOST_OUTPUT_BYTES = 65_536;

const TEXT = { type: 'string' };
const SCHEMA = digestOf({
  type: 'object',
  properties: { command: TEXT, cwd: TEXT },
  required: ['command', 'cwd'],
  additionalProperties: false,
});

/**
 * To have a shell do what a text says, in the sandbox that the shell is in. The same act as that
 * of a server of MCP that has a shell: one target, the same parameters.
 */
export function commandContract(): RuntimeToolContract {
  assert(SCHEMA.ok, 'our own schema has a canonical form');
  return {
    server: COMMAND_SERVER,
    tool: 'command',
    version: '1',
    schema_hash: SCHEMA.value,
    target: 'sys::exec',
    primitive_capabilities: ['prim:sys.exec'],
    authority_scopes: [],
    risk_class: 'low',
    effect: 'at_most_once',
    parameters: [
      { argument: 'command', parameter: 'command', kind: 'value' },
      { argument: 'cwd', parameter: 'cwd', kind: 'path' },
    ],
    facts: ['workspace_root'],
    secret_slots: [],
    rrsa_domain: 'shell',
    applicability_class: 'deterministic_local',
    postconditions: ['output_present'],
    limits: { timeout_ms: 3_600_000, output_bytes: 4 * MOST_OUTPUT_BYTES },
  };
}

/** Whether a contract is this one, and not of a server that took the name. */
export function isCommandContract({ server, schema_hash }: RuntimeToolContract): boolean {
  return server === COMMAND_SERVER && SCHEMA.ok && schema_hash === SCHEMA.value;
}
