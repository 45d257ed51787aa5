import { type Fields, fieldsOf } from './fields.ts';

/** One call that the model makes: of the agent's own shell, or of a tool of an MCP server. */
export type Step = { readonly id: string } & (
  | { readonly kind: 'shell'; readonly command: string }
  | { readonly kind: 'mcp'; readonly tool: string; readonly arguments: Fields }
);

/** What the model does, one step a turn, and what it says when there is nothing left to do. */
export type Script = { readonly steps: readonly Step[]; readonly end: string };

/** A tool as an agent offers it to its model. */
export type OfferedTool = {
  readonly name: string;
  /** Servers of MCP stand in one of their own in some formats. */
  readonly namespace?: string;
  /** JSON Schema of its arguments. */
  readonly schema: Fields;
};

/** What any of the formats asks for. */
export type Asked = {
  readonly isStream: boolean;
  readonly model: string;
  readonly tools: readonly OfferedTool[];
  /** What the steps made so far were answered, by the id of the step. */
  readonly results: ReadonlyMap<string, string>;
};

export type Call = {
  readonly id: string;
  readonly name: string;
  readonly namespace?: string;
  readonly arguments: Fields;
};

/** The model's part of one exchange: a call, or its last words. */
export type Turn = { readonly text: string; readonly call?: Call };

/** Names under which agents offer a shell. */
const SHELLS: readonly string[] = [
  'exec_command',
  'shell',
  'shell_command',
  'local_shell',
  'Bash',
  'bash',
  'run_shell_command',
  'run_terminal_cmd',
  'execute_command',
];
const COMMAND_NAMES: readonly string[] = ['cmd', 'command', 'script', 'input'];

/**
 * The next step that was not answered yet and can be made with the tools offered. Nothing is
 * remembered: an agent sends the whole conversation each time.
 */
export function nextTurn({ steps, end }: Script, { tools, results }: Asked): Turn {
  for (const step of steps) {
    if (results.has(step.id)) continue;
    const call = callFor(step, tools) ?? waitFor(step, { tools, results });
    if (call !== undefined) return { text: '', call };
  }
  return { text: end };
}

const MOST_WAITS = 40;
const WAIT = 'sleep 0.25';

/** Agents start servers while they speak already: tools of those may only come to be offered. */
function waitFor(step: Step, { tools, results }: Pick<Asked, 'tools' | 'results'>) {
  if (step.kind === 'shell') return undefined;
  const ids = Array.from({ length: MOST_WAITS }, (_, nth) => `${step.id}-wait-${nth}`);
  const id = ids.find((each) => !results.has(each));
  return id === undefined ? undefined : callFor({ id, kind: 'shell', command: WAIT }, tools);
}

function callFor(step: Step, tools: readonly OfferedTool[]): Call | undefined {
  const tool = tools.find((each) =>
    step.kind === 'shell' ? isShell(each) : isTool(each, step.tool),
  );
  if (tool === undefined) return undefined;
  const { name, namespace, schema } = tool;
  const given = step.kind === 'shell' ? commandIn(schema, step.command) : step.arguments;
  const place = namespace === undefined ? {} : { namespace };
  return { id: step.id, name, ...place, arguments: filled(schema, given) };
}

function isShell({ name, namespace }: OfferedTool): boolean {
  return namespace === undefined && SHELLS.includes(name);
}

/** Agents put the server's name before that of its tool, each in its own way. */
function isTool({ name }: OfferedTool, wanted: string): boolean {
  return name === wanted || name.endsWith(`_${wanted}`);
}

/** Where a shell answers before its command has ended: not before this. */
const WHOLE_MS = 30_000;

/** The command, where and as the schema wants it: a text, or the words of a program. */
function commandIn(schema: Fields, command: string): Fields {
  const properties = fieldsOf(schema['properties']);
  const name = COMMAND_NAMES.find((each) => properties[each] !== undefined) ?? 'command';
  const isWords = fieldsOf(properties[name])['type'] === 'array';
  const patience = properties['yield_time_ms'] === undefined ? {} : { yield_time_ms: WHOLE_MS };
  return { [name]: isWords ? ['sh', '-c', command] : command, ...patience };
}

/** With something harmless for whatever else is required. */
function filled(schema: Fields, given: Fields): Fields {
  const { properties, required } = schema;
  const names = (Array.isArray(required) ? required : []).map(String);
  const missing = names.filter((name) => given[name] === undefined);
  const made = missing.map((name) => [name, valueFor(fieldsOf(fieldsOf(properties)[name]))]);
  return { ...Object.fromEntries(made), ...given };
}

const HARMLESS: Readonly<Record<string, unknown>> = {
  string: 'probe',
  number: 1,
  integer: 1,
  boolean: false,
  array: [],
  object: {},
};

function valueFor({ type, enum: choices }: Fields): unknown {
  if (Array.isArray(choices)) return choices[0];
  return HARMLESS[String(type).toLowerCase()] ?? 'probe';
}
