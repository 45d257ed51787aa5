import { KeptArtifact } from '../artifacts/kept-artifact.ts';
import { Digest, OperationId } from '../artifacts/primitives.ts';
import {
  declare,
  flag,
  json,
  list,
  number,
  object,
  of,
  oneOf,
  operations,
  optional,
  text,
  whole,
} from './declare.ts';
import { SEALING } from './problem.ts';

const artifactClass = KeptArtifact.schema.properties.artifact_class;
const retentionRule = { keep_days: whole(), max_bytes: whole() };

export const EntryPlace = declare(
  'EntryPlace',
  'Where an entry stands: what a person keeps of something that was sealed.',
  object({ seq: text(), operation_id: OperationId, chain_time: text() }),
);

const amount = object({ count: whole(), bytes: whole() });

export const DataOverview = declare(
  'DataOverview',
  'What is kept outside the log, for how long, and what the disk holds.',
  object({
    classes: list(
      object({
        artifact_class: artifactClass,
        count: whole(),
        bytes: whole(),
        held: whole(),
        oldest: optional(text('Chain Time of the oldest.')),
        ...retentionRule,
      }),
    ),
    disk: object({
      log_bytes: whole(),
      heads_bytes: whole(),
      artifacts_bytes: whole(),
      other_bytes: whole(),
      free_bytes: whole(),
      total_bytes: whole(),
      growth_bytes_per_day: number(),
      days_left: optional(number('At this rate; absent when nothing grows.')),
    }),
    bucket: optional(
      object({
        place: text('Endpoint, bucket and prefix.'),
        moving: oneOf(['there', 'home']),
        stored: amount,
        waiting: amount,
        local: amount,
        doomed: whole('Forgotten or brought back, and not removed there yet.'),
        spool_bytes: whole('How much may wait here at most.'),
        trouble: optional(
          object({ code: text(), message: text(), since: text('Milliseconds since 1970.') }),
        ),
      }),
    ),
    damaged: optional(
      list(text('A content that was asked for since the start and does not open.')),
    ),
    warning: optional(text()),
  }),
);

export const KeptContent = declare(
  'KeptContent',
  'A content that is kept, and why it cannot be forgotten now.',
  object({
    ...KeptArtifact.schema.properties,
    matters: list(text()),
    spared_by: optional(oneOf(['held', 'in_use'])),
  }),
);

export const SelectedContents = declare(
  'SelectedContents',
  'Contents for which every term holds, oldest first.',
  object({
    contents: list(of(KeptContent)),
    more: flag('Whether there are more than one answer holds.'),
    forgotten_seq: optional(
      text('Where the log says that the one content was forgotten that was asked for.'),
    ),
  }),
);

export const DataReceipt = declare(
  'DataReceipt',
  'What was done to contents, and where the log says so.',
  object({ digests: list(text()), bytes: whole(), receipts: list(of(EntryPlace)) }),
);

export const SelectContents = declare(
  'SelectContents',
  'Terms as `ioi data` takes them.',
  object({ terms: list(text(), 'At least one.') }),
);

export const ForgetContents = declare(
  'ForgetContents',
  'Contents to forget, each once, and why.',
  object({ digests: list(Digest), reason: text('At most 256 characters.') }),
);

export const HoldContents = declare(
  'HoldContents',
  'Contents to spare, or to spare no more, each once, and for which matter.',
  object({ digests: list(Digest), matter: text('At most 256 characters.') }),
);

export const RetentionRule = declare(
  'RetentionRule',
  'How long contents of a class are kept, and how many bytes of it at most.',
  object(retentionRule),
);

export const ChangeRetention = declare(
  'ChangeRetention',
  'What changes of the rule of a class.',
  object({
    artifact_class: artifactClass,
    keep_days: optional(whole()),
    max_bytes: optional(whole()),
  }),
);

const MISREAD = { 400: ['data.not_understood'] };
const SEALED = { ...MISREAD, 409: ['content.*', 'artifact.*', ...SEALING] };

export const dataOperations = operations('data', [
  {
    route: 'GET /v1/data',
    id: 'dataOverview',
    role: 'auditor',
    summary: 'What is kept, for how long, and what the disk holds',
    answers: { 200: json(of(DataOverview)) },
  },
  {
    route: 'POST /v1/data/select',
    id: 'selectContents',
    role: 'auditor',
    summary: 'Contents for which every term holds',
    body: of(SelectContents),
    answers: { 200: json(of(SelectedContents)) },
    problems: MISREAD,
  },
  {
    route: 'POST /v1/data/forget',
    once: true,
    id: 'forgetContents',
    role: 'owner',
    summary: 'Forget contents; the log says that they were',
    body: of(ForgetContents),
    answers: { 200: json(of(DataReceipt)) },
    problems: SEALED,
  },
  {
    route: 'POST /v1/data/hold',
    once: true,
    id: 'holdContents',
    role: 'operator',
    summary: 'Spare contents from being forgotten',
    body: of(HoldContents),
    answers: { 200: json(of(DataReceipt)) },
    problems: SEALED,
  },
  {
    route: 'POST /v1/data/release',
    once: true,
    id: 'releaseContents',
    role: 'owner',
    summary: 'Spare contents no more',
    body: of(HoldContents),
    answers: { 200: json(of(DataReceipt)) },
    problems: SEALED,
  },
  {
    route: 'POST /v1/data/retain',
    id: 'changeRetention',
    role: 'owner',
    summary: 'How long contents of a class are kept',
    body: of(ChangeRetention),
    answers: { 200: json(of(RetentionRule)) },
    problems: MISREAD,
  },
]);
