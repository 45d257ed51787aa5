import type { OpenStore } from './bridge-store.ts';
import { serverConfig } from './server-config.ts';

/** Tables in a server where the bridge's folder names one, else in this process. */
export async function opening(folder: string, patienceMs: number): Promise<OpenStore> {
  const config = serverConfig(folder);
  // Each takes its time to load, and one of them is not needed.
  if (config === undefined) {
    const { EmbeddedStore } = await import('./embedded-store.ts');
    return (onEnd) => EmbeddedStore.open(patienceMs, onEnd);
  }
  const { ServerStore } = await import('./server-store.ts');
  return (onEnd) => ServerStore.open(config, onEnd);
}
