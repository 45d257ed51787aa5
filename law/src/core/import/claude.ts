import { canonicalDomain } from '../policy/host.ts';
import { readOtherSettings, readSandbox } from './claude-settings.ts';
import { readCommand } from './command-entry.ts';
import type { CommandWords } from './commands.ts';
import { domainScopes, HOST_IS_WIDER } from './domains.ts';
import { JsonSource } from './json-source.ts';
import { allowedPath, commandScopes, guardedNames, guardedPaths, pathScopes } from './paths.ts';
import { ambiguousTargets, serverScopes, serverTargets } from './servers.ts';
import {
  ANYTHING,
  EVERYTHING,
  FETCHING,
  onEach,
  type Place,
  READING,
  RUNNING,
  readingOf,
  type Said,
  type SourceDecision,
  type SourceFile,
  type SourceReading,
  told,
  unreadable,
  untold,
  WRITING,
} from './statement.ts';

const DECISIONS = ['deny', 'ask', 'allow'] as const;

/**
 * Permissions of Claude Code: `permissions` and `sandbox` of a settings file. There deny stands
 * over ask over allow, however narrow each is; what none decides is asked about.
 */
export function readClaude(source: SourceFile): SourceReading {
  const json = JsonSource.read(source.file, source.text);
  if (json === undefined) return unreadable(source, 'it is no JSON object that can be trusted');
  const said = [
    ...DECISIONS.flatMap((decision) =>
      json
        .entries(['permissions', decision])
        .map(({ value, place }) => readEntry({ decision, place, source }, value)),
    ),
    ...readSandbox(json, source),
    ...readOtherSettings(json),
  ];
  return readingOf(said, json.at(['permissions', 'defaultMode']) !== 'dontAsk');
}

type Entry = {
  readonly decision: SourceDecision;
  readonly place: Place;
  readonly source: SourceFile;
};

function readEntry(entry: Entry, value: unknown): Said {
  if (typeof value !== 'string') return untold(entry, EVERYTHING, 'it is no text');
  const parts = /^([^()]+)(?:\(([\s\S]*)\))?$/.exec(value.trim());
  if (parts === null) return untold(entry, EVERYTHING, 'it is no rule of a tool');
  const [, tool = '', about] = parts;
  if (tool.startsWith('mcp__')) return readServerTool(entry, tool, about);
  if (tool.includes('*')) return untold(entry, EVERYTHING, 'a pattern of tool names');
  switch (tool) {
    case 'Bash':
      return readBash(entry, about);
    case 'Read':
    case 'Glob':
    case 'Grep':
    case 'LS':
      return readPath(entry, READING, about);
    case 'Edit':
    case 'MultiEdit':
    case 'NotebookEdit':
      return readPath(entry, WRITING, about);
    case 'Write':
      return readWrite(entry, about);
    case 'WebFetch':
      return readFetch(entry, about);
    case 'PowerShell':
      return untold(entry, RUNNING, 'commands of PowerShell are not read here');
    default:
      return untold(entry, [], 'no call of such a tool passes through the node');
  }
}

function readBash(entry: Entry, about: string | undefined): Said {
  const words = about === undefined || about === '*' || about === ':*' ? undefined : about;
  if (words === undefined) return told(entry, onEach(RUNNING, ANYTHING));
  return readCommand(entry, wordsOf(words));
}

/** `npm run:*` and `npm run *` are a beginning, `npm run` is the whole. */
function wordsOf(text: string): CommandWords {
  const isOpen = /(?::\*| \*)$/.test(text);
  const head = isOpen ? text.slice(0, -2) : text;
  return { words: head.split(' ').filter((word) => word !== ''), isOpen };
}

function readPath(entry: Entry, targets: readonly string[], about: string | undefined): Said {
  if (about === undefined || about === '*' || about === '**') {
    if (entry.decision === 'allow') return told(entry, onEach(targets, ANYTHING));
    const running = onEach(RUNNING, { ...ANYTHING, isAsked: true });
    return told(
      entry,
      [...onEach(guarding(targets), ANYTHING), ...running],
      'commands are asked for',
    );
  }
  if (entry.decision === 'allow') {
    const path = allowedPath(about, entry.source);
    if (path !== undefined) return told(entry, pathScopes(targets, [path]));
    return untold(entry, targets, 'no path says just that');
  }
  const paths = guardedPaths(about, entry.source);
  const names = guardedNames(about, entry.source);
  const all = [...guarding(targets), ...RUNNING];
  if (paths === undefined || names === undefined)
    return untold(entry, all, 'no path holds all of it');
  // A command may only read what must not be written, so a person is asked.
  const isAsked = targets === WRITING;
  const running = commandScopes(names).map((each) => ({ ...each, isAsked }));
  return told(entry, [...pathScopes(guarding(targets), paths), ...running]);
}

/** What must not be read must not be written either: Claude Code refuses both. */
function guarding(targets: readonly string[]): readonly string[] {
  return targets === READING ? [...READING, ...WRITING] : targets;
}

/** Claude Code looks at no path in rules of Write, so one that allows is asked about. */
function readWrite(entry: Entry, about: string | undefined): Said {
  if (about === undefined || entry.decision !== 'allow') return readPath(entry, WRITING, about);
  const asked = readPath(entry, WRITING, about);
  if ('reason' in asked) return asked;
  const scopes = asked.scopes.map((each) => ({ ...each, isAsked: true }));
  return told(entry, scopes, 'asked for: the path of a Write rule means nothing there');
}

function readFetch(entry: Entry, about: string | undefined): Said {
  if (about === undefined || about === 'domain:*') return told(entry, onEach(FETCHING, ANYTHING));
  const domain = about.startsWith('domain:') ? canonicalDomain(about.slice(7).trim()) : undefined;
  if (domain === undefined) return untold(entry, FETCHING, 'it names no domain');
  const isAsked = entry.decision === 'allow';
  return told(entry, domainScopes(domain, isAsked), isAsked ? HOST_IS_WIDER : undefined);
}

function readServerTool(entry: Entry, name: string, about: string | undefined): Said {
  const whole = name.slice('mcp__'.length);
  const [server = '', tool = '*'] = splitOnce(whole, '__');
  const isPart =
    about !== undefined || server.includes('*') || (tool !== '*' && tool.includes('*'));
  if (entry.decision === 'allow' && isPart) return untold(entry, [], 'no target says just that');
  const isClear = entry.decision === 'allow' || name.includes('*') || tool === '*';
  const targets = isClear
    ? serverTargets(server, tool.includes('*') ? '*' : tool)
    : ambiguousTargets(whole, '__');
  if (targets === undefined || server.includes('*')) {
    return untold(entry, EVERYTHING, 'no target holds all of it');
  }
  return told(
    entry,
    serverScopes(targets, entry.decision === 'allow'),
    isPart ? 'it is about more here' : undefined,
  );
}

function splitOnce(text: string, by: string): readonly string[] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}
