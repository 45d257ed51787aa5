import {
  EvidenceGraph,
  type Provenance,
  type ResultReading,
  readText,
  readValue,
  sourceLabels,
} from '@ioi/firewall';
import { isDestination } from '@ioi/law';
import type { RuntimeToolContract } from '@ioi/protocol';

/** What gives something, as far as it matters where values come from. */
type Source = Pick<RuntimeToolContract, 'server' | 'target' | 'labels' | 'returns'>;
type Read = { readonly contract: Source; readonly output: unknown };

/** What is looked at of one result, and of all that waits to be, in characters. */
const LONGEST_RESULT = 131_072;
const MOST_UNREAD = 262_144;
const MOST_TEXTS = 512;
const DEEPEST = 32;

/**
 * What one session was asked for and has been given since. Results are taken apart only while a
 * policy wants to know where values come from; until then some are kept as they came.
 */
export class SessionEvidence {
  readonly #graph: EvidenceGraph;
  #unread: Read[] = [];
  #waiting = 0;

  constructor(objective: string | undefined) {
    this.#graph = new EvidenceGraph(objective);
  }

  /** What a call gave to the agent: its result, an error, a word about its progress. */
  given(contract: Source, output: unknown): void {
    const size = sizeOf(output);
    if (size > LONGEST_RESULT) {
      this.#graph.lose(contract);
      return;
    }
    this.#waiting += size;
    this.#unread.push({ contract, output });
    if (this.#waiting <= MOST_UNREAD) return;
    for (const each of this.#unread) this.#graph.lose(each.contract);
    this.#unread = [];
    this.#waiting = 0;
  }

  /** Of everything that was given so far. */
  get labels(): readonly string[] {
    const unread = this.#unread.flatMap(({ contract }) => sourceLabels(contract));
    return [...new Set([...this.#graph.labels, ...unread])].sort();
  }

  /** Where the arguments of a call come from; undefined where that cannot be said. */
  provenanceOf(
    contract: RuntimeToolContract,
    args: Readonly<Record<string, unknown>>,
  ): Provenance | undefined {
    for (const { contract: source, output } of this.#unread) {
      for (const reading of readingsOf(output, source.returns ?? 'text')) {
        this.#graph.observe(source, reading);
      }
    }
    this.#unread = [];
    this.#waiting = 0;
    const { act, effect, parameters } = contract;
    const known = new Map(parameters.map((each) => [each.argument, each]));
    const destinations: unknown[] = [];
    const contents: unknown[] = [];
    for (const [name, value] of Object.entries(args)) {
      const parameter = known.get(name);
      // What the contract does not speak of goes to the tool all the same, whatever it means there.
      if (parameter === undefined) destinations.push({ [name]: value });
      else if (isDestination(parameter)) destinations.push(value);
      else contents.push(value);
    }
    const isForSomething = parameters.some(isDestination);
    const needsDestination = isForSomething && effect !== 'read' && act !== 'create';
    return this.#graph.provenanceOf({ act, destinations, contents, needsDestination });
  }
}

/** The records of a result, and as running text every word that is anywhere in it. */
function readingsOf(output: unknown, returns: 'records' | 'text'): readonly ResultReading[] {
  if (typeof output !== 'object' || output === null) return [readValue(output, 'text')];
  const { content, structuredContent, ...others } = output as Record<string, unknown>;
  const blocks = Array.isArray(content) ? content : [content];
  const rest = readValue(others, 'text');
  const structured = structuredContent === undefined ? [] : [readValue(structuredContent, returns)];
  return [...blocks.flatMap((block) => readingsOfBlock(block, returns)), ...structured, rest];
}

function readingsOfBlock(block: unknown, returns: 'records' | 'text'): readonly ResultReading[] {
  if (typeof block !== 'object' || block === null) return [readValue(block, 'text')];
  const { type, text, ...others } = block as Record<string, unknown>;
  const isText = type === 'text' && typeof text === 'string';
  const said = isText ? [readText(text, returns)] : [readValue({ text }, 'text')];
  return [...said, readValue(others, 'text')];
}

/** Characters of all texts in a value; beyond every bound where it is too deep or too many. */
function sizeOf(value: unknown): number {
  let texts = 0;
  const visit = (each: unknown, depth: number): number => {
    if (typeof each === 'string') {
      texts += 1;
      return each.length;
    }
    if (typeof each !== 'object' || each === null) return 8;
    texts += 1;
    if (depth > DEEPEST || texts > MOST_TEXTS * 64) return LONGEST_RESULT + 1;
    let size = 0;
    for (const [name, member] of Object.entries(each)) {
      size += name.length + visit(member, depth + 1);
      if (size > LONGEST_RESULT) break;
    }
    return size;
  };
  const size = visit(value, 0);
  const blocks = (value as { content?: unknown } | null)?.content;
  return Array.isArray(blocks) && blocks.length > MOST_TEXTS ? LONGEST_RESULT + 1 : size + 64;
}
