import { type CharSet, hasChar, NEWLINE, WORD } from './char-set.ts';
import type { Assertion, Expression } from './syntax.ts';

/** A nondeterministic automaton: places with what leads on from them. */
type Instruction =
  | { readonly kind: 'set'; readonly set: CharSet; readonly next: number }
  | { readonly kind: 'assertion'; readonly assertion: Assertion; readonly next: number }
  | { readonly kind: 'fork'; readonly nexts: readonly number[] }
  | { readonly kind: 'match' };

export type Program = { readonly start: number; readonly instructions: readonly Instruction[] };

/** What stood before a place in a text: the start of the text, or a character of a kind. */
export type Before = 'start' | 'word' | 'newline' | 'other';

export function compileExpression(expression: Expression): Program {
  const instructions: Instruction[] = [];
  const add = (instruction: Instruction): number => instructions.push(instruction) - 1;
  const build = (each: Expression, next: number): number => {
    switch (each.kind) {
      case 'set':
        return add({ kind: 'set', set: each.set, next });
      case 'assertion':
        return add({ kind: 'assertion', assertion: each.assertion, next });
      case 'sequence':
        return each.parts.reduceRight((after, part) => build(part, after), next);
      case 'choice':
        return add({ kind: 'fork', nexts: each.parts.map((part) => build(part, next)) });
      case 'repeat':
        return repeat(each, next);
    }
  };
  const repeat = (
    { part, least, most }: Extract<Expression, { kind: 'repeat' }>,
    next: number,
  ): number => {
    let at = next;
    if (most === undefined) {
      // Filled in once what it loops through stands.
      at = add({ kind: 'match' });
      const body = build(part, at);
      instructions[at] = { kind: 'fork', nexts: [body, next] };
    } else {
      for (let left = most - least; left > 0; left -= 1) {
        at = add({ kind: 'fork', nexts: [build(part, at), next] });
      }
    }
    for (let left = least; left > 0; left -= 1) at = build(part, at);
    return at;
  };
  const start = build(expression, add({ kind: 'match' }));
  return { start, instructions };
}

/** Sets of characters that a program, and the assertions in it, tell apart. */
export function setsOf({ instructions }: Program): readonly CharSet[] {
  const sets = instructions.flatMap((each) => (each.kind === 'set' ? [each.set] : []));
  const asserts = instructions.some(({ kind }) => kind === 'assertion');
  return asserts ? [...sets, NEWLINE, WORD] : sets;
}

export function kindOf(character: string): Before {
  const point = character.codePointAt(0) as number;
  if (point === 10) return 'newline';
  return hasChar(WORD, point) ? 'word' : 'other';
}

/** Places reached in a text so far, not yet looking ahead; undefined once it matched. */
export type Places = readonly number[] | undefined;

/** After one more character, or the end of the text, a match being looked for anywhere. */
export function advance(
  { start, instructions }: Program,
  places: Places,
  before: Before,
  character: string | undefined,
): Places {
  if (places === undefined) return undefined;
  const after = character === undefined ? 'end' : kindOf(character);
  const point = character?.codePointAt(0);
  const reached = new Set([...places, start]);
  const next = new Set<number>();
  for (const place of reached) {
    const instruction = instructions[place] as Instruction;
    if (instruction.kind === 'match') return undefined;
    if (instruction.kind === 'fork') for (const each of instruction.nexts) reached.add(each);
    else if (instruction.kind === 'assertion') {
      if (isSo(instruction.assertion, before, after)) reached.add(instruction.next);
    } else if (point !== undefined && hasChar(instruction.set, point)) next.add(instruction.next);
  }
  return [...next].sort((left, right) => left - right);
}

function isSo(assertion: Assertion, before: Before, after: Before | 'end'): boolean {
  const isBoundary = (before === 'word') !== (after === 'word');
  switch (assertion) {
    case 'text_start':
      return before === 'start';
    case 'text_end':
      return after === 'end';
    case 'line_start':
      return before === 'start' || before === 'newline';
    case 'line_end':
      return after === 'end' || after === 'newline';
    case 'word':
      return isBoundary;
    case 'no_word':
      return !isBoundary;
  }
}
