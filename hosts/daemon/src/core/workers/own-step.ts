import { canonicalJson, type Json } from '@ioi/canon';
import { type OwnGraphStep, routeOf } from '@ioi/law';
import type { StepAnswer, WorkerEnd, WorkerStep, WorkerTask } from '@ioi/protocol';

/** A step of a workflow that the node carries out itself, and where its act goes. */
export type OwnStep = {
  readonly step: OwnGraphStep;
  readonly workflow: string;
  readonly contract_hash: string;
  /** Of a step of a tool: under its contract. */
  readonly server: string;
  readonly tool: string;
};

type JsonObject = { readonly [name: string]: Json };
type Ports = NonNullable<OwnGraphStep['inputs']>;

const TYPES = {
  text: 'string',
  artifact: 'string',
  number: 'number',
  flag: 'boolean',
  record: 'object',
  list: 'array',
} as const;
const FENCE = /^\s*```(?:json)?\s*\n([\s\S]*?)\n\s*```\s*$/;

/** What it takes and gives, by its ports: nothing else is asked of it. */
export function ownTask({ kind, inputs = [], outputs = [] }: OwnGraphStep): WorkerTask {
  const given = inputs.filter(({ required }) => required !== false);
  return {
    name: kind,
    input_schema: schemaOf(inputs, given),
    output_schema: schemaOf(outputs, outputs),
  };
}

function schemaOf(ports: Ports, needed: Ports): JsonObject {
  const properties = ports.map(({ name, type }) => [name, { type: TYPES[type] }] as const);
  const required = needed.map(({ name }) => name);
  return { type: 'object', properties: Object.fromEntries(properties), required };
}

/** Its one act, as a worker would ask for it. */
export function ownAsked({ step, workflow, server, tool }: OwnStep, input: Json): WorkerStep {
  const given = input as JsonObject;
  switch (step.kind) {
    case 'tool': {
      const fixed = (step.params ?? {}) as JsonObject;
      const params = { server, tool, arguments: { ...fixed, ...given } };
      return { index: 0, target: 'tool::call', params };
    }
    case 'model': {
      const messages = [
        { role: 'system', content: `${step.instruction}${wantedOf(step)}` },
        { role: 'user', content: shownOf(given) },
      ];
      const params = { route: routeOf(step.model_id), messages };
      return { index: 0, target: 'model::invoke', params };
    }
    case 'approval': {
      const params = { workflow, question: step.question, shown: shownOf(given) };
      return { index: 0, target: 'workflow::ask', params };
    }
  }
}

/** One text as it is, else all of them by their names. */
function shownOf(given: JsonObject): string {
  const [only, ...others] = Object.values(given);
  if (typeof only === 'string' && others.length === 0) return only;
  const text = canonicalJson(given);
  return text.ok ? text.value : JSON.stringify(given);
}

/** A model that has to give more than a text is told what. */
function wantedOf({ outputs = [] }: OwnGraphStep): string {
  if (isOneText(outputs)) return '';
  const wanted = outputs.map(({ name, type }) => `"${name}" (${TYPES[type]})`).join(', ');
  return `\n\nAnswer with one JSON object and nothing else, which has ${wanted}.`;
}

function isOneText(ports: Ports): boolean {
  return ports.length === 1 && ports[0]?.type === 'text';
}

/** What its answer makes of it: the ports are filled from what came, or it failed. */
export function ownEnd({ step }: Pick<OwnStep, 'step'>, answer: StepAnswer): WorkerEnd {
  const { outputs = [] } = step;
  const [flag] = step.kind === 'approval' ? outputs : [];
  if (answer.kind === 'done') return { kind: 'returned', output: outputOf(step, answer.output) };
  // Only a person's own word is a no; nobody's answer in time is none.
  if (flag !== undefined && answer.code === 'approval.denied') {
    return { kind: 'returned', output: { [flag.name]: false } };
  }
  // Under its own code: no worker put it in other words.
  return { kind: 'died', code: answer.code, message: answer.message };
}

function outputOf({ kind, outputs = [] }: OwnGraphStep, output: Json): Json {
  const [first] = outputs;
  if (first === undefined) return {};
  if (kind === 'approval') return { [first.name]: true };
  return kind === 'model' ? fromModel(outputs, output) : fromTool(outputs, output);
}

function fromModel(ports: Ports, output: Json): Json {
  const text = String((output as JsonObject | null)?.['text'] ?? '');
  if (isOneText(ports)) return Object.fromEntries(ports.map(({ name }) => [name, text]));
  try {
    return only(ports, JSON.parse(FENCE.exec(text)?.[1] ?? text) as Json);
  } catch {
    // No object: then the schema of what it gives says so.
    return text;
  }
}

/** Records by their names; where a tool says it in words, those are what a port of text takes. */
function fromTool(ports: Ports, output: Json): Json {
  const { structuredContent, content } = Object(output) as JsonObject;
  const records = Object(structuredContent ?? {}) as JsonObject;
  const words = textIn(content);
  const [port, ...others] = ports;
  if (port !== undefined && others.length === 0 && !Object.hasOwn(records, port.name)) {
    if (port.type === 'text' && words !== undefined) return { [port.name]: words };
    if (port.type === 'record' && structuredContent) return { [port.name]: structuredContent };
  }
  return only(ports, records);
}

function textIn(content: Json | undefined): string | undefined {
  if (!Array.isArray(content)) return undefined;
  const texts = content.flatMap((each) => {
    const { type, text } = Object(each) as JsonObject;
    return type === 'text' && typeof text === 'string' ? [text] : [];
  });
  return texts.length === 0 ? undefined : texts.join('\n');
}

/** No more than its ports: what nobody asked for is in no artifact. */
function only(ports: Ports, value: Json): Json {
  const members = Object(value) as JsonObject;
  const names = ports.map(({ name }) => name).filter((name) => Object.hasOwn(members, name));
  return Object.fromEntries(names.map((name) => [name, members[name] ?? null]));
}
