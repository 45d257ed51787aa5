/** Under which the draft of a policy is kept. */
export const POLICY_DRAFT = 'policy-draft';

/** Of this tab, so that loading it again loses nothing. */
export function keptDraft(name: string): string | undefined {
  return sessionStorage.getItem(name) ?? undefined;
}

export function keepDraft(name: string, text: string): void {
  sessionStorage.setItem(name, text);
}

/** It is where it belongs now. */
export function dropDraft(name: string): void {
  sessionStorage.removeItem(name);
}
