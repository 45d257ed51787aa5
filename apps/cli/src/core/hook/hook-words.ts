/** What the node answers a hook, one line of JSON each. */
export type NodeWord =
  | { readonly waits: string }
  | { readonly kind: 'go' | 'done' | 'unknown' }
  | {
      readonly kind: 'refused';
      readonly code: string;
      readonly title: string;
      readonly rule_id?: string;
      readonly receipt_id?: string;
    };

/**
 * Agents take what a hook that ends with 2 says on standard error as the reason, and go on where it
 * says nothing: so something is always said, in words that are no JSON.
 */
export function refusal(why: string): string {
  return `ioi: not done: ${why}\n`;
}

export function unrecorded(why: string): string {
  return `ioi: how it ended is not in the log: ${why}\n`;
}

export function nodeAway(why: string): string {
  return `the node does not answer (${why}). Start it with: ioi up --detach; then try again`;
}

export function refusedBy(said: Extract<NodeWord, { kind: 'refused' }>): string {
  const { code, title, rule_id: rule, receipt_id: receipt } = said;
  const about = [code, ...(rule ? [`rule ${rule}`] : []), ...(receipt ? [receipt] : [])];
  const why = receipt ? `; see: ioi why ${receipt}` : '';
  return `${title} (${about.join(', ')})${why}`;
}

/** Nobody approved it while its hook could wait: it waits no longer, and is never done later. */
export function tooLate(isWaiting: boolean, seconds: number): string {
  if (!isWaiting) return `nothing was decided within ${seconds} s; try again`;
  return (
    `a person has to approve it, and nobody did within ${seconds} s. Try it again, and have ` +
    'them give: ioi approve, while it waits'
  );
}

export function wordIn(line: string): NodeWord | undefined {
  try {
    const word = JSON.parse(line) as Partial<Record<string, unknown>> | null;
    if (typeof word?.['waits'] === 'string') return { waits: word['waits'] };
    const { kind, code, title } = word ?? {};
    if (kind === 'go' || kind === 'done' || kind === 'unknown') return { kind };
    const isWhole = kind === 'refused' && typeof code === 'string' && typeof title === 'string';
    return isWhole ? (word as NodeWord) : undefined;
  } catch {
    return undefined;
  }
}
