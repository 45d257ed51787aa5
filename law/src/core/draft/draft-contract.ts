import { isRuntimeToolContract, type RuntimeToolContract } from '@ioi/protocol';
import { actOf, afterPrefix } from './acts.ts';
import { isOpen, parameterOf, propertiesIn } from './parameters.ts';
import { returnsOf } from './returns.ts';

/** Of one answer, as of what MCP has beside tools; a server's own limit may be narrower. */
const MOST_ANSWER_BYTES = 8_388_608;

/** A tool as its server lists it. */
export type ListedTool = {
  readonly server: string;
  readonly tool: string;
  readonly description?: string;
  readonly inputSchema: unknown;
  readonly schemaHash: string;
};

/**
 * A contract to start from for a tool that has none, from its name and schema alone. What it does
 * is told by the verb it is called by; every argument of an act is a destination unless its name
 * ends in what is content, a time or a measure. Whatever cannot be told is read the careful way.
 * A person has to say whether it is true before it goes into node.json.
 */
export function draftContract(listed: ListedTool): RuntimeToolContract {
  const { server, tool, inputSchema } = listed;
  const properties = propertiesIn(inputSchema);
  const names = properties.map(([argument]) => argument);
  const act = isOpen(inputSchema) ? undefined : actOf(listed, names);
  const name = afterPrefix(listed);
  const isRead = act === 'read';
  return {
    server,
    tool,
    version: 'draft',
    schema_hash: listed.schemaHash,
    target: `mcp::${server}::${tool}`,
    primitive_capabilities: [],
    authority_scopes: [],
    risk_class: isRead ? 'low' : 'high',
    effect: isRead ? 'read' : 'at_most_once',
    parameters: properties.map(([argument, schema]) =>
      parameterOf(argument, schema, { act, name }),
    ),
    ...(act === undefined || isRead ? {} : { act }),
    returns: returnsOf(name, act),
    facts: [],
    secret_slots: [],
    rrsa_domain: 'unmapped',
    applicability_class: 'topology_dependent',
    postconditions: ['output_present'],
    limits: { timeout_ms: 60_000, output_bytes: MOST_ANSWER_BYTES },
  };
}

/** Whether a tool's names fit into a contract: a parameter `arguments` holds what has no name. */
export function isContract(drafted: RuntimeToolContract): boolean {
  const names = drafted.parameters.map(({ parameter }) => parameter);
  const isDistinct = new Set(names).size === names.length;
  return isRuntimeToolContract(drafted) && isDistinct && !names.includes('arguments');
}
