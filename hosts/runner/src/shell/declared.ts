import type { SandboxProbe } from '@ioi/drivers/shell';
import type { RunRequest } from './run-request.ts';

type Refusal = Extract<SandboxProbe, { ok: false }>['refusal'];

const DECLARE =
  '; where what runs this job holds it, and you answer for that: --isolation-declared container';

/** Why nothing is started, and what would help. */
export function noSandbox({ cause, fix }: Refusal, { isCi }: Pick<RunRequest, 'isCi'>): string {
  return `no sandbox: ${cause}; ${fix}${isCi === true ? DECLARE : ''}`;
}

/** Said each time, and once more in every report. */
export function declaredText(
  { cause }: Refusal,
  { declared = '' }: Pick<RunRequest, 'declared'>,
): string {
  return `no sandbox here: ${cause}\nioi: held by ${declared}, as you declare; nobody checked that`;
}
