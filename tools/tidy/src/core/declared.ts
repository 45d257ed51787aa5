import type { Finding, Manifest, Package, Project, SourceFile } from './project.ts';
import { folderOf, isDevelopment, joinPath, lineAt, packageOf } from './project.ts';
import type { Specifier } from './syntax.ts';
import { isRelative, packageNameOf, specifiersOf } from './syntax.ts';

type Blocks = readonly (keyof Manifest & `${string}ependencies`)[];

const RUN_TIME: Blocks = ['dependencies', 'optionalDependencies', 'peerDependencies'];
const ANY_TIME: Blocks = [...RUN_TIME, 'devDependencies'];

/**
 * A package imports only what its own package.json declares: run-time code from its run-time
 * dependencies, tests and build-time files also from development ones. Relative imports stay
 * inside the package.
 */
export function importsAreDeclared(project: Project): Finding[] {
  const findings: Finding[] = [];
  for (const file of project.files.values()) {
    const owner = packageOf(project, file.path);
    if (owner === undefined || file.syntax === undefined) continue;
    for (const specifier of specifiersOf(file.syntax)) {
      const says = complaint(project, { owner, file, specifier });
      if (says === undefined) continue;
      findings.push({ file: file.path, line: lineAt(file.text, specifier.start), says });
    }
  }
  return findings;
}

type Place = {
  readonly owner: Package;
  readonly file: SourceFile;
  readonly specifier: Specifier;
};

function complaint(project: Project, { owner, file, specifier }: Place): string | undefined {
  const { value, kind } = specifier;
  if (value === undefined || kind === 'url' || value.startsWith('node:')) return undefined;
  if (isRelative(value)) {
    const target = joinPath(folderOf(file.path), value);
    return target.startsWith(`${owner.folder}/`) ? undefined : `${value} leaves the package`;
  }
  if (value.startsWith('#')) {
    return owner.manifest.imports?.[value] === undefined
      ? `${value} is not in the "imports" of ${owner.folder}/package.json`
      : undefined;
  }
  const name = packageNameOf(value);
  if (name === owner.name) return undefined;
  const development = isDevelopment(file.path);
  if (development && declares(project.root, name, ['devDependencies'])) return undefined;
  const blocks = development || kind === 'type' ? ANY_TIME : RUN_TIME;
  if (declares(owner.manifest, name, blocks)) return undefined;
  const missing = blocks === RUN_TIME ? 'a run-time dependency' : 'a dependency';
  return `${name} is not ${missing} in ${owner.folder}/package.json`;
}

function declares(manifest: Manifest, name: string, blocks: Blocks): boolean {
  return blocks.some((block) => {
    const versions = manifest[block];
    return versions !== undefined && Object.hasOwn(versions, name);
  });
}
