import { err, ok, type Result } from '@ioi/basis';
import { applyEdits, type JSONPath, modify } from 'jsonc-parser';
import type { AgentHooks } from '../hook/agent-hooks.ts';
import { quoted } from '../next-steps.ts';
import {
  contentOf,
  type EditError,
  formattingOf,
  inOrder,
  isTable,
  unreadable,
} from './edit-servers.ts';

/** The program that a hook starts, by absolute paths, and the node it asks. */
export type HookProgram = {
  readonly command: string;
  readonly main: string;
  readonly home: string;
};

/** How long a hook waits for a person, and how much longer its agent waits for it, in seconds. */
const PATIENCE_S = 300;
const PATIENCE_AFTER_S = 10;
const MORE_S = 30;

/** What a shell of any kind starts: the rest of the words are the node, and its program. */
const BEGIN = `/bin/sh -c 'IOI_HOME="$0"`;
const TABLE = 'hooks';

/**
 * An agent goes on where its hook ends with anything but 2 and a reason, and so where there is no
 * program any more: the shell around it makes those a no.
 */
function commandOf({ agent }: AgentHooks, program: HookProgram, isBefore: boolean): string {
  const { command, main, home } = program;
  const patience = isBefore ? PATIENCE_S : PATIENCE_AFTER_S;
  const start = `${BEGIN} "$1" "$2" hook ${agent} --patience ${patience}`;
  const why = 'ioi: not done: the program that asks the node did not run; try: ioi connect';
  const closed = `; case $? in 0) ;; 2) exit 2 ;; *) echo "${why}" >&2; exit 2 ;; esac`;
  const words = [home, command, main].map(quoted).join(' ');
  return `${start}${isBefore ? closed : ''}' ${words}`;
}

type Entry = { readonly matcher: string; readonly hooks: readonly object[] };

function entryOf(hooks: AgentHooks, program: HookProgram, isBefore: boolean): Entry {
  const seconds = MORE_S + (isBefore ? PATIENCE_S : PATIENCE_AFTER_S);
  const command = commandOf(hooks, program, isBefore);
  const timeout = seconds * hooks.ticks;
  return { matcher: hooks.matcher, hooks: [{ type: 'command', command, timeout }] };
}

/** Whether an entry asks this node, by whichever program. */
function isOurs(entry: unknown, home: string): boolean {
  if (!isTable(entry) || !Array.isArray(entry['hooks'])) return false;
  return entry['hooks'].some((each: unknown) => {
    const { command } = Object(each) as { readonly command?: unknown };
    const isStarted = typeof command === 'string' && command.startsWith(BEGIN);
    return isStarted && command.includes(`' ${quoted(home)} `);
  });
}

type Events = Readonly<Record<string, readonly unknown[]>>;

function eventsIn(text: string, own: readonly string[]): Result<Events, EditError> {
  const content = contentOf(text, { format: 'json' });
  if (!content.ok) return content;
  const { [TABLE]: events = {} } = content.value;
  if (!isTable(events)) return err(unreadable(`${TABLE} is no table`));
  const odd = own.find((event) => Object.hasOwn(events, event) && !Array.isArray(events[event]));
  if (odd !== undefined) return err(unreadable(`${TABLE}.${odd} is no list`));
  const lists = Object.entries(events).filter(([, each]) => Array.isArray(each));
  return ok(Object.fromEntries(lists) as Events);
}

/** Whether an agent's settings ask this node before its shell does something. */
export function asksNode(text: string, { before }: AgentHooks, home: string): boolean {
  const events = eventsIn(text, [before]);
  return events.ok && (events.value[before] ?? []).some((entry) => isOurs(entry, home));
}

/**
 * The text with the hooks of this node in it, or with none of them where there is no program, and
 * not a byte of anything else; what comes out is read again.
 */
export function withHooks(
  text: string,
  hooks: AgentHooks,
  { home, program }: { readonly home: string; readonly program: HookProgram | undefined },
): Result<string, EditError> {
  let now = text.trim() === '' ? '{}\n' : text;
  const formattingOptions = formattingOf(text);
  const edit = (path: JSONPath, value: unknown, isArrayInsertion = false): void => {
    now = applyEdits(now, modify(now, path, value, { formattingOptions, isArrayInsertion }));
  };
  const named = [hooks.before, ...hooks.after];
  const events = eventsIn(text, named);
  if (!events.ok) return events;
  for (const event of named) {
    const there = events.value[event] ?? [];
    const wanted = program && entryOf(hooks, program, event === hooks.before);
    const own = there.flatMap((entry, at) => (isOurs(entry, home) ? [at] : []));
    const kept = there.filter((entry) => !isOurs(entry, home));
    const isAsWanted =
      own.length === 1 && inOrder({ is: there[own[0] ?? 0] }) === inOrder({ is: wanted });
    if (isAsWanted) continue;
    const isLast = kept.length === 0 && own.length > 0;
    if (isLast) edit([TABLE, event], undefined);
    else for (const at of own.toReversed()) edit([TABLE, event, at], undefined);
    if (wanted === undefined) continue;
    if (kept.length === 0) edit([TABLE, event], [wanted]);
    else edit([TABLE, event, kept.length], wanted, true);
  }
  return asMeant(now, hooks, { home, isAsking: program !== undefined });
}

/** Every event asks this node once, or none does. */
function asMeant(
  text: string,
  { before, after }: AgentHooks,
  { home, isAsking }: { readonly home: string; readonly isAsking: boolean },
): Result<string, EditError> {
  const named = [before, ...after];
  const events = eventsIn(text, named);
  const wanted = isAsking ? 1 : 0;
  const isMeant = named.every((event) => {
    const there = events.ok ? (events.value[event] ?? []) : [];
    return there.filter((entry) => isOurs(entry, home)).length === wanted;
  });
  if (isMeant) return ok(text);
  const message = `its ${TABLE} are written in a way that cannot be changed in place`;
  return err({ code: 'connect.uneditable', message });
}
