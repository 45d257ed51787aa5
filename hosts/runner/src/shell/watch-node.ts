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
  let timer: NodeJS.Timeout;
  const look = async (): Promise<void> => {
    if (await answers(socketPath)) timer = setTimeout(look, EVERY_MS);
    else onGone();
  };
  timer = setTimeout(look, EVERY_MS);
  return { close: () => clearTimeout(timer) };
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/v1/status', timeout: PATIENCE_MS }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
