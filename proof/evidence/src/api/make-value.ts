import type { Schema } from '@cfworker/json-schema';
import type { SeededRandom } from '@ioi/basis';
import { pick } from '../frames/mutate.ts';

/** Texts that mean something to some reader, and none of what was asked for. */
export const HOSTILE: readonly string[] = [
  ...['', '.', '..', '%', '%00', '../../../etc/passwd', '/', '//', '?', '#', '*', ' '],
  ...['-1', '0', '1', '1e999', 'NaN', 'Infinity', '0x10', '1.5', '01', '9007199254740993'],
  ...['18446744073709551616', '99999999999999999999999', '__proto__', 'constructor', 'toString'],
  ...['\u0000', '\u202e', '\ufeff', '\u{1f600}', 'é'.repeat(40), 'a\nb', "' or 1=1 --", '<b>'],
  ...['null', 'true', '[]', '{}', '{"a":{"prefix":1}}', '{"__proto__":{}}', '{"seq":{"lt":"x"}}'],
  ...[`sha256:${'0'.repeat(64)}`, `sha256:${'g'.repeat(64)}`, 'sha256:', 'domain_seq:99999999'],
  ...['domain_seq:-1', 'agentgres://domain/', 'agentgres://domain/../x', 'a'.repeat(4000)],
  ...['op_', `op_${'0'.repeat(32)}`, `run_${'f'.repeat(32)}`, 'projection://x/y', 'a.b.c/d'],
];

const DEEPEST = 8;

export type ValueSource = {
  readonly random: SeededRandom;
  /** Texts the node knows, and others. */
  readonly texts: readonly string[];
  readonly at: (reference: string) => Schema;
  /** Of an artifact by its name: values that fit. */
  readonly examples: ReadonlyMap<string, readonly unknown[]>;
};

/** What would mostly fit a schema. */
export function valueFor(schema: Schema, source: ValueSource, depth = 0): unknown {
  const { random, at, examples } = source;
  const told = examples.get(String(schema['title'] ?? ''));
  if (told !== undefined) return pick(told, random);
  if (schema.$ref !== undefined) return valueFor(at(schema.$ref), source, depth);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return pick(schema.enum, random);
  if (schema.anyOf !== undefined) return valueFor(pick(schema.anyOf, random), source, depth);
  switch (schema.type) {
    case 'object':
      return depth > DEEPEST ? {} : objectFor(schema, source, depth + 1);
    case 'array':
      return Array.from({ length: depth > DEEPEST ? 0 : random.below(4) }, () =>
        valueFor(schema.items as Schema, source, depth + 1),
      );
    case 'string':
      return textFor(schema, source);
    case 'integer':
    case 'number':
      return pick([0, 1, 2, 50, 1000], random);
    case 'boolean':
      return random.below(2) === 0;
    default:
      return pick<unknown>([null, true, 1, pick(source.texts, random), [], {}], random);
  }
}

function objectFor(schema: Schema, source: ValueSource, depth: number): object {
  const { properties = {}, required = [], patternProperties = {} } = schema;
  const { random, texts } = source;
  const given = Object.entries(properties).filter(
    ([name]) => required.includes(name) || random.below(2) === 0,
  );
  const [values] = Object.values(patternProperties) as (Schema | undefined)[];
  const others = values === undefined ? [] : Array.from({ length: random.below(3) }, () => values);
  return Object.fromEntries([
    ...given.map(([name, each]) => [name, valueFor(each as Schema, source, depth)]),
    ...others.map((each) => [pick(texts, random), valueFor(each, source, depth)]),
  ]);
}

function textFor({ pattern, maxLength = 4000 }: Schema, { random, texts }: ValueSource): string {
  const from = random.below(texts.length);
  const turned = [...texts.slice(from), ...texts.slice(0, from)];
  const expression = pattern === undefined ? undefined : new RegExp(pattern, 'u');
  const fits = (text: string): boolean =>
    text.length <= maxLength && expression?.test(text) !== false;
  return turned.find(fits) ?? 'x';
}
