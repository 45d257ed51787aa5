import type { Json } from '@ioi/canon';
import type { ActionRules } from '@ioi/protocol';
import {
  type JsonObject,
  type Reading,
  readCount,
  readList,
  readObject,
  readText,
} from './reader.ts';

type OntologyPolicy = NonNullable<ActionRules['ontology_policy']>;
type Override = NonNullable<OntologyPolicy['intent_failure_overrides']>[number];
type Preferences = NonNullable<OntologyPolicy['tool_preferences']>;

const COUNTS = { least: 0, most: Number.MAX_SAFE_INTEGER };
const SHORT = 256;
const OVERRIDE_TEXTS = ['intent_class', 'failure_class', 'strategy_name'] as const;

/** The part of a policy that bounds recovery from failed intents (whitepaper A.1, E). */
export function readOntologyPolicy(
  value: Json,
  pointer: string,
  reading: Reading,
): OntologyPolicy | undefined {
  const optional = [
    'approval_mode',
    'max_incident_transitions',
    'intent_failure_overrides',
    'tool_preferences',
  ];
  const given = readObject(value, pointer, { required: [], optional }, reading);
  if (given === undefined) return undefined;
  const read: OntologyPolicy = {};
  const { approval_mode, max_incident_transitions } = given;
  const { intent_failure_overrides, tool_preferences } = given;
  if (approval_mode !== undefined) {
    const mode = readText(approval_mode, `${pointer}/approval_mode`, 64, reading);
    if (mode !== undefined) read.approval_mode = mode;
  }
  if (max_incident_transitions !== undefined) {
    const place = `${pointer}/max_incident_transitions`;
    const count = readCount(max_incident_transitions, place, COUNTS, reading);
    if (count !== undefined) read.max_incident_transitions = count;
  }
  if (intent_failure_overrides !== undefined) {
    const item = (each: Json, place: string): Override | undefined =>
      readOverride(each, place, reading);
    const shape = { least: 0, most: 256, item };
    const place = `${pointer}/intent_failure_overrides`;
    const overrides = readList(intent_failure_overrides, place, shape, reading);
    if (overrides !== undefined) read.intent_failure_overrides = overrides;
  }
  if (tool_preferences !== undefined) {
    const place = `${pointer}/tool_preferences`;
    const preferences = readPreferences(tool_preferences, place, reading);
    if (preferences !== undefined) read.tool_preferences = preferences;
  }
  return read;
}

function readOverride(value: Json, pointer: string, reading: Reading): Override | undefined {
  const required = [...OVERRIDE_TEXTS, 'max_transitions'];
  const given = readObject(value, pointer, { required, optional: [] }, reading);
  if (given === undefined) return undefined;
  const [intent_class, failure_class, strategy_name] = OVERRIDE_TEXTS.map((name) =>
    readText(given[name] as Json, `${pointer}/${name}`, SHORT, reading),
  );
  const place = `${pointer}/max_transitions`;
  const max_transitions = readCount(given['max_transitions'] as Json, place, COUNTS, reading);
  if (intent_class === undefined || failure_class === undefined) return undefined;
  if (strategy_name === undefined || max_transitions === undefined) return undefined;
  return { intent_class, failure_class, strategy_name, max_transitions };
}

function readPreferences(value: Json, pointer: string, reading: Reading): Preferences | undefined {
  const lists = ['install_manager_priority', 'forbidden_remediation_tools'] as const;
  const optional = [...lists, 'bounded_reprompt_limit'];
  const given = readObject(value, pointer, { required: [], optional }, reading);
  if (given === undefined) return undefined;
  const read: Preferences = {};
  for (const name of lists) {
    const tools = readTools(given, name, pointer, reading);
    if (tools !== undefined) read[name] = tools;
  }
  const limit = given['bounded_reprompt_limit'];
  if (limit !== undefined) {
    const count = readCount(limit, `${pointer}/bounded_reprompt_limit`, COUNTS, reading);
    if (count !== undefined) read.bounded_reprompt_limit = count;
  }
  return read;
}

function readTools(
  given: JsonObject,
  name: string,
  pointer: string,
  reading: Reading,
): string[] | undefined {
  const value = given[name];
  if (value === undefined) return undefined;
  const item = (each: Json, place: string): string | undefined =>
    readText(each, place, 4096, reading);
  return readList(value, `${pointer}/${name}`, { least: 1, most: 4096, item }, reading);
}
