import Type from 'typebox';
import { json, of, operations, text, whole } from './declare.ts';
import {
  ClassesPage,
  DomainStatus,
  DomainsPage,
  EntryProof,
  ItemExplanation,
  NewDomain,
  ObjectAnswer,
  ObjectsPage,
  OperationRequest,
  ProvenState,
  SealedEntry,
  VouchedReceipt,
} from './domains.ts';
import { LogPage } from './log.ts';
import { CURSOR, PAGED } from './paging.ts';

const NAME = {
  name: { summary: 'Of the domain, by its id (percent-encoded) or what stands after the scheme.' },
};

/** Why a domain that is there cannot be asked. */
const CLOSED = {
  404: ['domain.not_open'],
  409: ['log.rolled_back', 'log.forked', 'domain.open_already'],
  503: ['domain.too_many_open', 'witness.required'],
  422: ['log.*', 'seal.*', 'store.*', 'heads.*', 'tree.*', 'domain.*', 'writer.closed'],
};
const NOT_COSIGNED = [...CLOSED[503], 'export.not_cosigned'];
const PROVING = { ...CLOSED, 400: ['request.invalid'], 503: NOT_COSIGNED };
const LIMIT = { limit: { schema: text('At most 1000; 50 unless told.') } };
const proof = { summary: 'With all that shows it.' };

/** What modules and the guardian may say of an operation. */
const SEALING = [
  ...CLOSED[422],
  'action.*',
  'approval.*',
  'artifact.*',
  'canon.*',
  'chain.*',
  'class.*',
  'constraint.*',
  'content.*',
  'entry.*',
  'guardian.*',
  'invariant.*',
  'invocation.*',
  'migration.*',
  'module.*',
  'node.*',
  'object.*',
  'operation.*',
  'payload.*',
  'principal.*',
  'proposal.*',
  'reference.*',
  'session.*',
  'settlement.*',
];

