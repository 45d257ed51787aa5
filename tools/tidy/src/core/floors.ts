import type { Finding, Package, Project } from './project.ts';
import { lineAt, packageOf, roomOf } from './project.ts';
import { packageNameOf, specifiersOf } from './syntax.ts';

// The floors of the house (docs/decisions/0001-house.md). A room may import the rooms it lists and
// nothing else; what it does not list is above it or beside it.
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  ground: [],
  protocol: ['ground'],
  law: ['ground', 'protocol'],
  verifier: ['ground', 'protocol', 'law'],
  systems: ['ground', 'protocol', 'law'],
  hosts: ['ground', 'protocol', 'law', 'verifier', 'systems'],
  apps: ['ground', 'protocol', 'law', 'verifier', 'apps/sdk', 'apps/python'],
  tools: ['ground', 'protocol', 'law', 'verifier', 'systems', 'hosts', 'apps', 'tools'],
  proof: ['ground', 'protocol', 'law', 'verifier', 'systems', 'hosts', 'apps', 'tools', 'proof'],
};

// Ground is ordered too: basis, then canon, then everything else side by side.
const GROUND_BOTTOM: readonly string[] = ['ground/basis', 'ground/canon'];

/** Imports point down and siblings do not talk; tests are held to it too. */
export function importsPointDown(project: Project): Finding[] {
  const findings = project.packages.filter(isHomeless).map((homeless) => ({
    file: `${homeless.folder}/package.json`,
    line: 0,
    says: 'this folder has no floor in the house',
  }));
  for (const file of project.files.values()) {
    const from = packageOf(project, file.path);
    if (from === undefined || file.syntax === undefined) continue;
    for (const { value, start } of specifiersOf(file.syntax)) {
      const to = project.packages.find(({ name }) => name === packageNameOf(value ?? ''));
      if (to === undefined || to === from || mayImport(from, to)) continue;
      const line = lineAt(file.text, start);
      const says = `${from.folder} may not import ${to.folder}: ${whyNot(from, to)}`;
      findings.push({ file: file.path, line, says });
    }
  }
  return findings;
}

function isHomeless({ folder }: Package): boolean {
  return MAY_IMPORT[roomOf(folder)] === undefined;
}

function groundLevel(folder: string): number {
  const level = GROUND_BOTTOM.indexOf(folder);
  return level === -1 ? GROUND_BOTTOM.length : level;
}

function mayImport(from: Package, to: Package): boolean {
  if (roomOf(from.folder) === 'ground' && roomOf(to.folder) === 'ground') {
    return groundLevel(to.folder) < groundLevel(from.folder);
  }
  const allowed = MAY_IMPORT[roomOf(from.folder)] ?? [];
  return allowed.includes(roomOf(to.folder)) || allowed.includes(to.folder);
}

function whyNot(from: Package, to: Package): string {
  return roomOf(from.folder) === roomOf(to.folder)
    ? 'siblings do not talk; what both need moves down a floor'
    : 'imports point down';
}
