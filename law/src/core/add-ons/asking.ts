import { type Digest, digestOf } from '@ioi/canon';
import type { AddOnManifest, RuntimeToolContract } from '@ioi/protocol';
import { hashOf } from '../governance/names.ts';
import type { RequestsOf } from '../workers/widening.ts';
import { addOnName } from './heads.ts';

const TIMEOUT_MS = 30_000;
const OUTPUT_BYTES = 1_048_576;

/**
 * What a skill or extension asks for, line by line. Each tool is asked for by itself; what it says
 * and takes, what is started and each file are wishes, so that words for a model that read
 * otherwise are looked at again: two versions with the same lines differ in nothing but the number.
 */
export function addOnRequests(manifest: AddOnManifest): RequestsOf {
  const { tools = [], hosts = [], files, about, entry } = manifest;
  const able = tools.flatMap(({ primitive_capabilities }) => primitive_capabilities);
  const scopes = tools.flatMap(({ authority_scopes }) => authority_scopes);
  const said = tools.map(({ name, effect, risk_class: risk }) => {
    return `tool ${name}: ${effect}, ${risk} risk`;
  });
  return {
    capabilities: [...new Set<string>([...able, ...said])].sort(),
    scopes: [...new Set(scopes)].sort(),
    wishes: [
      ...hosts.map((host) => `network ${host}`),
      `says ${about}`,
      ...(entry === undefined ? [] : [`starts ${entry.file} as ${entry.language}`]),
      ...tools.flatMap(({ name, description, input_schema, parameters }) => [
        `tool ${name} says ${description}`,
        `tool ${name} takes ${hashOf({ input_schema, parameters })}`,
      ]),
      ...files.map(({ path, digest }) => `file ${path} ${digest}`),
    ],
  };
}

/** Its tools land below its own name alone: a rule for `fs::write` never means one of them. */
export function addOnContracts(manifest: AddOnManifest): readonly RuntimeToolContract[] {
  const server = addOnName(manifest);
  const isRemote = (manifest.hosts ?? []).length > 0;
  return (manifest.tools ?? []).flatMap((tool): RuntimeToolContract[] => {
    const schema = digestOf(tool.input_schema);
    if (!schema.ok) return [];
    const { name, primitive_capabilities, authority_scopes, risk_class, effect } = tool;
    return [
      {
        ...{ server, tool: name, version: manifest.version },
        schema_hash: schema.value,
        target: `mcp::${server}::${name}`,
        ...{ primitive_capabilities, authority_scopes, risk_class, effect },
        parameters: tool.parameters.map((each) => ({ ...each, parameter: each.argument })),
        ...{ facts: [], secret_slots: [], rrsa_domain: 'unmapped', postconditions: [] },
        applicability_class: isRemote ? 'remote_retrieval' : 'deterministic_local',
        limits: { timeout_ms: TIMEOUT_MS, output_bytes: OUTPUT_BYTES },
      },
    ];
  });
}

const READ_SCHEMA = {
  type: 'object',
  properties: { path: { type: 'string', description: 'SKILL.md unless told' } },
  additionalProperties: false,
} as const;

/** The one tool of every skill, for agents and workers that take no prompts. */
export function skillTool({ about, id }: AddOnManifest) {
  const name = addOnName({ id });
  return {
    name: 'read_skill',
    description: `The skill ${name}, or a file of it. ${about}`,
    inputSchema: READ_SCHEMA,
  };
}

export function skillContract(manifest: AddOnManifest): RuntimeToolContract {
  const schema = digestOf(READ_SCHEMA);
  const server = addOnName(manifest);
  return {
    ...{ server, tool: 'read_skill', version: manifest.version },
    schema_hash: (schema.ok ? schema.value : '') as Digest,
    target: `mcp::${server}::read_skill`,
    ...{ primitive_capabilities: ['prim:fs.read'], authority_scopes: [] },
    ...{ risk_class: 'low', effect: 'read', returns: 'text' },
    parameters: [{ argument: 'path', parameter: 'path', kind: 'value' }],
    ...{ facts: [], secret_slots: [], rrsa_domain: 'unmapped', postconditions: [] },
    applicability_class: 'deterministic_local',
    limits: { timeout_ms: TIMEOUT_MS, output_bytes: OUTPUT_BYTES },
  };
}
