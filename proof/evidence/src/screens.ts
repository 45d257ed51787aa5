import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { WEEKLY } from './weekly-notes.ts';
import { type Page, WAIT, WorkbenchKit } from './workbench-kit.ts';

const WIDTHS = [
  ['phone', 390, 844],
  ['tablet', 820, 1180],
  ['desk', 1360, 850],
] as const;
const THEMES = ['light', 'dark'] as const;

type Screen = {
  readonly name: string;
  readonly path: string;
  /** What stands there once all of it is loaded. */
  readonly until: string;
};

/** Pictures of every screen of the Workbench, of a node on which something happened. */
const folder = resolve(process.argv[2] ?? 'screens');
const kit = new WorkbenchKit();
try {
  await kit.start();
  const screens = await populated();
  mkdirSync(folder, { recursive: true });
  for (const theme of THEMES) await take(screens, theme);
} finally {
  await kit.stop();
}

/** Things that are allowed, blocked and waited for, and a workflow. */
async function populated(): Promise<readonly Screen[]> {
  const { peer, workspace } = kit;
  await peer.call('read_text_file', { path: join(workspace, 'notes.txt') });
  await peer.call('list_directory', { path: workspace });
  await peer.call('write_file', { path: join(workspace, 'new.txt'), content: 'new' });
  const secret = join(workspace, '.ssh', 'id_ed25519');
  await peer.call('read_text_file', { path: secret }).catch(() => {});
  await peer.call('read_text_file', { path: '/etc/passwd' }).catch(() => {});
  const waiting = { path: join(workspace, 'notes.txt'), content: 'other' };
  peer.call('write_file', waiting).catch(() => {});
  const file = join(kit.folder, 'weekly-notes.json');
  writeFileSync(file, JSON.stringify(WEEKLY, undefined, 2));
  await kit.ioi('workflow', 'save', file);
  const log = (await kit.ioi('log', '-n', '50', '--json')).trimEnd().split('\n');
  const hashes = log.map((line) => /"request_hash":"(sha256:[0-9a-f]{64})"/.exec(line)?.[1]);
  const act = hashes.find((hash) => hash !== undefined) ?? '0';
  const { sessions } = JSON.parse(await kit.ioi('agents', '--json'));
  return [
    { name: 'inbox', path: '/', until: '1 to decide.' },
    { name: 'runs', path: '/runs', until: '1 connected.' },
    { name: 'run', path: `/runs/${encodeURIComponent(sessions[0].session_id)}`, until: 'fs::' },
    { name: 'atlas', path: '/atlas', until: 'BLOCK' },
    { name: 'act', path: `/atlas/${encodeURIComponent(act)}`, until: 'PROVEN' },
    { name: 'wallet', path: '/wallet', until: 'Who may approve' },
    { name: 'policy', path: '/policy', until: 'A draft' },
    { name: 'workflows', path: '/workflows', until: 'Weekly notes' },
    { name: 'workflow', path: '/workflows/weekly-notes', until: 'As a graph' },
    { name: 'node', path: '/node', until: 'Figures' },
  ];
}

async function take(screens: readonly Screen[], theme: (typeof THEMES)[number]): Promise<void> {
  const page = await kit.opened(theme);
  const { origin } = new URL(page.url());
  for (const { name, path, until } of screens) {
    await page.goto(`${origin}${path}`);
    await page.getByText(until).first().waitFor(WAIT);
    await settled(page);
    for (const [size, width, height] of WIDTHS) {
      await page.setViewportSize({ width, height });
      const file = join(folder, `${name}-${theme}-${size}.png`);
      await page.screenshot({ path: file, fullPage: true });
    }
    console.log(`${name} ${theme}`);
  }
  await page.close();
}

/** Nothing is being asked or loaded any more. */
async function settled(page: Page): Promise<void> {
  for (const loading of [/^Asking the node/, /^Loading/, /^Checking it here/]) {
    await page
      .getByText(loading)
      .first()
      .waitFor({ ...WAIT, state: 'hidden' });
  }
}
