import { InclusionResult } from '../artifacts/governance-receipts.ts';
import { ManagedWorkerInstanceEnvelope } from '../artifacts/worker-installs.ts';
import { WorkerManifest } from '../artifacts/worker-manifest.ts';
import {
  declare,
  flag,
  json,
  list,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
} from './declare.ts';

export const WorkerPackageAsked = declare(
  'WorkerPackageAsked',
  'A package of a worker that lies on this machine.',
  object({
    path: text('Absolute.'),
    digest: optional(text('Of the whole package, as it was looked at: another one is refused.')),
  }),
);

const Asked = object({
  name: text('`prim:…` or `scope:…`.'),
  may: list(text(), 'Targets that some call of may pass under the policy in force.'),
  never: list(text(), 'Targets that need it and that no call of passes.'),
});

const Needed = object({
  need: text('Such as `python-3.11`.'),
  met: oneOf(['yes', 'no', 'unknown'], '`unknown`: this node cannot tell.'),
  found: text('What is there.'),
});

export const WorkerPackageReview = declare(
  'WorkerPackageReview',
  'What a package is, asks for and needs, once all of it was checked and is kept at the node. ' +
    'Nothing of it ran, and nothing is installed by it.',
  object({
    package: text('The digest of the whole package: what the owner signs for.'),
    manifest_hash: text(),
    manifest: of(WorkerManifest),
    replaces: optional(text('The version that is installed.')),
    inclusion: { ...InclusionResult, description: 'Against what is installed.' },
    asks: list(Asked),
    needs: list(Needed),
  }),
);

export const InstalledWorker = declare(
  'InstalledWorker',
  'A worker as its owner installed it, or had it removed.',
  object({
    id: text('`ai://…`, whichever version.'),
    name: text('The last part of it.'),
    version: text(),
    authority: text('Whose worker it is: the DID of the key that signed its manifest.'),
    state: oneOf(['installed', 'removed']),
    manifest_hash: text(),
    package: text(),
    kept: flag('Whether its package is there: else it cannot be started.'),
    instance: of(ManagedWorkerInstanceEnvelope),
  }),
);

export const InstalledWorkersPage = declare(
  'InstalledWorkersPage',
  'Workers that are or were installed, by id.',
  object({ workers: list(of(InstalledWorker)) }),
);

export const InstalledWorkerDetail = declare(
  'InstalledWorkerDetail',
  'An installed worker with its signed manifest.',
  object({ worker: of(InstalledWorker), manifest: of(WorkerManifest) }),
);

const REFUSED = ['request.invalid', 'worker.*', 'package.*', 'manifest.*', 'canon.*'];

export const workerInstallOperations = operations('workers', [
  {
    route: 'POST /v1/worker-packages',
    id: 'reviewWorkerPackage',
    role: 'owner',
    summary: 'Check a package, keep its bytes, and say what it asks for',
    description:
      'The owner installs it by signing `workers/install` at the guardian. A package that is not ' +
      'installed within a day is thrown away at the next start.',
    body: of(WorkerPackageAsked),
    answers: { 200: json(of(WorkerPackageReview)) },
    problems: { 400: REFUSED, 409: ['package.other', 'worker.*', 'policy.*', 'ontology.*'] },
  },
  {
    route: 'GET /v1/workers',
    id: 'listWorkers',
    role: 'auditor',
    summary: 'Workers that are or were installed',
    answers: { 200: json(of(InstalledWorkersPage)) },
  },
  {
    route: 'GET /v1/workers/{id}',
    id: 'showWorker',
    role: 'auditor',
    summary: 'An installed worker, by `inst_…`, name or `ai://…`',
    answers: { 200: json(of(InstalledWorkerDetail)) },
    problems: { 404: ['worker.not_installed'], 409: ['worker.ambiguous'] },
  },
]);
