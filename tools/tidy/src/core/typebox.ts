import type { Finding, Project, SourceFile } from './project.ts';
import { folderOf, isTest, joinPath, lineAt, packageOf } from './project.ts';
import { isRelative, packageNameOf, type Specifier, specifiersOf } from './syntax.ts';

const LIBRARY = 'typebox';
const DECLARATIONS = /^protocol\/(generate|src\/(artifacts|http))\//;

/**
 * Only `protocol` knows the schema library, and only while validators are generated: what others
 * import from `protocol` must load none of it (no `Function` at run time, no 150 ms of start).
 */
export function typeboxStaysInProtocol(project: Project): Finding[] {
  const findings: Finding[] = [];
  for (const file of project.files.values()) {
    for (const use of usesOf(file)) {
      const says = misplaced(file.path, use);
      if (says !== undefined) findings.push({ file: file.path, line: lineOf(file, use), says });
    }
  }
  return [...findings, ...reachedAtRunTime(project)];
}

function usesOf(file: SourceFile): Specifier[] {
  if (file.syntax === undefined) return [];
  return specifiersOf(file.syntax).filter(({ value }) => packageNameOf(value ?? '') === LIBRARY);
}

function lineOf(file: SourceFile, use: Specifier): number {
  return lineAt(file.text, use.start);
}

function misplaced(path: string, use: Specifier): string | undefined {
  if (!path.startsWith('protocol/')) return `only protocol imports ${LIBRARY}`;
  if (use.kind === 'type' || DECLARATIONS.test(path) || isTest(path)) return undefined;
  return `${LIBRARY} may be loaded only by artifact declarations and the generator`;
}

function reachedAtRunTime(project: Project): Finding[] {
  const seen = new Set<string>();
  const waiting = entriesOf(project).map((path) => ({ path, by: 'package.json exports' }));
  const findings: Finding[] = [];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const file = project.files.get(next.path);
    if (file?.syntax === undefined || seen.has(next.path)) continue;
    seen.add(next.path);
    for (const specifier of specifiersOf(file.syntax)) {
      const { value, kind } = specifier;
      if (value === undefined || kind === 'type') continue;
      if (isRelative(value)) {
        waiting.push({ path: joinPath(folderOf(file.path), value), by: file.path });
      } else if (packageNameOf(value) === LIBRARY) {
        const says = `loaded at run time (by ${next.by}), and it loads ${LIBRARY}`;
        findings.push({ file: file.path, line: lineOf(file, specifier), says });
      }
    }
  }
  return findings;
}

function entriesOf(project: Project): string[] {
  const protocol = packageOf(project, 'protocol/package.json');
  return targetsIn(protocol?.manifest.exports).map((target) => joinPath('protocol', target));
}

/** Every path in an `exports` field, whatever its conditions. */
function targetsIn(exported: unknown): string[] {
  if (typeof exported === 'string') return [exported];
  if (typeof exported !== 'object' || exported === null) return [];
  return Object.values(exported).flatMap(targetsIn);
}
