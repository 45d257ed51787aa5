import { userInfo } from 'node:os';
import type { ServiceTarget } from '../core/service/service-kind.ts';
import { runWords } from './service-facts.ts';

/** Where systemd ends an account's services with its last session, what keeps them. */
export async function lingerNote({ kind }: ServiceTarget): Promise<string | undefined> {
  if (kind.by !== 'systemd' || kind.scope !== 'user') return undefined;
  const { username } = userInfo();
  const { code, out } = await runWords(['loginctl', 'show-user', username, '--property=Linger']);
  if (code !== 0 || out.trim() !== 'Linger=no') return undefined;
  return 'it runs while you are logged in; beyond that: loginctl enable-linger';
}
