import http from 'node:http';
import { dirname, join } from 'node:path/posix';
import { type RolldownPlugin, rolldown } from 'rolldown';
import type { Packed } from '../core/pack.ts';
import { CHUNKS } from '../core/paths.ts';

const HTTP = 'node:http';
const OF_UNDICI = ['CloseEvent', 'MessageEvent', 'WebSocket'];

/**
 * The packed modules as few files: a start reads some dozens instead of hundreds, in a fifth of the
 * time. What an entry does not reach is left out. Packages of npm stay where npm puts them.
 * @returns path under `lib/` to JavaScript: each entry in its place, the rest under `chunks/`.
 */
export async function bundle({ modules, entries }: Packed): Promise<ReadonlyMap<string, string>> {
  const input = Object.fromEntries(entries.map((path) => [flat(path), path]));
  const plugins = [fromMemory(modules)];
  const checks = { bundlerTimings: false };
  // Modules of ours have no effect beside what they export (core/pack.ts), but for the entries.
  const treeshake = { moduleSideEffects: false };
  const build = await rolldown({ input, platform: 'node', plugins, checks, treeshake });
  try {
    const { output } = await build.generate({
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
    });
    const chunks = output.filter((file) => file.type === 'chunk');
    return new Map([
      ...chunks.map(({ fileName, code }) => [`${CHUNKS}/${fileName}`, code] as const),
      ...entries.map((path) => [path, `import '${toChunk(path)}';\n`] as const),
    ]);
  } finally {
    await build.close();
  }
}

function fromMemory(modules: ReadonlyMap<string, string>): RolldownPlugin {
  return {
    name: 'packed',
    resolveId(name, importer) {
      if (importer === undefined) return name;
      if (name === HTTP) return name;
      if (!name.startsWith('.')) return { id: name, external: true };
      return join(dirname(importer), name);
    },
    load: (path) => (path === HTTP ? plainHttp() : modules.get(path)),
  };
}

/**
 * `node:http` as `require` gives it. An `import` of it asks for every export, three of which load
 * Undici: 70 ms of processor time and 17 MB in every process, for what nothing here uses.
 */
function plainHttp(): string {
  const names = Object.keys(http).filter((name) => !OF_UNDICI.includes(name));
  return `export const { ${names.join(', ')} } = process.getBuiltinModule('${HTTP}');`;
}

function flat(path: string): string {
  return path.replace(/\.js$/, '').replaceAll('/', '.');
}

function toChunk(entry: string): string {
  return `${'../'.repeat(entry.split('/').length - 1)}${CHUNKS}/${flat(entry)}.js`;
}
