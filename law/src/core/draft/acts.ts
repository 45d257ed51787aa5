import type { RuntimeToolContract } from '@ioi/protocol';

export type Act = NonNullable<RuntimeToolContract['act']>;

/** How people ask for an act, and how tools that do it are called. English only. */
const WORDS: { readonly [A in Act]: { readonly asked: string; readonly named: string } } = {
  send: {
    asked: 'send pay transfer refund reply respond forward write post submit publish tell notify',
    named: 'send pay transfer refund reply respond forward post submit publish notify message',
  },
  create: {
    asked: 'create add schedule book plan write save set reserve register open draft',
    named: 'create schedule new make write save register open draft upload put insert',
  },
  update: {
    asked: 'update change modify adjust edit reschedule move rename set append add correct replace',
    named: 'update change modify adjust edit reschedule move rename set append add replace patch',
  },
  delete: {
    asked: 'delete remove cancel erase discard drop clear revoke unsubscribe',
    named: 'delete remove cancel erase discard drop clear revoke unsubscribe kick',
  },
  share: { asked: 'share invite grant add', named: 'share invite grant' },
  buy: {
    asked: 'buy order book reserve purchase rent subscribe',
    named: 'buy order book reserve purchase rent subscribe checkout',
  },
};

const READS: ReadonlySet<string> = new Set(
  'get list search read find fetch view show describe count query lookup check look'.split(' '),
);

const acts = Object.keys(WORDS) as readonly Act[];
const ENDINGS = ['', 's', 'es', 'd', 'ed', 'ing'];

/** Whether a task in a person's words asks for an act of this kind. Misses, never invents. */
export function isRequested(act: Act, objective: string): boolean {
  const asked = WORDS[act].asked.split(' ').flatMap(formsOf);
  const words = new Set(
    objective
      .normalize('NFKC')
      .toLowerCase()
      .split(/[^\p{L}]+/u),
  );
  return asked.some((form) => words.has(form));
}

/** What a tool does, by the verb it is called by; `undefined` when that says nothing. */
export function actOf(tool: string): Act | 'read' | undefined {
  const words = wordsOf(tool);
  const isRead = (word: string): boolean => READS.has(word);
  const actNamed = (word: string): Act | undefined =>
    acts.find((act) => WORDS[act].named.split(' ').includes(word));
  const verb = words.find((word) => isRead(word) || actNamed(word) !== undefined);
  if (verb === undefined) return undefined;
  return isRead(verb) ? 'read' : actNamed(verb);
}

/** The words of a name, whichever way it is joined. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** `pay`, `pays`, `paying`; `cancel`, `cancelled`; `move`, `moving`. */
function formsOf(word: string): string[] {
  const last = word.at(-1) ?? '';
  const stems = word.endsWith('e') ? [word, word.slice(0, -1)] : [word, `${word}${last}`];
  return stems.flatMap((stem) => ENDINGS.map((ending) => `${stem}${ending}`));
}
