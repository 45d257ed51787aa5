import type { RuntimeToolContract, ToolDetail } from '@ioi/protocol';

/**
 * A contract to start from for a tool that has none: the most careful reading of it. A person
 * has to say what it really does before it goes into node.json.
 */
export function draftContract({ server, tool, schema_hash }: ToolDetail): RuntimeToolContract {
  return {
    server,
    tool,
    version: 'draft',
    schema_hash,
    target: `mcp::${server}::${tool}`,
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: 'high',
    effect: 'at_most_once',
    parameters: [],
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'topology_dependent',
    postconditions: ['output_present'],
    limits: { timeout_ms: 60_000, output_bytes: 1_048_576 },
  };
}
