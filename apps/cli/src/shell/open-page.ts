import { spawn } from 'node:child_process';
import type { Context } from './context.ts';

/** A way in to the guardian's page, good once and soon; in a browser where one is wanted. */
export async function openPage({ guardian }: Context, inBrowser: boolean): Promise<string> {
  const { url } = await guardian.launchPage();
  if (inBrowser) openInBrowser(url);
  return url;
}

/** Without a desktop nothing opens: the address is printed, and that is all there is. */
export function openInBrowser(url: string): void {
  const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(opener, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}
