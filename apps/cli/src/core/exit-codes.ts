/** Every way a command can end. Scripts rely on these numbers: they never change meaning. */
export const exits = [
  { code: 0, name: 'ok', meaning: 'It did what was asked.' },
  { code: 1, name: 'unexpected', meaning: 'Something failed that has no number of its own.' },
  { code: 2, name: 'usage', meaning: 'The command line, or a file it names, is not understood.' },
  { code: 3, name: 'authority', meaning: 'Passphrase or authority refused.' },
  { code: 4, name: 'unreachable', meaning: 'The node is not running, or does not answer.' },
  { code: 5, name: 'tool', meaning: 'A tool or its server failed.' },
  { code: 10, name: 'blocked', meaning: 'Policy blocked the action.' },
  { code: 11, name: 'pending', meaning: 'The action waits for a person.' },
  { code: 12, name: 'unverified', meaning: 'Verification failed, or was not complete.' },
] as const;

export type ExitName = (typeof exits)[number]['name'];

export function exitCode(name: ExitName): number {
  return exits.find((each) => each.name === name)?.code ?? 1;
}

/** How a refusal of the node ends a command, by the node's dotted code. */
export function exitOfProblem(code: string): ExitName {
  if (code.startsWith('approver.')) return 'authority';
  if (code === 'approval.required' || code === 'egress.approval_required') return 'pending';
  if (code.startsWith('approval.')) return 'authority';
  if (code === 'edit.blocked' || code.startsWith('merge.')) return 'blocked';
  if (/^(contract|edit|extension|listener|device|question)\./.test(code)) return 'usage';
  if (code.startsWith('policy.')) return POLICY_FILE.has(code) ? 'usage' : 'blocked';
  if (code.startsWith('egress.')) return 'blocked';
  if (code.startsWith('execution.')) return 'tool';
  if (code.startsWith('content.')) return 'blocked';
  if (code === 'data.not_understood' || code.startsWith('run.')) return 'usage';
  if (/^(query|projection|snapshot|subscription)\./.test(code)) return 'usage';
  if (code.startsWith('session.') || code === 'operation.not_authentic') return 'authority';
  if (code === 'upstream.unauthorised' || code.startsWith('login.')) return 'authority';
  if (code.startsWith('credential.') || code === 'edge.unknown_server') return 'usage';
  if (code.startsWith('phrase.') || code.startsWith('restore.')) return 'usage';
  if (/^(archive|backup)\./.test(code)) return 'unverified';
  if (code.startsWith('governance.')) return 'authority';
  if (code === 'vault.locked' || code === 'vault.wrong_key') return 'authority';
  if (code === 'vault.invalid' || code === 'vault.no_unlocker') return 'usage';
  if (code.startsWith('vault.')) return 'unverified';
  if (code === 'bundle.bad_signature' || code === 'organisation.wrong_key') return 'authority';
  if (code === 'organisation.unreachable') return 'unexpected';
  if (/^(bundle|chain|module|organisation|proposal|settlement)\./.test(code)) return 'usage';
  if (code.startsWith('workflow.') || code.startsWith('canon.')) return 'usage';
  if (DOMAIN_USAGE.test(code)) return 'usage';
  if (code === 'log.rolled_back' || code === 'log.forked') return 'unverified';
  return 'unexpected';
}

const POLICY_FILE: ReadonlySet<string> = new Set([
  'policy.invalid',
  'policy.not_canonical',
  'policy.already_active',
]);

/** What was asked of a domain does not fit it: another command line would. */
const DOMAIN_USAGE = /^(domain\.|move\.|operation\.(unknown|invalid_payload|not_canonical)$)/;

/** What to run after a refusal of the node, where one thing helps. */
export function nextAfterProblem(code: string): string | undefined {
  if (code === 'domain.not_open' || code === 'domain.unknown') return 'ioi domain list';
  if (code === 'witness.required') return 'ioi witness status';
  if (code === 'log.rolled_back' || code === 'log.forked') return 'ioi domain list';
  if (code === 'domain.leaving') return 'ioi domain move DOMAIN --finish FILE, or --cancel';
  if (code === 'domain.open_already') return 'ioi domain show DOMAIN';
  if (code === 'operation.not_authentic') return 'ioi domain key list DOMAIN';
  if (code === 'precondition.failed') return 'read it again, and give the new place';
  if (code === 'log.listing_too_long') return 'ioi domain export DOMAIN FILE';
  if (code === 'question.unanswered') return 'ioi answer ID WORDS';
  if (code === 'edge.missing') return 'ioi down, then ioi up --detach';
  return code === 'object.unknown' ? 'ioi domain objects DOMAIN CLASS' : undefined;
}
