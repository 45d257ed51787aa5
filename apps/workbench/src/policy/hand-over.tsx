import { canonicalJson } from '@ioi/canon';
import { loadPolicy, policyHash } from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import { useDeciding } from '../deciding.ts';
import { BUTTON } from '../parts.tsx';

/** The guardian reads it itself, and its owner signs on the guardian's page. */
export function HandOver({ text, active }: { text: string; active: ActionRules | undefined }) {
  const deciding = useDeciding();
  const loaded = loadPolicy(text);
  const canonical = loaded.ok ? canonicalJson(loaded.value.rules) : undefined;
  if (deciding === undefined || !canonical?.ok) return null;
  const replaces = active && policyHash(active);
  return (
    <p className="mt-3 flex flex-wrap items-center gap-2">
      <button
        type="button"
        className={BUTTON}
        onClick={() => deciding.propose(canonical.value, replaces)}
      >
        Hand it to the guardian
      </button>
      <span>
        whose page shows what it changes, and asks for the owner's passphrase. Your comments stay
        here.
      </span>
    </p>
  );
}