export const domainOperations = operations('domains', [
  {
    route: 'GET /v1/domains',
    id: 'listDomains',
    summary: 'The domains of the node, its own log first',
    query: PAGED,
    answers: { 200: json(of(DomainsPage)) },
    problems: { 400: ['cursor.invalid'] },
  },
  {
    route: 'POST /v1/domains',
    once: true,
    id: 'openDomain',
    summary: 'Make a domain',
    body: of(NewDomain),
    answers: { 201: json(of(DomainStatus)) },
    problems: {
      ...CLOSED,
      400: ['request.invalid'],
      422: [...CLOSED[422], 'operation.*', 'node.*', 'guardian.*'],
    },
  },
  {
    route: 'GET /v1/domains/{name}',
    id: 'showDomain',
    summary: 'One domain',
    path: NAME,
    answers: { 200: json(of(DomainStatus)) },
    problems: CLOSED,
  },
  {
    route: 'POST /v1/domains/{name}/operations',
    once: true,
    id: 'submitOperation',
    summary: 'Have an operation sealed',
    path: NAME,
    body: of(OperationRequest),
    answers: { 201: json(of(SealedEntry)) },
    problems: {
      ...CLOSED,
      400: ['request.invalid'],
      403: ['operation.not_authentic'],
      409: [...CLOSED[409], 'operation.duplicate', 'precondition.failed'],
      422: SEALING,
    },
  },
  {
    route: 'GET /v1/domains/{name}/log',
    id: 'readDomainLog',
    summary: 'Sealed entries of a domain, oldest first',
    path: NAME,
    query: { after: { summary: 'From above this position.' }, ...LIMIT, cursor: CURSOR },
    answers: { 200: json(of(LogPage)) },
    problems: { ...CLOSED, 400: ['request.invalid', 'cursor.invalid'] },
  },
  {
    route: 'GET /v1/domains/{name}/objects/{class}',
    id: 'listObjects',
    summary: 'Objects of a class, with their proofs where that is asked for',
    path: NAME,
    query: {
      proof: { summary: '`listing`: all of them, and that they are all.' },
      ids: { summary: 'Only these, with their proofs; separated by commas.' },
      id: { summary: 'One with its proof, whatever is in its id; may be repeated.' },
      prefix: { summary: 'Ids that begin so.' },
      after: { summary: 'Ids behind this one.' },
      ...LIMIT,
      cursor: CURSOR,
    },
    answers: { 200: json(Type.Union([of(ObjectsPage), of(ProvenState)])) },
    problems: {
      ...PROVING,
      400: [...PROVING[400], 'cursor.invalid'],
      413: ['log.listing_too_long'],
    },
  },
  {
    route: 'GET /v1/domains/{name}/objects/{class}/{id}',
    id: 'showObject',
    summary: 'One object, with its proof where that is asked for',
    path: NAME,
    query: { proof },
    answers: { 200: json(Type.Union([of(ObjectAnswer), of(ProvenState)])) },
    problems: { ...PROVING, 404: [...CLOSED[404], 'object.unknown'] },
  },
  {
    route: 'GET /v1/domains/{name}/classes',
    id: 'listClasses',
    summary: 'The classes of objects there are',
    path: NAME,
    answers: { 200: json(of(ClassesPage)) },
    problems: CLOSED,
  },
  {
    route: 'GET /v1/domains/{name}/entries/{seq}/proof',
    id: 'proveDomainEntry',
    summary: 'That an entry is in the log of a domain, and has effect',
    path: { ...NAME, seq: { schema: whole() } },
    answers: { 200: json(of(EntryProof)) },
    problems: { ...CLOSED, 404: [...CLOSED[404], 'id.unknown'], 503: NOT_COSIGNED },
  },
  {
    route: 'GET /v1/domains/{name}/entries/{seq}/vouched/{receipt}',
    id: 'vouchForReceipt',
    summary: 'A receipt signed by the guardian as in-toto Statement and COSE receipt',
    path: { ...NAME, seq: { schema: whole() }, receipt: { summary: 'Its id, whole.' } },
    answers: { 200: json(of(VouchedReceipt)) },
    problems: {
      ...CLOSED,
      404: [...CLOSED[404], 'id.unknown', 'receipt.none'],
      409: [...CLOSED[409], 'entry.not_standing'],
      503: NOT_COSIGNED,
    },
  },
  {
    route: 'GET /v1/domains/{name}/explain/{id}',
    id: 'explainItem',
    summary: 'An operation, object, receipt, proposal or commit, and what is around it',
    path: { ...NAME, id: { summary: 'A position, an id, or CLASS/ID (percent-encoded).' } },
    answers: { 200: json(of(ItemExplanation)) },
    problems: { ...CLOSED, 404: [...CLOSED[404], 'id.unknown'] },
  },
  {
    route: 'GET /v1/domains/{name}/export',
    id: 'exportDomain',
    summary: 'The whole log of a domain as the verifier reads it',
    path: NAME,
    answers: { 200: { type: 'application/jsonl' } },
    problems: { ...CLOSED, 503: [...CLOSED[503], 'export.*'] },
  },
  {
    route: 'GET /v1/domains/{name}/checkpoint',
    id: 'readCheckpoint',
    summary: 'The newest checkpoint of a domain, as C2SP signed note',
    path: NAME,
    answers: { 200: { type: 'text/plain' } },
    problems: CLOSED,
  },
  {
    route: 'GET /v1/domains/{name}/tile/{path}',
    id: 'readTile',
    summary: 'A tile of the log of a domain, as C2SP tlog-tiles',
    path: { ...NAME, path: { summary: 'Such as `0/000` or `entries/000`, slashes as they are.' } },
    answers: { 200: { type: 'application/octet-stream' } },
    problems: { ...CLOSED, 404: [...CLOSED[404], 'tile.unknown'] },
  },
]);
