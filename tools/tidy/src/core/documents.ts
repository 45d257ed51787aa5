import type { Finding, Package, Project, SourceFile } from './project.ts';
import { folderOf, joinPath, lineAt, roomOf } from './project.ts';
import { isNode, literalOf, walk } from './syntax.ts';

const MAPS: readonly string[] = ['docs/GLOSSARY.md', 'docs/ARCHITECTURE.md'];
const ROOMS = 'ground|protocol|law|verifier|systems|hosts|apps|proof|tools|docs|bin';
const NEED_A_SPEC = /^(ground|protocol|law|verifier|systems|hosts)$/;

/** Paths that the maps of the project and its links name exist; every package has a README. */
export function documentsAreTrue(project: Project): Finding[] {
  const findings: Finding[] = [];
  for (const path of MAPS) {
    const map = project.files.get(path);
    if (map === undefined) findings.push({ file: path, line: 0, says: 'is missing' });
    else findings.push(...deadPaths(project, map));
  }
  for (const file of project.files.values()) {
    if (file.path.endsWith('.md')) findings.push(...deadLinks(project, file));
  }
  for (const { folder } of project.packages) {
    const missing = ['README.md', ...(NEED_A_SPEC.test(roomOf(folder)) ? ['SPEC.md'] : [])].filter(
      (name) => !project.files.has(`${folder}/${name}`),
    );
    for (const name of missing) findings.push({ file: folder, line: 0, says: `has no ${name}` });
  }
  return findings;
}

function deadPaths(project: Project, map: SourceFile): Finding[] {
  const mention = new RegExp(`\`((?:${ROOMS})/[^\`\\s*<{]*)\``, 'g');
  return [...map.text.matchAll(mention)].flatMap((match) => {
    const path = match[1] as string;
    return exists(project, path) ? [] : [dead(map, match.index, path)];
  });
}

function deadLinks(project: Project, file: SourceFile): Finding[] {
  return [...file.text.matchAll(/\]\((?![a-z]+:|#)([^)\s#]+)[^)]*\)/g)].flatMap((match) => {
    const target = match[1] as string;
    const path = joinPath(folderOf(file.path), target);
    return exists(project, path) ? [] : [dead(file, match.index, target)];
  });
}

function dead(file: SourceFile, offset: number, path: string): Finding {
  return { file: file.path, line: lineAt(file.text, offset), says: `${path} does not exist` };
}

function exists(project: Project, path: string): boolean {
  const plain = joinPath('', path);
  if (project.files.has(plain)) return true;
  return [...project.files.keys()].some((known) => known.startsWith(`${plain}/`));
}

/**
 * Every numbered rule of a SPEC.md cites its source and tests that exist, in the form
 * `- **C1** text. *(source; test: path "exact title")*` with the path in backticks.
 */
export function specsAreHeld(project: Project): Finding[] {
  return project.packages.flatMap((owner) => {
    const spec = project.files.get(`${owner.folder}/SPEC.md`);
    return spec === undefined ? [] : specFindings(project, owner, spec);
  });
}

function specFindings(project: Project, owner: Package, spec: SourceFile): Finding[] {
  const rules = rulesIn(spec);
  if (rules.length === 0) return [{ file: spec.path, line: 0, says: 'states no rule: - **C1** …' }];
  const seen = new Set<string>();
  const findings: Finding[] = [];
  for (const rule of rules) {
    const complaints = seen.has(rule.id) ? [`is numbered twice`] : [];
    complaints.push(...ruleComplaints(project, owner, rule.text));
    seen.add(rule.id);
    for (const complaint of complaints) {
      findings.push({ file: spec.path, line: rule.line, says: `${rule.id} ${complaint}` });
    }
  }
  return findings;
}

type SpecRule = { readonly id: string; readonly line: number; readonly text: string };

// A rule runs from its bullet to the next bullet, blank line or heading.
function rulesIn(spec: SourceFile): SpecRule[] {
  const bullet = /^- \*\*([A-Z]+\d+[a-z]?)\*\*(.*(?:\n(?!\s*$|- |#).*)*)/gm;
  return [...spec.text.matchAll(bullet)].map((match) => ({
    id: match[1] as string,
    line: lineAt(spec.text, match.index),
    text: (match[2] as string).replaceAll(/\s+/g, ' '),
  }));
}

function ruleComplaints(project: Project, owner: Package, text: string): string[] {
  const citation = /[*_]\(([^;]+(?:;[^;]+)*); tests?: (.+)\)[*_]\s*$/.exec(text);
  if (citation === null) return ['does not end in *(source; test: `path` "title")*'];
  const tests = [...(citation[2] as string).matchAll(/`([^`]+)` "([^"]+)"/g)];
  if (tests.length === 0) return ['names no test'];
  return tests.flatMap(([, path, title]) => {
    const file = project.files.get(joinPath(owner.folder, path as string));
    if (file === undefined) return [`names ${path}, which does not exist`];
    return titlesIn(file).has(title as string) ? [] : [`names no test of ${path}: "${title}"`];
  });
}

function titlesIn(file: SourceFile): Set<string> {
  const titles = new Set<string>();
  if (file.syntax === undefined) return titles;
  walk(file.syntax, (node) => {
    if (node.type !== 'CallExpression' || !isNode(node.callee)) return;
    if (!['test', 'it'].includes(String(node.callee.name)) || !Array.isArray(node.arguments))
      return;
    const title = literalOf(node.arguments[0]);
    if (title !== undefined) titles.add(title);
  });
  return titles;
}
