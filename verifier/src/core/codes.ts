import { exportCodes } from '@ioi/law';

/**
 * Why an export is refused, in order of precedence: the frame before what it holds, who signed
 * before what was signed, what was signed before what it means.
 */
export const findingCodes = [
  ...exportCodes,
  { code: 'read.malformed', meaning: 'A read does not have the shape of one with its proof.' },
  { code: 'genesis.missing', meaning: 'Entry 0 is not the genesis of a node.' },
  { code: 'genesis.invalid', meaning: 'The keys in genesis are not usable keys.' },
  { code: 'genesis.wrong_node', meaning: 'node_id or origin do not follow from the keys.' },
  { code: 'genesis.unexpected_node', meaning: 'This is not the node that was asked for.' },
  { code: 'genesis.unknown_module', meaning: 'The log is folded by a module unknown here.' },
  { code: 'algorithm.disabled', meaning: 'The guardian signs with an algorithm disabled here.' },
  { code: 'note.malformed', meaning: 'The header does not hold a signed checkpoint.' },
  { code: 'note.bad_signature', meaning: 'A signature of the guardian does not hold.' },
  { code: 'note.missing_cosignature', meaning: 'One of the two signatures is missing.' },
  { code: 'note.other_log', meaning: 'The checkpoint is of another log.' },
  { code: 'log.size_mismatch', meaning: 'The checkpoint covers another number of entries.' },
  { code: 'log.root_mismatch', meaning: 'These are not the entries the guardian signed.' },
  { code: 'read.not_sealed', meaning: 'Nothing shows that what is read was sealed.' },
  { code: 'expect.malformed', meaning: 'The remembered checkpoint cannot be read.' },
  { code: 'expect.other_log', meaning: 'The remembered checkpoint is of another log.' },
  { code: 'expect.bad_signature', meaning: 'The guardian did not sign what is remembered.' },
  { code: 'expect.older_export', meaning: 'The export ends before the remembered checkpoint.' },
  { code: 'expect.other_epoch', meaning: 'Another sealed by then: a restore lost it, or a fork.' },
  { code: 'expect.fork', meaning: 'The log is not a continuation of the one remembered.' },
  { code: 'witness.malformed', meaning: 'There is no checkpoint that could be cosigned.' },
  { code: 'witness.bad_signature', meaning: 'The cosignature of a named witness does not hold.' },
  { code: 'witness.missing', meaning: 'Fewer of the named witnesses cosigned than are needed.' },
  { code: 'fault.malformed', meaning: 'This is no FaultProof, or says what its parts do not.' },
  { code: 'fault.no_evidence', meaning: 'The FaultProof does not carry what would show it.' },
  { code: 'fault.not_shown', meaning: 'What the FaultProof carries does not contradict itself.' },
  { code: 'fault.one_signature', meaning: 'Two histories, but not each signed by both lines.' },
  { code: 'log.entry_invalid', meaning: 'A line is not a canonical log entry.' },
  { code: 'log.wrong_seq', meaning: 'An entry does not stand at the place it names.' },
  { code: 'payload.missing', meaning: 'A payload is not there, nor forgotten by the log.' },
  { code: 'payload.misplaced', meaning: 'Payloads are not in order of first reference.' },
  { code: 'payload.extra', meaning: 'No entry refers to this payload.' },
  { code: 'epoch.misplaced', meaning: 'An epoch does not begin a commit, or not alone.' },
  { code: 'epoch.wrong_place', meaning: 'An epoch does not begin where the one before ended.' },
  { code: 'epoch.wrong_root', meaning: 'What an epoch follows is not the log right before it.' },
  { code: 'epoch.not_next', meaning: 'An epoch is not the one after the one before.' },
  { code: 'epoch.bad_key', meaning: 'The key or origin of an epoch are not usable ones.' },
  { code: 'epoch.not_sealed', meaning: 'The key before did not seal what an epoch follows.' },
  { code: 'epoch.not_authorised', meaning: 'The owner did not sign for an epoch.' },
  { code: 'commit.malformed', meaning: 'Entries are not cut into commits as a writer would.' },
  { code: 'commit.wrong_stamp', meaning: 'Height or epoch of a commit are not the next ones.' },
  { code: 'commit.wrong_time', meaning: 'Chain Time does not move as a guardian moves it.' },
  { code: 'commit.wrongly_voided', meaning: 'Entries are voided outside a recovery.' },
  { code: 'entry.not_authentic', meaning: 'An entry is authenticated by whom it may not be.' },
  { code: 'receipt.chain_broken', meaning: 'A receipt does not continue the chain of receipts.' },
  { code: 'replay.refused', meaning: 'Decided again, the operation is refused.' },
  { code: 'replay.differs', meaning: 'Decided again, the operation gives other bytes.' },
  { code: 'state.root_mismatch', meaning: 'The state is not the one the commit carries.' },
  { code: 'action.effect_before_seal', meaning: 'An effect was recorded before its commit.' },
  { code: 'action.recovered_effect', meaning: 'An action nobody started was completed.' },
  { code: 'run.wrong_acts', meaning: 'A run does not end with the acts of its session.' },
] as const;

export type FindingCode = (typeof findingCodes)[number]['code'];

/** One reason to refuse, and where: line of the file from 1, place in the log. */
export type Finding = {
  readonly code: FindingCode;
  readonly message: string;
  readonly line?: number;
  readonly seq?: string;
};

/** The code of a rejection by the law, where it has a finding of its own. */
export function codeOf(rejection: string): FindingCode | undefined {
  return findingCodes.find(({ code }) => code === rejection)?.code;
}

/** Most fundamental first; of equals, the one found first. */
export function byPrecedence(findings: readonly Finding[]): Finding[] {
  const rank = new Map(findingCodes.map(({ code }, index) => [code as string, index]));
  return findings.toSorted((a, b) => (rank.get(a.code) ?? 0) - (rank.get(b.code) ?? 0));
}
