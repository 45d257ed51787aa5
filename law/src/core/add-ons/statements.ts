import { ok, type Result } from '@ioi/basis';
import {
  type InclusionResult,
  type InstallAddOn,
  isAddOnManifest,
  type Rejection,
  type RemoveAddOn,
  type View,
} from '@ioi/protocol';
import { reject } from '../governance/authority.ts';
import type { AddOnStatement } from '../governance/signable.ts';
import { manifestRoot } from '../packages/package.ts';
import { changedLines, standing } from '../workers/statements.ts';
import { requestsInclusion } from '../workers/widening.ts';
import { addOnRequests } from './asking.ts';
import { type AddOnHead, addOnKeys, addOnName } from './heads.ts';

type Asked = Readonly<Record<string, unknown>>;
type Complete = (asked: Asked, known: { readonly view: View }) => Result<object, Rejection>;
type Manifest = InstallAddOn['installation']['manifest'];

/** What is there now replaces what was asked. */
export const addOnCompletions: Readonly<Record<AddOnStatement, Complete>> = {
  'add_on.install': (asked, { view }) => {
    const { manifest } = asked;
    if (!isAddOnManifest(manifest)) {
      return reject('operation.invalid_payload', 'this is no AddOnManifest');
    }
    return ok({ may_downgrade: false, ...asked, ...standing(headIn(view, manifest)) });
  },
  'add_on.remove': (asked, { view }) => {
    return ok({ ...asked, ...standing(headIn(view, { id: String(asked['id']) })) });
  },
};

/** What each statement says, beside what is there now. */
export const addOnWords: Readonly<
  Record<AddOnStatement, (statement: never, view: View) => string[]>
> = {
  'add_on.install': installLines,
  'add_on.remove': ({ id }: RemoveAddOn['removal'], view) => {
    const before = headIn(view, { id })?.manifest;
    const lines = before === undefined ? [] : addOnLines(before);
    const first = `${before?.kind ?? 'add-on'} ${id} ${before?.version ?? ''} is removed`;
    return [first, ...lines.map((line) => `- ${line}`)];
  },
};

function installLines(
  { manifest, package: address }: InstallAddOn['installation'],
  view: View,
): string[] {
  const { kind, id, version, about, authority } = manifest;
  const head = headIn(view, manifest);
  const before = head?.state === 'installed' ? head.manifest : undefined;
  const first =
    before === undefined
      ? `${kind} ${id} ${version} is installed`
      : `${kind} ${id} ${before.version} becomes ${version}`;
  return [
    first,
    `signed by ${authority}`,
    `package ${address}`,
    `manifest ${manifestRoot(manifest)}`,
    `says of itself: ${about}`,
    ...addOnChanges(before, manifest),
    `${GIVES[kind]}: installing allows nothing`,
  ];
}

const GIVES = {
  skill: 'its words are offered to agents and workers, where the policy lets them be read',
  extension: 'its tools are offered in a sandbox, and each call is for the policy',
} as const;

/** Line by line, what stays too: all of it is approved. */
export function addOnChanges(before: Manifest | undefined, after: Manifest): string[] {
  return changedLines(before && addOnLines(before), addOnLines(after));
}

/** Whether it asks for more than the version before; nothing asks for nothing. */
export function addOnInclusion(before: Manifest | undefined, after: Manifest): InclusionResult {
  if (before === undefined) return 'wider';
  return requestsInclusion(addOnRequests(before), addOnRequests(after));
}

function addOnLines(manifest: Manifest): string[] {
  const { capabilities, scopes, wishes } = addOnRequests(manifest);
  return [...capabilities, ...scopes, ...wishes];
}

function headIn(view: View, named: Pick<Manifest, 'id'>): AddOnHead | undefined {
  return view.get<AddOnHead>(addOnKeys.installed(addOnName(named)));
}
