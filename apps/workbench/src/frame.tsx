import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useNavigate } from '@tanstack/react-router';
import { useEffect, useSyncExternalStore } from 'react';
import { AgentStates } from './agent-states.tsx';
import { following, inbox, ProblemFault, sessions, status } from './api.ts';
import { listenForKeys } from './keyboard.ts';
import { LINES, Notice } from './parts.tsx';
import { SearchBox } from './search-box.tsx';
import { GlassBroken, SignedIn, SignIn } from './signed-in.tsx';
import { Spotlight } from './spotlight.tsx';
import { chooseTheme, listenForTheme, otherThan, showTheme, themeNow } from './theme.ts';

const PAGES = [
  { to: '/', name: 'Inbox', key: 'i' },
  { to: '/runs', name: 'Runs', key: 'r' },
  { to: '/atlas', name: 'Atlas', key: 'a' },
  { to: '/wallet', name: 'Wallet', key: 'w' },
  { to: '/policy', name: 'Policy', key: 'p' },
  { to: '/workflows', name: 'Workflows', key: 'f' },
  { to: '/node', name: 'Node', key: 'n' },
] as const;
const HEADER = `border-b bg-white lg:sticky lg:top-0 lg:z-10 dark:bg-slate-900 ${LINES}`;
const WIDTH = 'mx-auto w-full max-w-6xl';
const LINK =
  'rounded-md px-2 py-1.5 text-slate-700 text-sm hover:bg-slate-100 sm:px-3 ' +
  'dark:text-slate-300 dark:hover:bg-slate-800 data-[status=active]:bg-slate-200 ' +
  'data-[status=active]:font-semibold data-[status=active]:text-slate-950 ' +
  'dark:data-[status=active]:bg-slate-800 dark:data-[status=active]:text-white';

/** What stands around every page: where one is, the search, how the node is. */
export function Frame() {
  // What stands above a page would push it down while somebody reads it.
  const isUnknown = [useQuery(status), useQuery(sessions)].some(({ isPending }) => isPending);
  return (
    <div className="flex min-h-dvh flex-col">
      <a className="sr-only focus:not-sr-only focus:p-2" href="#main">
        To the content
      </a>
      <header className={HEADER}>
        <div className={`flex flex-wrap items-center gap-2 px-4 py-2 ${WIDTH}`}>
          <Pages />
          <SearchBox />
          <Spotlight pages={PAGES} className={LINK} />
          <ThemeSwitch />
        </div>
      </header>
      <aside aria-label="How it is" className={`space-y-2 px-4 pt-3 ${WIDTH}`}>
        <SignedIn />
        <GlassBroken />
        <NodeState />
        <NotTold />
        <AgentStates />
      </aside>
      <main id="main" className={`grow px-4 pt-4 pb-16 ${WIDTH} ${isUnknown ? 'invisible' : ''}`}>
        <Outlet />
      </main>
    </div>
  );
}

function Pages() {
  const navigate = useNavigate();
  const waiting = useQuery(inbox).data?.pending.length ?? 0;
  useEffect(() => {
    const keys = PAGES.map(({ to, key }) => [key, () => void navigate({ to })] as const);
    return listenForKeys(() => Object.fromEntries(keys));
  }, [navigate]);
  return (
    <nav aria-label="Pages" className="flex flex-wrap gap-1">
      {PAGES.map(({ to, name, key }) => (
        <Link key={to} to={to} className={LINK} title={`${name} (${key})`} aria-keyshortcuts={key}>
          {name}
          {to === '/' && waiting > 0 ? ` (${waiting})` : ''}
        </Link>
      ))}
    </nav>
  );
}

function ThemeSwitch() {
  const theme = useSyncExternalStore(listenForTheme, themeNow);
  useEffect(() => showTheme(theme), [theme]);
  const other = otherThan(theme);
  return (
    <button type="button" onClick={() => chooseTheme(other)} className={LINK}>
      {`To ${other}`}
    </button>
  );
}

/** Events take a role that not everybody has who signs in. */
function NotTold() {
  if (useQuery(following).data !== false) return null;
  return (
    <Notice tone="plain">
      Your role is not told what happens as it happens. This page asks every few seconds.
    </Notice>
  );
}

/** What a person must know wherever they are. */
function NodeState() {
  const { data, error } = useQuery(status);
  if (error instanceof ProblemFault && error.status === 401) {
    return (
      <>
        <Notice tone="bad">
          This tab is not let in, or no longer. Run <code>ioi workbench</code> for a new link.
        </Notice>
        <SignIn />
      </>
    );
  }
  if (error) {
    return (
      <Notice tone="bad">
        The node does not answer; what is shown is from before. <code>ioi up --detach</code> starts
        it; <code>ioi workbench</code> gives a new link, where it is then.
      </Notice>
    );
  }
  if (data?.policy === undefined && data !== undefined) {
    return (
      <Notice tone="warn">
        No policy is active, so every act is denied. <code>ioi policy activate FILE</code>
      </Notice>
    );
  }
  if (data?.policy?.mode !== 'observe') return null;
  return <Notice tone="warn">OBSERVING: only rules that block hold; all else is recorded.</Notice>;
}
