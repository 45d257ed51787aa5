import { utcText } from '@ioi/basis';
import { kindOf, type OcsfEvent } from './ocsf.ts';

/** What a witness knows of one log; times in seconds since 1970. */
export type WatchedLog = {
  readonly origin: string;
  readonly size: number;
  readonly seen: number;
  readonly contradiction?: {
    readonly at: number;
    readonly times: number;
    readonly code: string;
    readonly held_size: number;
  };
};

export type LogState = 'well' | 'quiet' | 'forked' | 'unproven';

/**
 * Two roots of one size are a fork, signed by the log itself. A continuation without proof may also
 * be what somebody on the way made of it.
 */
export function stateOf({ seen, contradiction }: WatchedLog, quietSince: number): LogState {
  if (contradiction?.code === 'witness.other_root') return 'forked';
  if (contradiction !== undefined) return 'unproven';
  return seen < quietSince ? 'quiet' : 'well';
}

type Watching = {
  /** Of the witness. */
  readonly name: string;
  readonly version: string;
  /** Seconds since 1970: whoever did not grow since then is quiet. */
  readonly quietSince: number;
};

/** One finding of OCSF for each log that somebody should look at; the same uid for the same. */
export function logFindings(logs: readonly WatchedLog[], watching: Watching): OcsfEvent[] {
  const { name, version, quietSince } = watching;
  return logs.flatMap((log) => {
    const state = stateOf(log, quietSince);
    if (state === 'well') return [];
    const { origin, size, seen, contradiction } = log;
    const at = contradiction?.at ?? seen;
    const code = state === 'quiet' ? 'node.quiet' : `log.${state}`;
    const uid = `${origin}:${code}:${at}`;
    const title = titleOf(log, state);
    const severity = state === 'forked' ? 'high' : 'medium';
    return {
      metadata: {
        version: '1.6.0',
        product: { vendor_name: 'IOI', name: 'Hypervisor', version },
        uid,
        event_code: code,
        log_name: name,
        sequence: size,
      },
      time: at * 1000,
      ...kindOf('finding', { activity: 'create', severity, status: 'other' }),
      message: title,
      finding_info: { uid, title, types: [code] },
      unmapped: { origin, size, seen, ...contradiction },
    };
  });
}

function titleOf({ origin, seen, contradiction }: WatchedLog, state: LogState): string {
  if (state === 'quiet') {
    return `${origin} did not grow since ${utcText(BigInt(seen) * 1000n)} UTC`;
  }
  const said = `${contradiction?.held_size} entries`;
  if (state === 'forked') return `${origin} signed another history of ${said}`;
  return `${origin} signed what was not shown to continue ${said}`;
}
