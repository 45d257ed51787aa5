import type { Finding, Manifest, Package, Project } from './project.ts';
import { roomOf } from './project.ts';

/** The rooms whose packages become part of the published package. */
const SHIPPED: readonly string[] = [
  ...['ground', 'protocol', 'law', 'verifier', 'systems', 'hosts', 'apps'],
];

const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/**
 * The root's dependencies are the union of what the shipped packages need at run time, at one
 * exact version each; nothing of ours can be published by accident; no dependency runs a script
 * when it is installed.
 */
export function manifestsAgree(project: Project): Finding[] {
  return [
    ...[{ manifest: project.root, folder: '' }, ...project.packages].flatMap(looseVersions),
    ...project.packages.flatMap((owner) => publishable(project, owner)),
    ...unionFindings(project),
    ...installScripts(project),
  ];
}

function manifestPath(folder: string): string {
  return folder === '' ? 'package.json' : `${folder}/package.json`;
}

function looseVersions({ manifest, folder }: Pick<Package, 'manifest' | 'folder'>): Finding[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies };
  return Object.entries({ ...all, ...manifest.optionalDependencies })
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => {
      const says = `${name} is at ${version}: name one exact version`;
      return { file: manifestPath(folder), line: 0, says };
    });
}

function publishable(project: Project, { name, folder, manifest }: Package): Finding[] {
  const complaints: string[] = [];
  if (!name.startsWith('@ioi/')) complaints.push(`is named ${name}, not @ioi/…`);
  if (manifest.private !== true) complaints.push('is not private');
  if (manifest.version !== project.root.version)
    complaints.push('has another version than the root');
  return complaints.map((says) => ({ file: manifestPath(folder), line: 0, says }));
}

function unionFindings(project: Project): Finding[] {
  const findings: Finding[] = [];
  const rooted = project.root.dependencies ?? {};
  const needed = new Set<string>();
  for (const { folder, manifest } of project.packages) {
    if (!SHIPPED.includes(roomOf(folder))) continue;
    for (const [name, version] of thirdParty(manifest)) {
      needed.add(name);
      if (rooted[name] === version) continue;
      const says = `${name} is at ${version}, in the root at ${rooted[name] ?? 'no version'}`;
      findings.push({ file: manifestPath(folder), line: 0, says });
    }
  }
  for (const name of Object.keys(rooted).filter((each) => !needed.has(each))) {
    findings.push({ file: 'package.json', line: 0, says: `no shipped package needs ${name}` });
  }
  return findings;
}

function thirdParty(manifest: Manifest): [string, string][] {
  return Object.entries(manifest.dependencies ?? {}).filter(([name]) => !name.startsWith('@ioi/'));
}

function installScripts(project: Project): Finding[] {
  const lock = project.files.get('package-lock.json');
  if (lock === undefined) return [{ file: 'package-lock.json', line: 0, says: 'is missing' }];
  const { packages = {} }: { packages?: Record<string, { hasInstallScript?: boolean }> } =
    JSON.parse(lock.text);
  return Object.entries(packages)
    .filter(([, entry]) => entry.hasInstallScript === true)
    .map(([name]) => {
      const says = `${name} runs a script when it is installed`;
      return { file: 'package-lock.json', line: 0, says };
    });
}
