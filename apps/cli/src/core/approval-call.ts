import { clipped } from './visible.ts';

export type ApprovalCall = {
  readonly requestHash: string;
  readonly target: string;
  readonly agent: string;
  /** `low`, `high`, or `unknown` where the event does not say. */
  readonly risk: string;
};

type Payload = {
  readonly request_hash?: unknown;
  readonly target?: unknown;
  readonly risk_class?: unknown;
};

const HASH = /^sha256:[0-9a-f]{64}$/;

/** A request that began to wait for a person, where an event of the node says so. */
export function approvalCallIn(kind: string, data: string): ApprovalCall | undefined {
  if (kind !== 'approval.requested') return undefined;
  let event: { actor_id?: unknown; payload?: Payload | null };
  try {
    event = JSON.parse(data);
  } catch {
    return undefined;
  }
  const { request_hash: requestHash, target, risk_class: risk } = event.payload ?? {};
  if (typeof requestHash !== 'string' || !HASH.test(requestHash)) return undefined;
  const shown = (text: unknown): string => clipped(String(text), 80);
  const known = risk === 'low' || risk === 'high' ? risk : 'unknown';
  return { requestHash, target: shown(target), agent: shown(event.actor_id), risk: known };
}

type Desktop = { readonly command: string; readonly args: readonly string[] };

/**
 * How this desktop shows a notification; undefined where there is none. Words are arguments of
 * their own, never part of a script.
 */
export function desktopNotice(
  platform: string,
  environment: Readonly<Record<string, string | undefined>>,
  { title, body }: { readonly title: string; readonly body: string },
): Desktop | undefined {
  if (environment['IOI_NOTIFY'] === 'off') return undefined;
  if (platform === 'darwin') {
    const script =
      'on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run';
    return { command: 'osascript', args: ['-e', script, title, body] };
  }
  const hasDesktop = environment['DISPLAY'] ?? environment['WAYLAND_DISPLAY'];
  if (platform !== 'linux' || hasDesktop === undefined) return undefined;
  return {
    command: 'notify-send',
    args: ['--app-name=ioi', '--urgency=critical', '--', title, body],
  };
}
