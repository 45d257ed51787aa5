import type { DoctorFinding } from '@ioi/protocol';
import { findingOf } from './finding.ts';

/** The log after so many entries. */
export type LogMark = {
  /** Base64. */
  readonly root: string;
  /** That the commit entry before carries; absent when none stands there. */
  readonly stateRoot: string | undefined;
};

/** What was found of one domain, each part for itself. */
export type DomainFacts = {
  readonly where: string;
  /** Entries in the log; with the marks at every size that another part names. */
  readonly size: number;
  readonly marks: ReadonlyMap<number, LogMark>;
  /** What the guardian sealed last; `hidden` when it cannot be looked at. */
  readonly seal: { readonly size: number; readonly root: string } | 'hidden' | undefined;
  readonly heads: (LogMark & { readonly size: number }) | undefined;
  readonly snapshot: { readonly size: number; readonly stateRoot: string } | 'damaged' | undefined;
  readonly projections: readonly {
    readonly name: string;
    readonly size: number;
    readonly root: string;
  }[];
};

/** Holds the parts of a domain against its log and its seal. */
export function judgeDomain(facts: DomainFacts): DoctorFinding[] {
  return [...judgeSeal(facts), ...judgeHeads(facts), ...judgeSnapshot(facts), ...judgeViews(facts)];
}

function judgeSeal({ where, size, seal, marks }: DomainFacts): DoctorFinding[] {
  if (seal === 'hidden') return [findingOf('seal.hidden', where, 'the guardian was not asked')];
  if (seal === undefined) {
    return size === 0 ? [] : [findingOf('seal.missing', where, `${size} entries have no seal`)];
  }
  if (size < seal.size) {
    const message = `${seal.size} entries are sealed, the log has ${size}`;
    return [findingOf('log.behind_seal', where, message)];
  }
  const mark = marks.get(seal.size);
  if (mark && mark.root !== seal.root) {
    const message = `the first ${seal.size} entries have another root than was sealed`;
    return [findingOf('log.differs_from_seal', where, message)];
  }
  if (size === seal.size) return [];
  return [findingOf('log.unsealed_tail', where, `${size - seal.size} entries are not sealed`)];
}

function judgeHeads({ where, seal, heads, marks }: DomainFacts): DoctorFinding[] {
  if (heads === undefined) return [];
  const sealed = typeof seal === 'object' ? seal.size : undefined;
  if (sealed !== undefined && heads.size > sealed) {
    const message = `heads are of ${heads.size} entries, the guardian sealed ${sealed}`;
    return [findingOf('seal.rolled_back', where, message)];
  }
  const mark = marks.get(heads.size);
  if (mark && mark.root !== heads.root) {
    const message = `the first ${heads.size} entries are not those the heads were folded from`;
    return [findingOf('heads.of_another_log', where, message)];
  }
  if (mark?.stateRoot !== undefined && mark.stateRoot !== heads.stateRoot) {
    const message = `the heads have ${heads.stateRoot}, the commit ${mark.stateRoot}`;
    return [findingOf('heads.differ', where, message)];
  }
  if (sealed === undefined || heads.size === sealed) return [];
  return [findingOf('heads.behind', where, `${sealed - heads.size} entries behind the seal`)];
}

function judgeSnapshot({ where, snapshot, marks }: DomainFacts): DoctorFinding[] {
  if (snapshot === undefined) return [];
  if (snapshot === 'damaged') return [findingOf('tree.damaged', where, 'tree.bin is not whole')];
  const wanted = marks.get(snapshot.size)?.stateRoot;
  if (wanted === snapshot.stateRoot || snapshot.size === 0) return [];
  const message = `tree.bin is of ${snapshot.size} entries and has ${snapshot.stateRoot}`;
  return [findingOf('tree.differs', where, message)];
}

function judgeViews({ projections, marks, size }: DomainFacts): DoctorFinding[] {
  return projections.flatMap((each) => {
    const mark = marks.get(each.size);
    const isOfIt = each.size === 0 || (each.size <= size && (!mark || mark.root === each.root));
    if (isOfIt) return [];
    const message = `its ${each.size} entries are not the first of this log`;
    return [findingOf('projection.of_another_log', each.name, message)];
  });
}
