import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queries, visit } from './api.ts';
import { follow } from './live.ts';
import { makeRouter } from './routes.tsx';
import './styles.css';

const LINK = /^#key=([0-9a-f]+)$/;

/** The secret of the link goes out of the address before anything is drawn. */
async function enter(): Promise<void> {
  const key = LINK.exec(location.hash)?.[1];
  if (key === undefined) return;
  history.replaceState(null, '', location.pathname);
  await visit(key);
}

await enter();
follow(queries);
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <RouterProvider router={makeRouter()} />
      </QueryClientProvider>
    </StrictMode>,
  );
}
