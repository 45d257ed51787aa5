import type { Finding, Project } from './project.ts';
import { lineAt } from './project.ts';

type Taboo = {
  readonly pattern: RegExp;
  readonly why: string;
  /** Files in which the words are allowed to stand. */
  readonly except?: RegExp;
};

// Spelled in pieces, so that this file does not name what it forbids.
const spelled = (...pieces: readonly string[]): RegExp => new RegExp(pieces.join(''), 'g');

const TABOOS: readonly Taboo[] = [
  { pattern: spelled('(?<![.\\w])/(w', 'ork|f', 'arm)/'), why: 'a path of one machine' },
  { pattern: spelled('\\.\\./\\.', 'library'), why: 'a path of one machine' },
  {
    pattern: spelled('\\.\\./sha', 'red\\b'),
    why: 'a folder outside the project',
    except: /^proof\/conformance\/src\//,
  },
  { pattern: spelled('://reg', 'istry\\.[a-z]+\\.'), why: 'a package registry' },
  { pattern: spelled('://d', 'eb\\.[a-z]+\\.'), why: 'a package registry' },
  { pattern: spelled('\\b(TO', 'DO|FIX', 'ME|XX', 'X|HA', 'CK)\\b'), why: 'unfinished work' },
  { pattern: spelled('\\bnot imple', 'mented|\\bunimple', 'mented'), why: 'unfinished work' },
  {
    pattern: spelled('\\b(test|it|describe|suite)\\.(on', 'ly|sk', 'ip|to', 'do)\\('),
    why: 'a test that does not run',
  },
  { pattern: spelled('\\b(sk', 'ip|on', 'ly|to', 'do): *true'), why: 'a test that does not run' },
  {
    pattern: spelled('@ts-(ig', 'nore|no', 'check)'),
    why: 'a silenced compiler',
    except: /^protocol\/(generate|src\/generated)\//,
  },
];

// Written by npm, and by the Apache Software Foundation.
const NOT_OURS: readonly string[] = ['package-lock.json', 'LICENSE'];

/** Words that may stand nowhere in the project. */
export function wordsAreClean(project: Project): Finding[] {
  const findings: Finding[] = [];
  for (const { path, text } of project.files.values()) {
    if (NOT_OURS.includes(path)) continue;
    for (const { pattern, why, except } of TABOOS) {
      if (except?.test(path) === true) continue;
      for (const match of text.matchAll(pattern)) {
        findings.push({ file: path, line: lineAt(text, match.index), says: `${match[0]}: ${why}` });
      }
    }
  }
  return findings;
}
