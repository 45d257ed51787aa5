export type Theme = 'light' | 'dark';

const KEPT = 'theme';
const CHOSEN = 'theme-chosen';

/** As the person chose, or else as the system has it. */
export function themeNow(): Theme {
  const kept = localStorage.getItem(KEPT);
  if (kept === 'light' || kept === 'dark') return kept;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

export function showTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
}

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEPT, theme);
  showTheme(theme);
  dispatchEvent(new Event(CHOSEN));
}

/** Wherever it is chosen. */
export function listenForTheme(changed: () => void): () => void {
  addEventListener(CHOSEN, changed);
  return () => removeEventListener(CHOSEN, changed);
}

export function otherThan(theme: Theme): Theme {
  return theme === 'dark' ? 'light' : 'dark';
}
