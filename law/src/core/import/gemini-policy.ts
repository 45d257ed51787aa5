import { readCommand } from './command-entry.ts';
import { beginning, geminiTargets, readGeminiTool } from './gemini-tools.ts';
import { serverScopes, serverTargets } from './servers.ts';
import {
  EVERYTHING,
  type Place,
  RUNNING,
  readingOf,
  type Said,
  type SourceDecision,
  type SourceFile,
  type SourceReading,
  told,
  unreadable,
  untold,
} from './statement.ts';
import { TomlSource } from './toml-source.ts';

type Fields = Readonly<Record<string, unknown>>;

const DECISIONS: Readonly<Record<string, SourceDecision>> = {
  allow: 'allow',
  ask_user: 'ask',
  deny: 'deny',
};

/** What a rule may say beside tool and decision without being about less. */
const KNOWN = [
  'allowRedirection',
  'commandPrefix',
  'decision',
  'denyMessage',
  'mcpName',
  'priority',
  'toolName',
];

/**
 * A policy of Gemini CLI. There the rule with the highest priority decides; here what denies
 * stands over what asks, over what allows, so that no order can let more through.
 */
export function readGeminiPolicy(source: SourceFile): SourceReading {
  const toml = TomlSource.of(source);
  if (toml === undefined) return unreadable(source, 'it is no TOML');
  const rules = toml.at(['rule']) ?? [];
  if (!Array.isArray(rules)) return unreadable(source, 'its `rule` is no array of tables');
  const said = rules.flatMap((rule: unknown, index) =>
    readRule(rule, toml.placeOfTable('rule', index)),
  );
  const checkers = toml.at(['safety_checker']);
  if (checkers !== undefined) {
    const entry = { decision: 'deny', place: toml.placeOfTable('safety_checker', 0) } as const;
    said.push(untold(entry, EVERYTHING, 'a checker may refuse any call'));
  }
  return readingOf(said);
}

function readRule(rule: unknown, place: Place): Said[] {
  if (typeof rule !== 'object' || rule === null) {
    return [untold({ decision: 'deny', place }, EVERYTHING, 'it is no table')];
  }
  const fields = rule as Fields;
  const given = fields['decision'];
  const decision = typeof given === 'string' && Object.hasOwn(DECISIONS, given) && DECISIONS[given];
  const entry = { decision: decision || ('deny' as const), place };
  const targets = affected(fields);
  if (!decision) return [untold(entry, targets, 'its decision is not known')];
  const strange = Object.keys(fields).find((name) => !KNOWN.includes(name));
  if (strange !== undefined) {
    return [untold(entry, targets, `rules that go by \`${strange}\` cannot be said here`)];
  }
  if (fields['mcpName'] !== undefined) return readServerRule(entry, fields);
  const prefixes = texts(fields['commandPrefix']);
  if (prefixes !== undefined) {
    const names = texts(fields['toolName']) ?? ['run_shell_command'];
    if (names.join() !== 'run_shell_command')
      return [untold(entry, targets, 'it is about two things')];
    return prefixes.map((prefix) => readCommand(entry, beginning(prefix)));
  }
  const names = texts(fields['toolName']);
  if (names === undefined) return [untold(entry, EVERYTHING, 'it names no tool')];
  return names.map((name) => readGeminiTool(entry, name));
}

function readServerRule(
  entry: { readonly decision: SourceDecision; readonly place: Place },
  fields: Fields,
): Said[] {
  const servers = texts(fields['mcpName']);
  const tools = texts(fields['toolName'] ?? '*');
  if (servers === undefined || tools === undefined || fields['commandPrefix'] !== undefined) {
    return [untold(entry, EVERYTHING, 'it names no server and tools')];
  }
  return servers.flatMap((server) =>
    tools.map((tool) => {
      const targets = serverTargets(server, tool);
      if (targets === undefined) return untold(entry, EVERYTHING, 'no target is that tool');
      return told(entry, serverScopes(targets, entry.decision === 'allow'));
    }),
  );
}

/** What a rule that cannot be said might be about. */
function affected(fields: Fields): readonly string[] {
  if (fields['mcpName'] !== undefined) return EVERYTHING;
  const isCommand = fields['commandPrefix'] !== undefined || fields['commandRegex'] !== undefined;
  if (isCommand) return RUNNING;
  const names = texts(fields['toolName']);
  const targets = names?.map(geminiTargets) ?? [];
  const isKnown = targets.length > 0 && targets.every((each) => each.length > 0);
  return isKnown ? targets.flat() : EVERYTHING;
}

function texts(value: unknown): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.length > 0 && list.every((each) => typeof each === 'string') ? list : undefined;
}
