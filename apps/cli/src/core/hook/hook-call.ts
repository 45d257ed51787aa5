import { err, ok, type Result } from '@ioi/basis';
import type { AgentHooks } from './agent-hooks.ts';

/** An act of an agent's own shell, in the agent's names. */
type Call = { readonly session: string; readonly call: string };
/** What an agent says of an end: its exit code where that is told, and what its model was shown. */
export type ToldEnd =
  | { readonly exit_code?: number; readonly stdout: string; readonly stderr: string }
  | { readonly unknown: string };

export type HookCall =
  | (Call & { readonly when: 'before'; readonly command: string; readonly cwd: string })
  | (Call & { readonly when: 'after'; readonly end: ToldEnd });

type Fields = Readonly<Record<string, unknown>>;
const LONGEST_NAME = 256;

/** What an agent tells its hook. Whatever is not understood to the end is refused, with why. */
export function hookCallIn(hooks: AgentHooks, text: string): Result<HookCall, string> {
  const told = fieldsIn(text);
  if (told === undefined) return err('what the agent told its hook is no object of JSON');
  const { hook_event_name: event, tool_name: tool, session_id: session } = told;
  const isAfter = typeof event === 'string' && hooks.after.includes(event);
  if (event !== hooks.before && !isAfter) return err(`no event of a shell: ${shown(event)}`);
  if (tool !== hooks.tool) return err(`not its shell, ${hooks.tool}: ${shown(tool)}`);
  if (!isName(session)) return err('the agent does not name its session');
  const act = actIn(hooks, told);
  if (!act.ok) return act;
  const { tool_use_id: id } = told;
  if (hooks.namesCalls && !isName(id)) return err('the agent does not name its call');
  const call = hooks.namesCalls ? String(id) : JSON.stringify(act.value);
  if (isAfter) return ok({ when: 'after', session, call, end: endIn(told) });
  return ok({ when: 'before', session, call, ...act.value });
}

function fieldsIn(text: string): Fields | undefined {
  try {
    return asFields(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asFields(value: unknown): Fields | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Fields) : undefined;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME;
}

function shown(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 80) ?? 'none';
}

type Act = { readonly command: string; readonly cwd: string };

function actIn({ aside, folder }: AgentHooks, { tool_input: input, cwd }: Fields) {
  const given = asFields(input);
  const command = given?.['command'];
  if (given === undefined || typeof command !== 'string') return err('no command is a text');
  if (command.includes('\0')) return err('a shell ends a text at its NUL');
  if (typeof cwd !== 'string' || !cwd.startsWith('/') || cwd.includes('\0')) {
    return err('the agent does not say in which folder it is');
  }
  const known = ['command', ...aside, ...(folder === undefined ? [] : [folder])];
  // Numbers and switches name nothing to be done; other words could, and were not decided on.
  const odd = Object.entries(given).find(([name, value]) => {
    const isWord = (typeof value === 'string' || typeof value === 'object') && value !== null;
    return isWord && !known.includes(name);
  });
  if (odd) return err(`its shell is told more than a command: ${shown(odd[0])}`);
  const below = folder === undefined ? undefined : given[folder];
  if (below === undefined || below === null || below === '') return ok({ command, cwd });
  if (typeof below !== 'string' || below.includes('\0')) return err(`${folder} is no folder`);
  return ok<Act>({ command, cwd: below.startsWith('/') ? below : `${cwd}/${below}` });
}

/** By the agent's word. Where that leaves it open how far it came, so does this. */
function endIn({ tool_response: response, error, tool_input: input }: Fields): ToldEnd {
  const isLeft = ['run_in_background', 'is_background'].some(
    (each) => Object(input)[each] === true,
  );
  if (isLeft) return { unknown: 'it goes on behind the agent' };
  if (typeof error === 'string') return failedEnd(error);
  if (typeof response === 'string') return { stdout: response, stderr: '' };
  const { stdout, stderr, interrupted, llmContent, error: fault } = asFields(response) ?? {};
  if (interrupted === true) return { unknown: 'it was interrupted' };
  if (typeof stdout === 'string' && typeof stderr === 'string') return { stdout, stderr };
  if (fault !== undefined || typeof llmContent !== 'string') {
    return { unknown: 'the agent does not say how it ended' };
  }
  return { ...codeIn(/\nExit Code: (\d{1,3})\n/g, llmContent), stdout: llmContent, stderr: '' };
}

/** Claude Code says so of what failed: the code first, where it has one. */
function failedEnd(error: string): ToldEnd {
  const code = codeIn(/^(?:Error: )?Exit code (\d{1,3})(?:\n|$)/g, error);
  if (code.exit_code === undefined) return { unknown: error.slice(0, 200) };
  return { ...code, stdout: '', stderr: error };
}

/** The last: what a command says itself comes before what is said of it. */
function codeIn(pattern: RegExp, text: string): { exit_code?: number } {
  const [, digits] = [...text.matchAll(pattern)].at(-1) ?? [];
  const code = Number(digits);
  return digits === undefined || code > 255 ? {} : { exit_code: code };
}
