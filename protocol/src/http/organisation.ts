import { OrganisationPublication } from '../artifacts/organisation-publication.ts';
import { declare, json, object, of, operations, optional, text, whole } from './declare.ts';
import { OrganisationStatus } from './policy.ts';
import { SEALING } from './problem.ts';

const source = text('A folder, an https:// address, or a git address.');
const key_id = text('Fingerprint of the key of the organisation, known from elsewhere.');

export const OrganisationSource = declare(
  'OrganisationSource',
  'Where the node looks for newer bundles, and how that went. Times as RFC 3339, by its clock.',
  object({
    source,
    key_id,
    every_ms: whole('How long between two looks, while they succeed.'),
    reached: optional(text('When a bundle that holds was last found there.')),
    next: text('When it looks again.'),
    failures: whole('Looks in a row that did not succeed.'),
    failed: optional(object({ code: text(), message: text(), at: text() })),
  }),
);

export const OrganisationPage = declare(
  'OrganisationPage',
  'Who bounds the node, with what, and where newer bundles come from.',
  object({
    organisation: optional(of(OrganisationStatus)),
    source: optional(of(OrganisationSource)),
  }),
);

export const FollowOrganisation = declare(
  'FollowOrganisation',
  'Where an organisation publishes.',
  object({
    source,
    key_id,
    every_ms: optional(whole('At least 2 seconds; 5 minutes unless told.')),
  }),
);

const FETCHING = {
  409: ['organisation.*', 'bundle.*', 'policy.*', ...SEALING],
  502: ['organisation.unreachable', 'organisation.not_published'],
};

export const organisationOperations = operations('organisation', [
  {
    route: 'GET /v1/organisation',
    id: 'readOrganisation',
    role: 'auditor',
    summary: 'Who bounds the node, and where newer bundles come from',
    answers: { 200: json(of(OrganisationPage)) },
  },
  {
    route: 'POST /v1/organisation/look',
    id: 'lookAtOrganisation',
    role: 'owner',
    summary: 'What an organisation publishes there, verified; nothing changes',
    body: of(FollowOrganisation),
    answers: { 200: json(of(OrganisationPublication)) },
    problems: { 400: ['request.invalid', 'organisation.source_invalid'], ...FETCHING },
  },
  {
    route: 'PUT /v1/organisation/source',
    id: 'followOrganisation',
    role: 'owner',
    summary: 'Look there from now on, and accept what is there',
    description:
      'Only for the key that the owner pinned. Where the first look fails nothing stays.',
    body: of(FollowOrganisation),
    answers: { 200: json(of(OrganisationPage)) },
    problems: { 400: ['request.invalid', 'organisation.source_invalid'], ...FETCHING },
  },
  {
    route: 'POST /v1/organisation/refresh',
    id: 'refreshOrganisation',
    role: 'operator',
    summary: 'Look now',
    answers: { 200: json(of(OrganisationPage)) },
    problems: FETCHING,
  },
  {
    route: 'DELETE /v1/organisation/source',
    id: 'unfollowOrganisation',
    role: 'owner',
    summary: 'Look there no more; what bounds the node goes on bounding it',
    answers: { 200: json(of(OrganisationPage)) },
  },
]);
