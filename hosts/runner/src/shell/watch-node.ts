import { request } from 'node:http';

const EVERY_MS = 1000;
const PATIENCE_MS = 5000;
/** So often it is asked anew before one that is there and says nothing counts as gone. */
const MOST_SILENT = 6;

type Answered = 'yes' | 'silent' | 'no';

/**
 * Asks the node every second how it is, and says once that it is gone: at once where nobody is
 * there, after some more looks where somebody is who says nothing, as on a busy machine. It says
 * it and does nothing else: what goes by the node goes nowhere while it does not answer. Undefined
 * where it does not answer at the beginning.
 */
export async function watchNode(
  socketPath: string,
  onGone: () => void,
  patienceMs = PATIENCE_MS,
): Promise<{ close(): void } | undefined> {
  let first = await answers({ socketPath, patienceMs });
  for (let nth = 1; first === 'silent' && nth < MOST_SILENT; nth += 1) {
    first = await answers({ socketPath, patienceMs });
  }
  if (first !== 'yes') return undefined;
  const closing = new AbortController();
  const { signal } = closing;
  let timer: NodeJS.Timeout;
  let silent = 0;
  const look = async (): Promise<void> => {
    const answered = await answers({ socketPath, patienceMs, signal });
    if (signal.aborted) return;
    silent = answered === 'silent' ? silent + 1 : 0;
    if (answered === 'no' || silent >= MOST_SILENT) onGone();
    else timer = setTimeout(look, silent > 0 ? 0 : EVERY_MS);
  };
  timer = setTimeout(look, EVERY_MS);
  return {
    close: () => {
      clearTimeout(timer);
      closing.abort();
    },
  };
}

type Asking = {
  readonly socketPath: string;
  readonly patienceMs: number;
  readonly signal?: AbortSignal;
};

function answers({ socketPath, patienceMs, signal }: Asking): Promise<Answered> {
  return new Promise((resolve) => {
    const about = { socketPath, path: '/v1/status', timeout: patienceMs, signal };
    const asked = request(about, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'yes' : 'no');
    });
    asked.on('timeout', () => {
      resolve('silent');
      asked.destroy();
    });
    asked.on('error', () => resolve('no'));
    asked.end();
  });
}
