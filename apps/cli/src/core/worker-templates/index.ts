import { COUNT } from './count.ts';
import { INVOICES } from './invoices.ts';
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

/** The files that a new worker starts with, beside its SDK. */
export function workerFilesFrom(
  template: WorkerTemplate,
  language: WorkerLanguage,
  name: string,
): Record<string, string> {
  const file = language === 'python' ? 'worker.py' : 'worker.ts';
  const draft = {
    id: `ai://local/${name}`,
    version: 'v0.1.0',
    about: template.about,
    entry: { language, file },
    requirements: { framework: language === 'python' ? 'python-3.11' : 'node-26' },
    capabilities_required: template.capabilities,
  };
  const isTested = template.cases.length > 0;
  return {
    'worker.json': textOf(draft),
    ...(isTested ? { 'worker.tests.json': textOf(template.cases) } : {}),
    ...(language === 'typescript' ? { 'package.json': MODULE } : {}),
    [file]: template[language](agentName(name)),
  };
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
