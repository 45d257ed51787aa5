import { canonicalDomain } from '../policy/host.ts';
import { readCommand } from './command-entry.ts';
import { domainScopes, HOST_IS_WIDER } from './domains.ts';
import { type LiteralCall, readLiteralCalls } from './literal-calls.ts';
import {
  FETCHING,
  RUNNING,
  readingOf,
  type Said,
  type SourceDecision,
  type SourceFile,
  type SourceReading,
  type Statement,
  told,
  unreadable,
  untold,
} from './statement.ts';

const DECISIONS: Readonly<Record<string, SourceDecision>> = {
  allow: 'allow',
  prompt: 'ask',
  forbidden: 'deny',
  deny: 'deny',
};

/** Rules of commands in Codex's rule files: the strictest that begins like a command decides. */
export function readCodexRules(source: SourceFile): SourceReading {
  const calls = readLiteralCalls(source.text);
  if (calls === undefined) return unreadable(source, 'it holds more than calls with literals');
  const said = calls.flatMap((call) => readRule(call, source.file));
  return readingOf(said);
}

function readRule(call: LiteralCall, file: string): Said[] {
  const place = { file, line: call.line, text: call.text };
  const given = call.values.get('decision') ?? 'allow';
  const decision = typeof given === 'string' && Object.hasOwn(DECISIONS, given) && DECISIONS[given];
  // An answer nobody knows might be a refusal.
  const entry = { decision: decision || 'deny', place };
  if (call.name === 'network_rule') return [readNetwork(entry, call)];
  if (call.name === 'host_executable') {
    return [untold({ decision: 'setting', place }, [], 'where a program lies is not said here')];
  }
  const pattern = call.values.get('pattern');
  if (call.name !== 'prefix_rule' || !decision || !Array.isArray(pattern)) {
    return [untold({ ...entry, decision: 'deny' }, RUNNING, 'it is no rule that is known')];
  }
  const prefixes = spell(pattern);
  if (prefixes === undefined) return [untold(entry, RUNNING, 'its words cannot be told')];
  return prefixes.map((words) => readCommand(entry, { words, isOpen: true }));
}

const MOST_PREFIXES = 64;

/** Every prefix of a pattern whose words may be lists of alternatives. */
function spell(pattern: readonly unknown[]): readonly (readonly string[])[] | undefined {
  let prefixes: string[][] = [[]];
  for (const word of pattern) {
    const choices: readonly unknown[] = Array.isArray(word) ? word : [word];
    if (choices.length * prefixes.length > MOST_PREFIXES) return undefined;
    // `*` is itself there, and any word here.
    const isPlain = choices.every((each) => typeof each === 'string' && !each.includes('*'));
    if (!isPlain) return undefined;
    prefixes = prefixes.flatMap((prefix) => choices.map((each) => [...prefix, String(each)]));
  }
  return prefixes.some((prefix) => prefix.length === 0) ? undefined : prefixes;
}

function readNetwork(
  entry: { readonly decision: SourceDecision; readonly place: Statement['place'] },
  { values }: LiteralCall,
): Said {
  const host = values.get('host');
  const domain = typeof host === 'string' ? canonicalDomain(host) : undefined;
  const all = [...FETCHING, ...RUNNING];
  if (domain === undefined) return untold(entry, all, 'it names no host');
  const isAsked = entry.decision === 'allow';
  return told(entry, domainScopes(domain, isAsked), isAsked ? HOST_IS_WIDER : undefined);
}
