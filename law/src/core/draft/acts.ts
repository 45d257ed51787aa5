import type { RuntimeToolContract } from '@ioi/protocol';
import { words, wordsOf } from './words.ts';

export type Act = NonNullable<RuntimeToolContract['act']>;

/** How tools that act are called, by what they do. English only. */
const ACTS: { readonly [A in Act]: ReadonlySet<string> } = {
  send: words('send pay transfer refund reply respond forward post submit publish notify message'),
  create: words('create schedule new make write save register open draft upload put insert'),
  update: words(
    'update change modify adjust edit reschedule move rename set append add replace patch',
  ),
  delete: words('delete remove cancel erase discard drop clear revoke unsubscribe kick trash'),
  share: words('share invite grant'),
  buy: words('buy order book reserve purchase rent subscribe checkout'),
};

/** They act too, in ways that nobody's task can be matched with. */
const OTHERS = words(
  'run rerun execute exec eval evaluate invoke call trigger start stop restart kill abort reset',
  'purge empty wipe flush prune archive restore mark mute ban block approve reject accept decline',
  'merge close reopen lock unlock fix format enable disable install uninstall deploy import sync',
  'copy apply assign dismiss rotate click type fill press drag navigate convert deactivate',
);

const READS = words('get list search read find fetch view show describe lookup');

/** As the thing that is read or made, right after the verb, they are no verbs. */
const THINGS = words(
  'draft post message order book invite schedule transfer refund reply purchase new open type',
  'block call',
);
const JOINS = words('and or then');

/** What is given to one of these is done, whatever it says. */
const SCRIPTS = words(
  'sql command commands cmd code script scripts statement statements javascript expression',
);

export type Named = {
  readonly server: string;
  readonly tool: string;
  readonly description?: string;
};

/**
 * What a tool does. It reads only where its name begins with a verb that reads and holds none
 * that acts; nothing its description says makes it a read. `undefined` is an act that no verb
 * tells, or that two tell apart.
 */
export function actOf(named: Named, parameters: readonly string[]): Act | 'read' | undefined {
  if (parameters.some((name) => wordsOf(name).some((word) => SCRIPTS.has(word)))) return undefined;
  const name = afterPrefix(named);
  const verbs = wordsOf(named.tool).filter((word, at, all) => isVerb(word, at, all));
  const isJoined = name.some((word, at) => JOINS.has(word) && !READS.has(name[at + 1] ?? ''));
  if (verbs.length === 0 && READS.has(name[0] ?? '') && !isJoined) return 'read';
  if (verbs.length > 0) return oneAct(verbs);
  return name.some((word) => READS.has(word)) ? undefined : oneAct([described(named)]);
}

/** The words of a tool's name without those of its server. */
export function afterPrefix({ server, tool }: Named): readonly string[] {
  const name = wordsOf(tool);
  const prefix = wordsOf(server);
  const isPrefixed = prefix.length < name.length && prefix.every((word, at) => name[at] === word);
  return isPrefixed ? name.slice(prefix.length) : name;
}

/** Whether a word of a name is a verb that acts there: `list_open_issues` opens nothing. */
function isVerb(word: string, at: number, all: readonly string[]): boolean {
  const before = all[at - 1] ?? '';
  const isThing = THINGS.has(word) && (READS.has(before) || kindOf(before) !== undefined);
  return !isThing && (OTHERS.has(word) || kindOf(word) !== undefined);
}

/** The act that all of these are. */
function oneAct(verbs: readonly string[]): Act | undefined {
  const kinds = new Set(verbs.map(kindOf));
  const [only] = kinds;
  return kinds.size === 1 ? only : undefined;
}

function kindOf(word: string): Act | undefined {
  return acts.find((act) => ACTS[act].has(word));
}

const acts = Object.keys(ACTS) as readonly Act[];

/** `Sends an email` is told by `send`. */
function described({ description = '' }: Named): string {
  return (wordsOf(description)[0] ?? '').replace(/s$/, '');
}
