/** What one key does where nobody is typing. */
export type Keys = Readonly<Record<string, () => void>>;

/** Calls back for single keys, never while a person writes or holds a modifier. */
export function listenForKeys(keys: Keys): () => void {
  const heed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  addEventListener('keydown', heed);
  return () => removeEventListener('keydown', heed);
}

/** Calls back for Ctrl or Cmd with one of these keys, also while a person writes, unless it meant something there. */
export function listenForChord(keys: readonly string[], act: () => void): () => void {
  const heed = (event: KeyboardEvent): void => {
    const isChord = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    if (!isChord || event.defaultPrevented || !keys.includes(event.key.toLowerCase())) return;
    event.preventDefault();
    act();
  };
  addEventListener('keydown', heed);
  return () => removeEventListener('keydown', heed);
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
