import type { Finding, Project } from '../core/project.ts';
import { buildProject } from '../shell/build-project.ts';

/** A project of a few texts, with a package.json for every folder in `packages`. */
export function madeUp(
  texts: Readonly<Record<string, string>>,
  packages: Readonly<Record<string, object>> = {},
): Project {
  const manifests = Object.entries(packages).map(([folder, fields]): [string, string] => {
    const name = `@ioi/${folder.split('/').at(-1)}`;
    return [`${folder}/package.json`, JSON.stringify({ name, private: true, ...fields })];
  });
  return buildProject(new Map([...manifests, ...Object.entries(texts)]));
}

/** Findings as one reads them: `file:line what the rule says`. */
export function spoken(findings: readonly Finding[]): string[] {
  return findings.map(({ file, line, says }) => `${file}:${line} ${says}`);
}
