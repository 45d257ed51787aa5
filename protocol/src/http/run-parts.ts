import { RecordCommits } from '../artifacts/record-commits.ts';
import { declare, list, object, of, optional, text, whole } from './declare.ts';

const found = RecordCommits.schema.properties;

export const RunCommitsFound = declare(
  'RunCommitsFound',
  'Commits that came into one repository of a run, and refs that moved.',
  object({
    repository: found.repository,
    refs: found.refs,
    commits: found.commits,
    more: found.more,
  }),
);

export const RunLooked = declare(
  'RunLooked',
  'What a look at the repositories of a run found, in parts.',
  object({
    found: optional(of(RunCommitsFound)),
    look: optional(whole('That it was asked for by, once all parts of it were said.')),
  }),
);

export const RunCommitsSeen = declare(
  'RunCommitsSeen',
  'What the log tells of the commits of a run.',
  object({
    recorded: whole(),
    by_comparison: whole('Of those, that no hook told of.'),
    more: whole('Commits and refs beyond what one run tells of, and what could not be read.'),
    entries: list(text(), 'Of the log, the newest ones.'),
  }),
);

export const RunPortAsked = declare(
  'RunPortAsked',
  'A port that something listens at in a sandbox.',
  object({ port: whole('1024 to 65535.') }),
);

export const RunPortTold = declare(
  'RunPortTold',
  'Whether programs of this machine may reach it: then it has a port, else a code.',
  object({
    port: optional(whole()),
    code: optional(text()),
    title: optional(text()),
    rule_id: optional(text()),
    receipt_id: optional(text()),
  }),
);

export const RunRecorded = declare(
  'RunRecorded',
  'Where the log says so.',
  object({ seq: text(), operation_id: text() }),
);
