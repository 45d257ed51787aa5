const KEPT = 'policy-draft';

/** Of this tab, so that loading it again loses nothing. */
export function keptDraft(): string {
  return sessionStorage.getItem(KEPT) ?? '';
}

export function keepDraft(text: string): void {
  sessionStorage.setItem(KEPT, text);
}
