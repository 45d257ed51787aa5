const manifest = (name: string, fields: object): string => {
  return JSON.stringify({ name: `@ioi/${name}`, version: '0.1.0', type: 'module', ...fields });
};

/** A checkout in small: a command that reaches a system, its shell, its platform and a page. */
export const SMALL_HOUSE: Readonly<Record<string, string>> = {
  '.gitignore': 'node_modules/\n/lib/\n',
  'package.json': manifest('hypervisor', { dependencies: { yaml: '1.0.0' } }),
  'README.md': '# House\n',

  'ground/basis/package.json': manifest('basis', {
    exports: {
      '.': './src/core/index.ts',
      './browser': './src/browser.ts',
      './testing': './src/testing/suite.ts',
    },
    imports: { '#platform': { browser: './src/browser.ts', default: './src/node.ts' } },
  }),
  'ground/basis/src/core/index.ts': `
    import { where } from '#platform';
    export type { Size } from './size.ts';
    export const place = (): string => where as string;`,
  'ground/basis/src/core/size.ts': 'export type Size = number;',
  'ground/basis/src/node.ts': "export const where: string = 'node';",
  'ground/basis/src/browser.ts': "export const where: string = 'browser';",
  'ground/basis/src/core/index.test.ts': "import 'node:test';",
  'ground/basis/src/testing/suite.ts': "import 'fast-check';",
  'ground/basis/README.md': '# Basis\n',

  'hosts/daemon/package.json': manifest('daemon', {
    exports: { './shell': { types: './x.d.ts', default: './src/shell/index.ts' } },
  }),
  'hosts/daemon/src/main.ts':
    "import { place } from '@ioi/basis';\nconsole.log('daemon', place());",
  'hosts/daemon/src/shell/index.ts': `
    import { readFileSync } from 'node:fs';
    export const page = (): string =>
      readFileSync(new URL('../../assets/page.html', import.meta.url), 'utf8');`,
  'hosts/daemon/assets/page.html': '<p>page</p>',
  'hosts/daemon/src/fixtures/case.json': '{}',

  'apps/cli/package.json': manifest('cli', { exports: { '.': './src/main.ts' } }),
  'apps/cli/src/main.ts': `
    import { execFileSync } from 'node:child_process';
    import { readFileSync } from 'node:fs';
    import { fileURLToPath } from 'node:url';
    import { place, type Size } from '@ioi/basis';
    import { page } from '@ioi/daemon/shell';
    const size: Size = 3;
    const manifest = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    const { late } = await import('./late.ts');
    const host = new URL('../../../hosts/daemon/src/main.ts', import.meta.url);
    console.log(place(), size, page(), JSON.parse(manifest).name, late());
    console.log(execFileSync(process.execPath, [fileURLToPath(host)], { encoding: 'utf8' }));`,
  'apps/cli/src/late.ts': "export function late(this: void): string { return 'late'!; }",
};
