import { useState } from 'react';
import { hasSingleKeys, switchSingleKeys } from './keyboard.ts';

const ACTIONS = [
  { action: 'decide', words: 'Decide at the guardian, as Enter does' },
  { action: 'lease', words: 'A lease over it and what is like it; Enter hands it over' },
  { action: 'next', words: 'The next one' },
  { action: 'previous', words: 'The one before' },
] as const;
type OwnAction = (typeof ACTIONS)[number]['action'];
type OwnKeys = Readonly<Record<OwnAction, string>>;

/** In this browser, for these pages. */
const KEPT = 'workbench-keys';
const USUAL: OwnKeys = { decide: 'a', lease: 'l', next: 'j', previous: 'k' };

function ownKeys(): OwnKeys {
  try {
    return { ...USUAL, ...JSON.parse(localStorage.getItem(KEPT) ?? '{}') };
  } catch {
    return USUAL;
  }
}

export function keyFor(action: OwnAction): string {
  return ownKeys()[action];
}

/** What a key does on a request that has the focus; '' in its place switches one off. */
export function ownAction(key: string): OwnAction | undefined {
  const keys = ownKeys();
  if (key === 'Enter') return keys.decide === '' ? undefined : 'decide';
  if (key === 'ArrowDown') return 'next';
  if (key === 'ArrowUp') return 'previous';
  if (!hasSingleKeys()) return undefined;
  return ACTIONS.find(({ action }) => keys[action] !== '' && keys[action] === key)?.action;
}

/** Each key, to be changed or emptied. */
export function OwnKeysList() {
  const [keys, setKeys] = useState(ownKeys);
  const [isLed, setLed] = useState(hasSingleKeys);
  const change = (action: OwnAction, key: string): void => {
    const next = { ...ownKeys(), [action]: key.trim() };
    localStorage.setItem(KEPT, JSON.stringify(next));
    setKeys(next);
  };
  return (
    <details className="mt-6">
      <summary>Keys</summary>
      <p className="my-2">
        They act on the request that has the focus. An empty field switches a key off. Those of the
        guardian's window are set there.
      </p>
      <label className="my-2 flex items-center gap-2">
        <input
          type="checkbox"
          checked={isLed}
          onChange={({ target }) => {
            switchSingleKeys(target.checked);
            setLed(target.checked);
          }}
        />
        Single keys act: these, and those that lead to pages and to the search
      </label>
      {ACTIONS.map(({ action, words }) => (
        <label key={action} className="my-1 flex max-w-md items-center justify-between gap-3">
          {words}
          <input
            className="w-12 rounded-md border border-slate-400 bg-transparent px-2 text-center"
            maxLength={1}
            autoComplete="off"
            value={keys[action]}
            onChange={({ target }) => change(action, target.value)}
          />
        </label>
      ))}
    </details>
  );
}
