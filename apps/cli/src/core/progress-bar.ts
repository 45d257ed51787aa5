const WIDTH = 24;

/** One line: a bar, how far, of what. */
export function progressBar(what: string, done: number, of: number): string {
  const part = of > 0 ? Math.min(1, done / of) : 1;
  const full = Math.round(part * WIDTH);
  const percent = String(Math.floor(part * 100)).padStart(3);
  return `${what.padEnd(10)} ${'█'.repeat(full)}${'░'.repeat(WIDTH - full)} ${percent}%`;
}
