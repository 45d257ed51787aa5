import { AddOnManifest } from '../artifacts/add-ons.ts';
import { InclusionResult } from '../artifacts/governance-receipts.ts';
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

export const AddOnPackageAsked = declare(
  'AddOnPackageAsked',
  'A package of a skill or extension that lies on this machine.',
  object({
    path: text('Absolute.'),
    digest: optional(text('Of the whole package, as it was looked at: another one is refused.')),
  }),
);

export const AddOnPackageReview = declare(
  'AddOnPackageReview',
  'What a package is and gives, once all of it was checked and is kept at the node. Nothing of ' +
    'it ran, and nothing is installed by it.',
  object({
    package: text('The digest of the whole package: what the owner signs for.'),
    manifest_hash: text(),
    manifest: of(AddOnManifest),
    replaces: optional(text('The version that is installed.')),
    inclusion: { ...InclusionResult, description: 'Against what is installed.' },
    changes: list(text(), 'Line by line, `+`, `-` or as before: also what each file is.'),
    signs: list(text(), 'Of text in it that speaks to a model rather than to people, by name.'),
  }),
);

export const InstalledAddOn = declare(
  'InstalledAddOn',
  'A skill or extension as its owner installed it, or had it removed.',
  object({
    name: text('The last part of its id, under which a policy names what it offers.'),
    id: text('`ai://…`, whichever version.'),
    kind: oneOf(['skill', 'extension']),
    version: text(),
    authority: text('The DID of the key that signed its manifest.'),
    state: oneOf(['installed', 'removed']),
    manifest_hash: text(),
    package: text(),
    kept: flag('Whether its package is there: else it is not offered.'),
    offered: flag('Whether clients and workers can name it now; the policy decides each use.'),
  }),
);

export const InstalledAddOnsPage = declare(
  'InstalledAddOnsPage',
  'Skills and extensions that are or were installed, by name.',
  object({ add_ons: list(of(InstalledAddOn)) }),
);

export const InstalledAddOnDetail = declare(
  'InstalledAddOnDetail',
  'An installed skill or extension with its signed manifest.',
  object({ add_on: of(InstalledAddOn), manifest: of(AddOnManifest) }),
);

const REFUSED = ['request.invalid', 'add_on.*', 'package.*', 'manifest.*', 'canon.*'];

export const addOnOperations = operations('add-ons', [
  {
    route: 'POST /v1/add-on-packages',
    id: 'reviewAddOnPackage',
    role: 'owner',
    summary: 'Check a package of a skill or extension, keep its bytes, and say what it gives',
    description:
      'The owner installs it by signing `addons/add_on.install` at the guardian. A package that ' +
      'is not installed within a day is thrown away at the next start.',
    body: of(AddOnPackageAsked),
    answers: { 200: json(of(AddOnPackageReview)) },
    problems: { 400: REFUSED, 409: ['package.other', 'add_on.name_taken'] },
  },
  {
    route: 'GET /v1/add-ons',
    id: 'listAddOns',
    role: 'auditor',
    summary: 'Skills and extensions that are or were installed',
    answers: { 200: json(of(InstalledAddOnsPage)) },
  },
  {
    route: 'GET /v1/add-ons/{name}',
    id: 'showAddOn',
    role: 'auditor',
    summary: 'An installed skill or extension, by name or `ai://…`',
    answers: { 200: json(of(InstalledAddOnDetail)) },
    problems: { 404: ['add_on.not_installed'] },
  },
]);
