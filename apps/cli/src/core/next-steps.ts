import { visible } from './visible.ts';

/** What to run after `init`. */
export function readyToStart(policy: string | undefined): string[] {
  const start = 'next: ioi up --detach';
  if (policy === undefined) return [start];
  return [start, `then: ioi policy activate ${visible(quoted(policy))}`];
}

/** A word for a POSIX shell. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const AFTER: Readonly<Record<string, string>> = {
  'policy.none_active': 'ioi policy activate FILE',
  'policy.outside_ceiling': 'ioi policy effective',
  'organisation.none_pinned': 'ioi org enroll SOURCE --key FINGERPRINT',
  'organisation.pinned': 'ioi org leave',
  'bundle.other_organisation': 'ioi policy organisation show',
  'bundle.older': 'ioi policy organisation show',
  'bundle.version_reused': 'ioi policy organisation show',
  'organisation.wrong_key': 'ask the organisation for its fingerprint; ioi org publish prints it',
  'organisation.unreachable': 'ioi org status; once it is reachable: ioi org refresh',
  'organisation.not_published': 'ioi org publish, by the organisation',
  'organisation.source_invalid': 'ioi org enroll --help',
  'organisation.none_followed': 'ioi org enroll SOURCE --key FINGERPRINT',
  'bundle.bad_signature': 'have the organisation publish again: ioi org publish',
  'bundle.rules_invalid': 'have the organisation publish again: ioi org publish',
  'bundle.contradictory': 'the bundle before stays; the organisation mends it: ioi org publish',
  'bundle.issued_ahead': 'look at the clocks of this machine and of the organisation: date -u',
  'bundle.too_old': 'look at the clock: date -u; else the organisation publishes again',
  'model.unknown_route': 'ioi models list',
  'module.exists': 'ioi module swap MODULE FILE --because TEXT',
  'module.unknown': 'ioi module register FILE',
  'module.moved': 'the same command again',
  'chain.unknown': 'ioi chain list',
  'chain.exists': 'ioi chain list',
  'chain.other_controller': 'sign with the key that moves it; its payload goes to the node',
  'proposal.wrong_state': 'ioi upgrade show PROPOSAL',
  'proposal.stale': 'ioi upgrade propose CHAIN, from what is there now',
  'proposal.malformed': 'ioi upgrade propose --help',
  'settlement.malformed': 'ioi settlement record --help',
  'governance.moved': 'the same command again',
  'operation.under_way': 'ioi log',
  'vault.locked': 'ioi wallet unlock',
  'vault.rolled_back': 'ioi wallet vault adopt, or: ioi wallet vault reset',
  'vault.foreign': 'ioi wallet vault adopt, or: ioi wallet vault reset',
  'vault.missing': 'put it back, or: ioi wallet vault reset',
  'vault.anchor_damaged': 'ioi wallet vault adopt, or: ioi wallet vault reset',
  'vault.no_unlocker': 'ioi wallet vault status',
  'credential.expired': 'ioi wallet secret rotate NAME',
  'daemon.no_answer': 'ioi status',
};

/** What helps after a refusal of the node, where something does. */
export function nextAfter(code: string): string | undefined {
  return Object.hasOwn(AFTER, code) ? AFTER[code] : undefined;
}
