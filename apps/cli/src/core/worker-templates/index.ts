import { decodeBase64 } from '@ioi/basis';
import { COUNT } from './count.ts';
import { INVOICES } from './invoices.ts';
import { WASM_CASES, WASM_MODULE } from './module.ts';
import { RESEARCH } from './research.ts';
import type { WorkerLanguage, WorkerTemplate } from './template.ts';

export type { WorkerLanguage } from './template.ts';

/** By the name that `--template` takes. */
export const WORKER_TEMPLATES: ReadonlyMap<string, WorkerTemplate> = new Map([
  ['count', COUNT],
  ['invoices', INVOICES],
  ['research', RESEARCH],
]);

const MODULE = '{ "private": true, "type": "module" }\n';
const FILES = {
  python: 'worker.py',
  typescript: 'worker.ts',
  guest: 'worker.guest.js',
  wasm: 'worker.wasm',
} as const satisfies Record<WorkerLanguage, string>;
const FRAMEWORKS: Readonly<Partial<Record<WorkerLanguage, string>>> = {
  python: 'python-3.11',
  typescript: 'node-26',
};
/** What the one module there is does. */
const OF_MODULE = {
  about: 'Gives back the text of a file.',
  capabilities: ['prim:fs.read'],
  cases: WASM_CASES,
};

export function isWorkerLanguage(text: string): text is WorkerLanguage {
  return Object.hasOwn(FILES, text);
}

/** The files that a new worker starts with, beside its SDK; undefined where there is none such. */
export function workerFilesFrom(
  template: WorkerTemplate,
  language: WorkerLanguage,
  name: string,
): Record<string, string | Uint8Array> | undefined {
  const content = contentOf(template, language, agentName(name));
  if (content === undefined) return undefined;
  const { about, capabilities, cases } = language === 'wasm' ? OF_MODULE : template;
  const framework = FRAMEWORKS[language];
  const draft = {
    id: `ai://local/${name}`,
    version: 'v0.1.0',
    about,
    entry: { language, file: FILES[language] },
    ...(framework === undefined ? {} : { requirements: { framework } }),
    capabilities_required: capabilities,
  };
  return {
    'worker.json': textOf(draft),
    ...(cases.length > 0 ? { 'worker.tests.json': textOf(cases) } : {}),
    ...(language === 'typescript' ? { 'package.json': MODULE } : {}),
    [FILES[language]]: content,
  };
}

/** A module is compiled from whatever language: it starts from the one there is. */
function contentOf(
  template: WorkerTemplate,
  language: WorkerLanguage,
  name: string,
): string | Uint8Array | undefined {
  switch (language) {
    case 'python':
    case 'typescript':
      return template[language](name);
    case 'guest':
      return template.guest?.();
    case 'wasm':
      return template === COUNT ? decodeBase64(WASM_MODULE) : undefined;
  }
}

/** Of a folder's name, what an address of a worker can have. */
export function workerName(folder: string): string {
  const plain = folder.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-+|-+$/g, '').slice(0, 64) || 'worker';
}

/** Names of agents begin with a letter. */
function agentName(name: string): string {
  return /^[a-z]/.test(name) ? name : `worker-${name}`;
}

function textOf(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
