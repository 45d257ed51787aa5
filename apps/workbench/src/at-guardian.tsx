import { type GuardianWindow, useDeciding } from './deciding.ts';
import { BUTTON } from './parts.tsx';

type AtGuardianProps = {
  /** What it says; `about` names of what, to who cannot see where it stands. */
  readonly words: string;
  readonly about?: string;
  readonly order: (guardian: GuardianWindow) => void;
};

/** Hands something to the guardian, whose page shows and signs it; nothing where there is none. */
export function AtGuardian({ words, about, order }: AtGuardianProps) {
  const deciding = useDeciding();
  if (deciding === undefined) return null;
  const label = about === undefined ? words : `${words}: ${about}`;
  return (
    <button type="button" className={BUTTON} aria-label={label} onClick={() => order(deciding)}>
      {words}
    </button>
  );
}
