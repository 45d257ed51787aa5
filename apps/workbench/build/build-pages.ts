import { join } from 'node:path';
import tailwind from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const ROOT = join(import.meta.dirname, '..');

/** Builds the pages into a folder, by default `dist`, from nothing but what is installed. */
export async function buildPages(outDir = join(ROOT, 'dist')): Promise<void> {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'warn',
    plugins: [react(), tailwind()],
    resolve: { conditions: ['browser', 'module', 'import', 'default'] },
    // A script within the page would be refused by its own rules.
    build: { outDir, emptyOutDir: true, target: 'es2024', modulePreload: { polyfill: false } },
  });
}
