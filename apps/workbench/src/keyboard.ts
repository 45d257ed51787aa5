/** What one key does where nobody is typing. */
export type Keys = Readonly<Record<string, () => void>>;

/** In this browser: whoever dictates, or touches keys unmeant, is led nowhere by them. */
const KEPT = 'workbench-single-keys';

export function hasSingleKeys(): boolean {
  return localStorage.getItem(KEPT) !== 'off';
}

export function switchSingleKeys(isOn: boolean): void {
  if (isOn) localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, 'off');
}

/**
 * Calls back for single keys, never while a person writes, holds a modifier, or holds the key
 * itself. `keysNow`: asked at each press, so that whoever changes them need not come back.
 */
export function listenForKeys(keysNow: () => Keys): () => void {
  const heed = (event: KeyboardEvent): void => {
    // What has the focus may have a meaning of its own for a key.
    if (event.defaultPrevented || isWriting(event)) return;
    if (event.ctrlKey || event.metaKey || event.altKey || !hasSingleKeys()) return;
    if (event.repeat) return;
    const keys = keysNow();
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
  addEventListener('keydown', heed);
  return () => removeEventListener('keydown', heed);
}

/**
 * Calls back for Ctrl or Cmd with one of these keys, also while a person writes, unless it meant
 * something there.
 */
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

/** An editor stands in a tree of its own, so what is typed in it has no target out here. */
function isWriting(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}
