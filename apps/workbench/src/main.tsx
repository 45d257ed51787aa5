import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queries } from './api.ts';
import { Deciding, guardianWindow } from './deciding.ts';
import { follow } from './live.ts';
import { makeRouter } from './routes.tsx';
import { comeBack, enter, hasLink } from './session.ts';
import './styles.css';

// The secret of a link goes out of the address before anything is drawn.
await enter();
await comeBack();
// A second link in the same tab changes nothing of the address but its end.
addEventListener('hashchange', () => hasLink() && location.reload());
void follow(queries);
const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Deciding value={guardianWindow()}>
          <RouterProvider router={makeRouter()} />
        </Deciding>
      </QueryClientProvider>
    </StrictMode>,
  );
}
