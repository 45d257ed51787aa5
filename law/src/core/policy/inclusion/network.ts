import { isDigest } from '@ioi/canon';
import { readProtocol } from '../destination.ts';
import { readPorts } from '../ports.ts';
import type { LiveRule } from './live-rule.ts';
import type { ScalarClasses } from './scalars.ts';
import type { Fragment } from './situation.ts';

const LAST_PORT = 65_535;

/** A scheme that some rule names, one that none does, and none. */
export const protocolClasses: ScalarClasses = {
  classes: (rules) => {
    const named = entriesOf(rules, 'allow_protocols').filter((each) => readProtocol(each) === each);
    const protocols = [...named, outside(named)];
    return [{}, ...protocols.map((protocol) => ({ params: { protocol } }))];
  },
};

/** The first port of every stretch that the ranges make, and one that cannot be read. */
export const portClasses: ScalarClasses = {
  classes: (rules) => {
    const ranges = entriesOf(rules, 'allow_ports').flatMap((each) => readPorts(each) ?? []);
    const starts = [0, ...ranges.flatMap(({ from, to }) => [from, to + 1])];
    const ports = [...new Set(starts)].filter((port) => port <= LAST_PORT);
    return ['none', ...ports].map((port): Fragment => ({ params: { port } }));
  },
};

export const sessionClasses: ScalarClasses = {
  classes: (rules) => {
    const named = entriesOf(rules, 'allow_sessions').filter(isDigest);
    const other = Array.from({ length: named.length + 1 }, (_, at) => digestOfNumber(at));
    const free = other.filter((each) => !named.includes(each)).slice(0, 1);
    return [{}, ...[...named, ...free].map((session_id) => ({ context: { session_id } }))];
  },
};

export const windowClasses: ScalarClasses = {
  classes: (rules) => {
    const named = entriesOf(rules, 'allow_windows').filter(isWindow);
    const other = Array.from({ length: named.length + 1 }, (_, at) => String(at));
    const free = other.filter((each) => !named.includes(each)).slice(0, 1);
    return [{}, ...[...named, ...free].map((window_id) => ({ context: { window_id } }))];
  },
};

function isWindow(text: string): boolean {
  return /^(?:0|[1-9][0-9]{0,19})$/.test(text) && BigInt(text) < 2n ** 64n;
}

type ListName = 'allow_protocols' | 'allow_ports' | 'allow_sessions' | 'allow_windows';

function entriesOf(rules: readonly LiveRule[], name: ListName): readonly string[] {
  return [...new Set(rules.flatMap(({ rule }) => rule.conditions[name] ?? []))];
}

function outside(names: readonly string[]): string {
  let name = 'other';
  while (names.includes(name)) name += 'x';
  return name;
}

function digestOfNumber(number: number): `sha256:${string}` {
  return `sha256:${number.toString(16).padStart(64, '0')}`;
}
