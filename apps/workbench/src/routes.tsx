import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from '@tanstack/react-router';
import { Atlas } from './atlas.tsx';
import { Found } from './found.tsx';
import { Frame } from './frame.tsx';
import { Inbox } from './inbox.tsx';

const frame = createRootRoute({ component: Frame });
const parent = { getParentRoute: () => frame };
const inbox = createRoute({ ...parent, path: '/', component: Inbox });
const atlas = createRoute({ ...parent, path: '/atlas', component: Atlas });
const found = createRoute({ ...parent, path: '/atlas/$id', component: Found });
const wallet = createRoute({
  ...parent,
  path: '/wallet',
  component: lazyRouteComponent(() => import('./wallet.tsx'), 'Wallet'),
});
const node = createRoute({
  ...parent,
  path: '/node',
  component: lazyRouteComponent(() => import('./node-page.tsx'), 'NodePage'),
});

/** What waits, what happened, one thing of it, what may be done, and how the node is. */
export function makeRouter() {
  const routeTree = frame.addChildren([inbox, atlas, found, wallet, node]);
  return createRouter({ routeTree, defaultPreload: 'intent' });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
