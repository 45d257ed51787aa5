const AROUND = 3;
/** After so many edits the rest counts as replaced: the work grows with their square. */
const MOST_EDITS = 500;

type Line = { readonly sign: ' ' | '-' | '+'; readonly text: string };

/** The lines of a unified diff of two texts, without the names of the files; none where equal. */
export function unifiedDiff(before: string, after: string): string[] {
  if (before === after) return [];
  const lines = editsBetween(linesOf(before), linesOf(after));
  const shown = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ sign }) => sign !== ' '),
  );
  const output: string[] = [];
  let [left, right] = [1, 1];
  for (let at = 0; at < lines.length; at += 1) {
    if (shown[at] === true && shown[at - 1] !== true) {
      const end = shown.indexOf(false, at);
      const hunk = lines.slice(at, end === -1 ? lines.length : end);
      output.push(`@@ -${spanOf(left, hunk, '+')} +${spanOf(right, hunk, '-')} @@`);
    }
    const { sign, text } = lines[at] as Line;
    if (shown[at] === true) output.push(...printed(sign, text));
    if (sign !== '+') left += 1;
    if (sign !== '-') right += 1;
  }
  return output;
}

/** Each with its end, so that a text without a last one is told from one with it. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function printed(sign: string, text: string): string[] {
  if (text.endsWith('\n')) return [`${sign}${text.slice(0, -1)}`];
  return [`${sign}${text}`, '\\ No newline at end of file'];
}

function spanOf(start: number, hunk: readonly Line[], other: '+' | '-'): string {
  const count = hunk.filter(({ sign }) => sign !== other).length;
  return `${count === 0 ? start - 1 : start},${count}`;
}

function editsBetween(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (text: string): Line => ({ sign: ' ', text });
  return [
    ...before.slice(0, head).map(same),
    ...shortestEdits(
      before.slice(head, before.length - tail),
      after.slice(head, after.length - tail),
    ),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** E. Myers, An O(ND) Difference Algorithm: how far each diagonal comes with so many edits. */
function shortestEdits(before: readonly string[], after: readonly string[]): Line[] {
  const reached: Furthest[] = [];
  let furthest: Furthest = new Map([[1, 0]]);
  for (let edits = 0; edits <= MOST_EDITS; edits += 1) {
    reached.push(furthest);
    const next = new Map(furthest);
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let left = startOf(furthest, diagonal, edits);
      while (left < before.length && before[left] === after[left - diagonal]) left += 1;
      next.set(diagonal, left);
      if (left >= before.length && left - diagonal >= after.length) {
        return traced(before, after, reached);
      }
    }
    furthest = next;
  }
  return [
    ...before.map((text): Line => ({ sign: '-', text })),
    ...after.map((text): Line => ({ sign: '+', text })),
  ];
}

type Furthest = ReadonlyMap<number, number>;

/** Whether the last edit onto a diagonal added a line; else it took one away. */
function isAdded(furthest: Furthest, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true;
  if (diagonal === edits) return false;
  return (furthest.get(diagonal - 1) ?? -1) < (furthest.get(diagonal + 1) ?? -1);
}

function startOf(furthest: Furthest, diagonal: number, edits: number): number {
  if (isAdded(furthest, diagonal, edits)) return furthest.get(diagonal + 1) ?? 0;
  return (furthest.get(diagonal - 1) ?? 0) + 1;
}

/** Back from the end, edit by edit. */
function traced(
  before: readonly string[],
  after: readonly string[],
  reached: readonly Furthest[],
): Line[] {
  const lines: Line[] = [];
  let [left, right] = [before.length, after.length];
  for (let edits = reached.length - 1; edits >= 0; edits -= 1) {
    const furthest = reached[edits] as Furthest;
    const diagonal = left - right;
    const start = startOf(furthest, diagonal, edits);
    const isPlus = isAdded(furthest, diagonal, edits);
    for (; left > start; left -= 1, right -= 1) {
      lines.push({ sign: ' ', text: before[left - 1] as string });
    }
    if (edits === 0) break;
    if (isPlus) right -= 1;
    else left -= 1;
    const text = (isPlus ? after[right] : before[left]) as string;
    lines.push({ sign: isPlus ? '+' : '-', text });
  }
  return lines.reverse();
}
