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
const runs = createRoute({
  ...parent,
  path: '/runs',
  component: lazyRouteComponent(() => import('./runs.tsx'), 'Runs'),
});
const run = createRoute({
  ...parent,
  path: '/runs/$id',
  component: lazyRouteComponent(() => import('./run-page.tsx'), 'RunPage'),
});
const atlas = createRoute({
  ...parent,
  path: '/atlas',
  component: Atlas,
  validateSearch: ({ q }: { readonly q?: unknown }): { q?: string } => {
    // The router reads a number where digits stand.
    const text = typeof q === 'string' || typeof q === 'number' ? String(q) : '';
    return text === '' ? {} : { q: text };
  },
});
const found = createRoute({ ...parent, path: '/atlas/$id', component: Found });
const walletPage = lazyRouteComponent(() => import('./wallet.tsx'), 'Wallet');
const wallet = createRoute({ ...parent, path: '/wallet', component: walletPage });
// With its editor it is larger than all others together: it is loaded by whoever opens it.
const policyPage = lazyRouteComponent(() => import('./policy/policy-page.tsx'), 'PolicyPage');
const policy = createRoute({ ...parent, path: '/policy', component: policyPage });
const workflows = createRoute({
  ...parent,
  path: '/workflows',
  component: lazyRouteComponent(() => import('./workflows/workflows-page.tsx'), 'WorkflowsPage'),
});
const workflow = createRoute({
  ...parent,
  path: '/workflows/$name',
  component: lazyRouteComponent(() => import('./workflows/workflow-page.tsx'), 'WorkflowPage'),
});
const nodePage = lazyRouteComponent(() => import('./node-page.tsx'), 'NodePage');
const node = createRoute({ ...parent, path: '/node', component: nodePage });

/** What waits, who acts, what happened, one of each, what may be done, and how the node is. */
export function makeRouter() {
  const routeTree = frame.addChildren([
    ...[inbox, runs, run, atlas, found, wallet, policy, workflows, workflow, node],
  ]);
  return createRouter({ routeTree, defaultPreload: 'intent' });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
