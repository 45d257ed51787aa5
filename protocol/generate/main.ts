import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { artifacts } from '../src/artifacts/all.ts';
import { apiOperations, apiTypes } from '../src/http/all.ts';
import { emitReference, emitSchema, emitValidators, emitVectors } from './emit.ts';
import { emitOpenApi, emitRouteRoles } from './openapi.ts';

const root = join(import.meta.dirname, '..', '..');

/** Every emitted file by its path from the repository root. */
function emittedFiles(): Map<string, string> {
  const files = new Map<string, string>();
  files.set('protocol/src/generated/validators.ts', emitValidators(artifacts));
  files.set('protocol/vectors/artifacts.jsonl', emitVectors(artifacts));
  files.set('docs/reference/artifacts.md', emitReference(artifacts));
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const api = { version, operations: apiOperations, types: apiTypes() };
  files.set('protocol/schemas/openapi.json', emitOpenApi(api));
  files.set('protocol/src/generated/route-roles.ts', emitRouteRoles(apiOperations));
  for (const each of artifacts) {
    files.set(`protocol/schemas/${each.name}.json`, emitSchema(each));
  }
  return files;
}

/** Emitted files whose content on disk differs. */
export function staleFiles(): string[] {
  return [...emittedFiles()].filter(([path, text]) => read(path) !== text).map(([path]) => path);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  for (const [path, text] of emittedFiles()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  console.log(`emitted ${emittedFiles().size} files`);
}
