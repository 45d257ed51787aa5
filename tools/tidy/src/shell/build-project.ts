import { parseSync } from 'oxc-parser';
import type { Manifest, Package, Project, SourceFile, SyntaxNode } from '../core/project.ts';

const CODE = /\.(ts|tsx|cjs|mjs|js)$/;

/** Parses the texts of a checkout (path to text) into what the rules look at. */
export function buildProject(texts: ReadonlyMap<string, string>): Project {
  const files = new Map<string, SourceFile>();
  const packages: Package[] = [];
  for (const [path, text] of texts) {
    const syntax = CODE.test(path) ? parseCode(path, text) : undefined;
    files.set(path, { path, text, syntax });
    if (!path.endsWith('/package.json')) continue;
    const manifest: Manifest = JSON.parse(text);
    const folder = path.slice(0, path.lastIndexOf('/'));
    packages.push({ name: manifest.name ?? '', folder, manifest });
  }
  return { files, packages, root: JSON.parse(texts.get('package.json') ?? '{}') };
}

/** The syntax tree of a TypeScript or JavaScript text; throws where it cannot be parsed. */
export function parseCode(path: string, text: string): SyntaxNode {
  const { program, errors } = parseSync(path, text);
  const [first] = errors;
  if (first !== undefined) throw new SyntaxError(`${path}: ${first.message}\n${first.codeframe}`);
  return program as unknown as SyntaxNode;
}
