import { ok, type Result } from '@ioi/basis';
import {
  type InstallWorker,
  isWorkerManifest,
  type Rejection,
  type RemoveWorker,
  type View,
} from '@ioi/protocol';
import { reject } from '../governance/authority.ts';
import { NO_HASH } from '../governance/names.ts';
import type { InstallStatement } from '../governance/signable.ts';
import { manifestRoot } from '../packages/package.ts';
import { type InstalledHead, workerKeys } from './heads.ts';
import { nextOfWorker } from './installs.ts';
import { compareVersions, requestsOf } from './widening.ts';

type Asked = Readonly<Record<string, unknown>>;
type Complete = (asked: Asked, known: { readonly view: View }) => Result<object, Rejection>;

/** What is there now replaces what was asked. */
export const installCompletions: Readonly<Record<InstallStatement, Complete>> = {
  install: (asked, { view }) => {
    const { manifest } = asked;
    if (!isWorkerManifest(manifest)) {
      return reject('operation.invalid_payload', 'this is no WorkerManifest');
    }
    const before = installedIn(view, manifest.id);
    const fields = { persistence_profile: 'per_invocation', may_downgrade: false, ...asked };
    return ok({ ...fields, ...standing(before) });
  },
  remove: (asked, { view }) =>
    ok({ ...asked, ...standing(installedIn(view, String(asked['id']))) }),
};

function installedIn(view: View, id: string): InstalledHead | undefined {
  return view.get<InstalledHead>(workerKeys.installed(id));
}

/** What a change is about: what stands there, and its number. */
export function standing(
  before: Pick<InstalledHead, 'state' | 'manifest_hash' | 'sequence'> | undefined,
) {
  const old = before?.state === 'installed' ? before.manifest_hash : NO_HASH;
  return { old_manifest_hash: old, sequence: nextOfWorker(before) };
}

/** What each statement says, beside what is there now. */
export const installWords: Readonly<
  Record<InstallStatement, (statement: never, view: View) => string[]>
> = {
  install: installLines,
  remove: removeLines,
};

function installLines(
  { manifest, package: address, persistence_profile: profile }: InstallWorker['installation'],
  view: View,
): string[] {
  const head = installedIn(view, manifest.id);
  const before = head?.state === 'installed' ? head.manifest : undefined;
  const order = before && compareVersions(manifest.version, before.version);
  const older = order !== undefined && order < 0 ? ', which is older' : '';
  const first =
    before === undefined
      ? `worker ${manifest.id} ${manifest.version} is installed`
      : `worker ${manifest.id} ${before.version} becomes ${manifest.version}${older}`;
  return [
    first,
    `signed by ${manifest.authority}`,
    `package ${address}`,
    `manifest ${manifestRoot(manifest)}`,
    `started for each run alone (${profile})`,
    ...manifest.tasks.map(({ name }) => `does ${name}`),
    ...changedLines(before && linesOf(before), linesOf(manifest)),
    'what it may do is for the policy: installing allows nothing',
  ];
}

function removeLines({ id }: RemoveWorker['removal'], view: View): string[] {
  const before = installedIn(view, id)?.manifest;
  const lines = before === undefined ? [] : linesOf(before);
  return [`worker ${id} ${before?.version ?? ''} is removed`, ...lines.map((line) => `- ${line}`)];
}

type Read = InstallWorker['installation']['manifest'];

function linesOf(manifest: Read): string[] {
  const { capabilities, scopes, wishes } = requestsOf(manifest);
  const { framework, vram_min: memory } = manifest.requirements ?? {};
  const { arch, vram_min: modelMemory, routes = [] } = manifest.model_requirements ?? {};
  const needs = [
    framework,
    memory && `${memory} of video memory`,
    arch && `a model ${arch}`,
    modelMemory && `${modelMemory} of video memory for its model`,
    ...routes.map((route) => `the route ${route}`),
  ].filter((each) => each !== undefined);
  return [
    ...capabilities,
    ...scopes,
    ...wishes.map((wish) => `wishes ${wish}`),
    ...needs.map((need) => `needs ${need}`),
  ];
}

/** What stays is shown too: it is approved with the rest. */
export function changedLines(before: readonly string[] = [], after: readonly string[]): string[] {
  const gone = before.filter((line) => !after.includes(line)).map((line) => `- ${line}`);
  return [...gone, ...after.map((line) => `${before.includes(line) ? ' ' : '+'} ${line}`)];
}
