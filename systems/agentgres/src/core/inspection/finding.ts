import type { DoctorFinding } from '@ioi/protocol';

type Kind = Pick<DoctorFinding, 'severity' | 'means' | 'next'>;

const RESTORE =
  'stop the node, keep a copy of the folder, and restore a backup: ioi agentgres restore';
const REPLAYED = 'nothing, or `ioi up`: the next start makes it again from the log';
const SNAPPED = '`ioi up`: the next start makes it again, and writes it when the node stops';

/** Everything a doctor can say of a node's data: what it means, and what to do. */
const kinds = {
  'file.missing': {
    severity: 'broken',
    means: 'The log is not where it was: its entries cannot be read.',
    next: RESTORE,
  },
  'file.unreadable': {
    severity: 'broken',
    means: 'SQLite finds the file damaged, or it is no database.',
    next: RESTORE,
  },
  'file.foreign_format': {
    severity: 'broken',
    means: 'Another version of this program wrote the file.',
    next: 'run the version that wrote it; this one refuses newer files',
  },
  'log.gap': {
    severity: 'broken',
    means: 'Entries were deleted from the log: what was sealed is not there any more.',
    next: RESTORE,
  },
  'log.entry_differs': {
    severity: 'broken',
    means: 'The text of an entry is not the one that was written: its hash is another.',
    next: RESTORE,
  },
  'log.place_differs': {
    severity: 'broken',
    means: 'The writer ended the log at another place than it ends now.',
    next: RESTORE,
  },
  'log.payload_differs': {
    severity: 'broken',
    means: 'A payload is not the bytes that its digest names.',
    next: RESTORE,
  },
  'log.behind_seal': {
    severity: 'broken',
    means: 'The guardian sealed more entries than the log has: an older log was put in its place.',
    next: RESTORE,
  },
  'log.differs_from_seal': {
    severity: 'broken',
    means: 'The entries are not the ones the guardian sealed.',
    next: RESTORE,
  },
  'log.unsealed_tail': {
    severity: 'repairable',
    means: 'Entries were written and not sealed before the node ended; nobody was answered.',
    next: '`ioi up`: the next start closes them, without effect',
  },
  'seal.missing': {
    severity: 'broken',
    means: 'The guardian sealed nothing of this log: it is of another node, or was never started.',
    next: 'put the guardian folder of this node back, or restore: ioi agentgres restore',
  },
  'seal.unreadable': {
    severity: 'broken',
    means: "The guardian's file cannot be read: without it nothing can be sealed.",
    next: "put the guardian's folder back from a backup",
  },
  'seal.hidden': {
    severity: 'note',
    means: "The guardian's folder is not this account's to read: seals were not compared.",
    next: 'run it as the account of the guardian',
  },
  'seal.bad_signature': {
    severity: 'broken',
    means: 'The note of the last seal is not signed by the keys this log names.',
    next: "put the guardian's folder of this node back from a backup",
  },
  'seal.rolled_back': {
    severity: 'broken',
    means: 'Heads are of a longer log than the guardian remembers: an older guardian was put back.',
    next: 'put the newest guardian folder back, or take over as a new epoch: ioi agentgres restore',
  },
  'heads.missing': {
    severity: 'repairable',
    means: 'The current objects are not there; the log has all that makes them.',
    next: REPLAYED,
  },
  'heads.unreadable': {
    severity: 'repairable',
    means: 'The file of current objects is damaged; the log has all that makes them.',
    next: 'stop the node, move heads.db and tree.bin away, and `ioi up` folds them again',
  },
  'heads.differ': {
    severity: 'repairable',
    means: 'The current objects have another state root than the one that was sealed.',
    next: REPLAYED,
  },
  'heads.of_another_log': {
    severity: 'repairable',
    means: 'The watermark of the heads is of another log than this one.',
    next: 'stop the node, move heads.db and tree.bin away, and `ioi up` folds them again',
  },
  'heads.behind': {
    severity: 'note',
    means: 'The heads are of fewer entries than were sealed.',
    next: REPLAYED,
  },
  'tree.damaged': {
    severity: 'repairable',
    means: 'The snapshot of the state tree is not whole; the heads have all that makes it.',
    next: SNAPPED,
  },
  'tree.differs': {
    severity: 'repairable',
    means: 'The snapshot of the state tree has another root than was sealed at its place.',
    next: SNAPPED,
  },
  'projection.unreadable': {
    severity: 'repairable',
    means: 'The file of a projection is damaged; the log has all that makes it.',
    next: REPLAYED,
  },
  'projection.other_definition': {
    severity: 'repairable',
    means: 'The file was folded by another definition, or of another domain, than its name says.',
    next: REPLAYED,
  },
  'projection.of_another_log': {
    severity: 'repairable',
    means: 'The rows of a projection were folded from another log than this one.',
    next: REPLAYED,
  },
  'projection.unfinished': {
    severity: 'note',
    means: 'A projection is being folded, or was when the node ended.',
    next: 'nothing: it is folded on, or again',
  },
  'disk.low': {
    severity: 'broken',
    means: 'When a write to the disk fails the node stops, in doubt about its last commit.',
    next: 'make room on the disk of the data folder',
  },
} as const satisfies Record<string, Kind>;

export type DoctorCode = keyof typeof kinds;

export function findingOf(code: DoctorCode, where: string, message: string): DoctorFinding {
  return { code, where, message, ...kinds[code] };
}
