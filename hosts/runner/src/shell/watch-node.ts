import { request } from 'node:http';

const EVERY_MS = 1000;
const PATIENCE_MS = 5000;

/**
 * Asks the node every second how it is, and says once that it is gone. Undefined where it does not
 * answer the first time.
 */
export async function watchNode(
  socketPath: string,
  onGone: () => void,
): Promise<{ close(): void } | undefined> {
  if (!(await answers(socketPath))) return undefined;
  const closing = new AbortController();
  const { signal } = closing;
  let timer: NodeJS.Timeout;
  const look = async (): Promise<void> => {
    const isThere = await answers(socketPath, signal);
    if (signal.aborted) return;
    if (isThere) timer = setTimeout(look, EVERY_MS);
    else onGone();
  };
  timer = setTimeout(look, EVERY_MS);
  return {
    close: () => {
      clearTimeout(timer);
      closing.abort();
    },
  };
}

function answers(socketPath: string, signal?: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const about = { socketPath, path: '/v1/status', timeout: PATIENCE_MS, signal };
    const asked = request(about, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
