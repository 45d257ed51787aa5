import type { RunSummary } from '@ioi/protocol';

/** What held the program of a job, as each report says it. */
export type Isolation = {
  readonly by: 'sandbox' | 'declared' | 'not_started';
  /** As the operator said it. */
  readonly declared?: string | undefined;
  /** Whether anybody looked. */
  readonly checked: boolean;
};

export function isolationOf(summary: RunSummary | undefined): Isolation {
  if (summary === undefined) return { by: 'not_started', checked: false };
  const { declared } = summary.coverage;
  if (declared !== undefined) return { by: 'declared', declared, checked: false };
  return { by: 'sandbox', checked: true };
}

export function isolationText({ by, declared }: Isolation): string {
  if (by === 'sandbox') return 'sandbox, tried';
  return by === 'declared' ? `${declared}, declared and not checked` : 'nothing was started';
}
