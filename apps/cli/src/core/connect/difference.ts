const NAMES =
  'TOKEN|SECRET|PASS(W|PHRASE)|(API|ACCESS|PRIVATE)[_-]?KEY|CREDENTIAL|AUTHORIZATION|BEARER|_PAT';
/** Of an address with a name and a password in it. */
const ADDRESS = ':\\/\\/(?=[^/\\s@"]+@)';
/** Up to where a line is shown: behind these a secret may stand. */
const SECRET = new RegExp(`^.*?(${NAMES}|${ADDRESS})["'\\s]*[=:,]?`, 'i');
/** Beyond so many lines between the first and the last change, all of them are shown as changed. */
const MOST_LINES = 500;

/** The lines that differ, `-` or `+` before each. What may hold a secret is shown by its name. */
export function changedLines(before: string, after: string): readonly string[] {
  const old = linesOf(before);
  const fresh = linesOf(after);
  const most = Math.min(old.length, fresh.length);
  let same = 0;
  while (same < most && old[same] === fresh[same]) same += 1;
  let end = 0;
  while (end < most - same && old.at(-1 - end) === fresh.at(-1 - end)) end += 1;
  const lines = between(old.slice(same, old.length - end), fresh.slice(same, fresh.length - end));
  return lines.map(([sign, line], at) => {
    const [, above = ''] = lines[at - 1] ?? [];
    return `${sign} ${masked(line, above)}`;
  });
}

type Line = readonly [sign: '-' | '+', line: string];

/** What is left of both beside their longest common part. */
function between(old: readonly string[], fresh: readonly string[]): readonly Line[] {
  const length = old.length + fresh.length > MOST_LINES ? () => 0 : commonLengths(old, fresh);
  const lines: Line[] = [];
  let [at, now] = [0, 0];
  while (at < old.length || now < fresh.length) {
    const [gone, added] = [old[at], fresh[now]];
    const isSame = gone === added && length(at, now) > 0;
    const isGone = !isSame && gone !== undefined && length(at + 1, now) >= length(at, now + 1);
    if (isSame || isGone) at += 1;
    if (!isGone) now += 1;
    if (isGone) lines.push(['-', gone]);
    else if (!isSame && added !== undefined) lines.push(['+', added]);
  }
  return lines;
}

type Lengths = (at: number, now: number) => number;

/** How many lines both have in common from these two on. */
function commonLengths(old: readonly string[], fresh: readonly string[]): Lengths {
  const width = fresh.length + 1;
  const table = new Uint16Array((old.length + 1) * width);
  const read: Lengths = (at, now) => table[at * width + now] ?? 0;
  for (let at = old.length - 1; at >= 0; at -= 1) {
    for (let now = fresh.length - 1; now >= 0; now -= 1) {
      table[at * width + now] =
        old[at] === fresh[now]
          ? read(at + 1, now + 1) + 1
          : Math.max(read(at + 1, now), read(at, now + 1));
    }
  }
  return read;
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

/** The value of an argument may stand in the next line. */
function masked(line: string, above: string): string {
  const [shown] = SECRET.exec(line) ?? [];
  if (shown !== undefined) return `${shown} …`;
  const [named] = SECRET.exec(above) ?? [];
  return named === above && /[,=:]\s*$/.test(above) ? '…' : line;
}
