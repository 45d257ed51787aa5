import { type Fields, isKept, isTooDeep, objectIn } from './fields.ts';
import type { CallPart, NeutralAnswer, Saying, TextPart } from './neutral.ts';

/** A call whose arguments still come. */
export type OpenCall = {
  readonly kind: 'call';
  readonly id: string;
  readonly name: string;
  readonly text: string;
};

/** What came of an answer so far, held to the order that an answer has. */
export type Gathered = {
  readonly id: string;
  readonly model: string;
  readonly isBegun: boolean;
  readonly parts: readonly (TextPart | OpenCall)[];
  readonly length: number;
  /** Of more calls than were asked for. */
  readonly isLeftOut: boolean;
  readonly ended: Extract<Saying, { kind: 'ended' }> | undefined;
  readonly fault: string | undefined;
};

export const NOTHING_GATHERED: Gathered = {
  ...{ id: '', model: '', isBegun: false, parts: [], length: 0, isLeftOut: false },
  ...{ ended: undefined, fault: undefined },
};

/** More is no answer that a program could read. */
const MOST_SAID = 8 * 1024 * 1024;
const MOST_PARTS = 256;
const MOST_NAME = 256;

type Rules = {
  /** For what a server left without a name. */
  readonly salt: string;
  /** One call, where no more were asked for. */
  readonly isSingle: boolean;
};

/** What is told of it, if anything; what is out of order or of no sense is a fault by its name. */
export type Step = { readonly gathered: Gathered; readonly told: Saying | undefined };

export function gather(so: Gathered, saying: Saying, rules: Rules): Step {
  const broken = (fault: string): Step => ({ gathered: { ...so, fault }, told: undefined });
  if (so.ended !== undefined) return broken('it went on after its end');
  if (saying.kind === 'begun') {
    if (so.isBegun) return { gathered: so, told: undefined };
    if (Math.max(saying.id.length, saying.model.length) > MOST_NAME) return broken(TOO_NAMED);
    const id = saying.id || rules.salt;
    const told = { ...saying, id };
    return { gathered: { ...so, id, model: saying.model, isBegun: true }, told };
  }
  if (!so.isBegun) return broken('it spoke before it began');
  switch (saying.kind) {
    case 'text':
      return saying.text === '' ? { gathered: so, told: undefined } : textIn(so, saying);
    case 'call':
      return callIn(so, saying, rules);
    case 'given':
      return givenIn(so, saying);
    case 'ended': {
      if (!isClosed(so)) return broken(NO_OBJECT);
      const hasCalls = so.parts.some(({ kind }) => kind === 'call');
      const { kind } = saying.end;
      const isOther = (kind === 'stop' && hasCalls) || (kind === 'calls' && !hasCalls);
      const end = isOther ? ({ kind: hasCalls ? 'calls' : 'stop' } as const) : saying.end;
      const ended = { ...saying, end };
      return { gathered: { ...so, ended }, told: ended };
    }
  }
}

const NO_OBJECT = 'the arguments of a call are no object of JSON, or not kept as they are';
const TOO_NAMED = 'an answer with a name that is too long';
const TOO_MUCH = 'an answer that is too long';

function textIn(so: Gathered, told: TextPart): Step {
  const last = so.parts.at(-1);
  if (last?.kind === 'text') {
    const text = { kind: 'text', text: last.text + told.text } as const;
    return grown({ ...so, parts: [...so.parts.slice(0, -1), text] }, told, told.text);
  }
  if (!isClosed(so)) return { gathered: { ...so, fault: NO_OBJECT }, told: undefined };
  return grown({ ...so, isLeftOut: false, parts: [...so.parts, told] }, told, told.text);
}

function callIn(so: Gathered, { id, name }: Extract<Saying, { kind: 'call' }>, rules: Rules): Step {
  if (so.isLeftOut) return { gathered: so, told: undefined };
  const calls = so.parts.filter(({ kind }) => kind === 'call') as readonly OpenCall[];
  if (!isClosed(so)) return { gathered: { ...so, fault: NO_OBJECT }, told: undefined };
  if (rules.isSingle && calls.length > 0) {
    return { gathered: { ...so, isLeftOut: true }, told: undefined };
  }
  const own = id || `call_${rules.salt}_${calls.length}`;
  const isTwice = calls.some((each) => each.id === own);
  if (name === '' || name.length > MOST_NAME || own.length > MOST_NAME || isTwice) {
    const fault = isTwice ? 'two calls of one name' : 'a call without a name';
    return { gathered: { ...so, fault }, told: undefined };
  }
  const told = { kind: 'call', id: own, name } as const;
  return grown({ ...so, parts: [...so.parts, { ...told, text: '' }] }, told, name);
}

function givenIn(so: Gathered, told: Extract<Saying, { kind: 'given' }>): Step {
  if (so.isLeftOut || told.text === '') return { gathered: so, told: undefined };
  const last = so.parts.at(-1);
  if (last?.kind !== 'call') {
    return { gathered: { ...so, fault: 'arguments of no call' }, told: undefined };
  }
  const call = { ...last, text: last.text + told.text };
  return grown({ ...so, parts: [...so.parts.slice(0, -1), call] }, told, told.text);
}

function grown(so: Gathered, told: Saying, text: string): Step {
  const length = so.length + text.length;
  const isMuch = length > MOST_SAID || so.parts.length > MOST_PARTS;
  return isMuch
    ? { gathered: { ...so, fault: TOO_MUCH }, told: undefined }
    : { gathered: { ...so, length }, told };
}

/** Nothing is handed on as a call that no program could make. */
function isClosed({ parts }: Gathered): boolean {
  const last = parts.at(-1);
  if (last?.kind !== 'call') return true;
  const given = objectIn(last.text);
  return given !== undefined && !isTooDeep(given) && isKept(given);
}

export function givenOf({ text }: OpenCall): Fields {
  return objectIn(text) ?? {};
}

/** All of it, once it has ended. */
export function answerIn({ id, model, parts, ended }: Gathered): NeutralAnswer | undefined {
  if (ended === undefined) return undefined;
  const { end, usage } = ended;
  const whole = parts.map((each): TextPart | CallPart => {
    if (each.kind === 'text') return each;
    return { kind: 'call', id: each.id, name: each.name, given: givenOf(each) };
  });
  return { id, model, parts: whole, end, usage };
}
