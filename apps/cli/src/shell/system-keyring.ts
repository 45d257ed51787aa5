import { CommandFault } from './fault.ts';
import { type Ended, runQuiet } from './run-quiet.ts';

const BASE64 = /^[A-Za-z0-9+/]{43}=$/;

type Tool = {
  readonly program: string;
  readonly store: (vault: string, key: string) => Promise<Ended>;
  readonly lookup: (vault: string) => Promise<Ended>;
  readonly clear: (vault: string) => Promise<Ended>;
};

/** The Secret Service of a desktop (GNOME Keyring, KWallet, KeePassXC), through libsecret. */
const SECRET_TOOL: Tool = {
  program: 'secret-tool',
  store: (vault, key) =>
    runQuiet(
      'secret-tool',
      ['store', '--label=IOI vault', 'application', 'ioi', 'vault', vault],
      key,
    ),
  lookup: (vault) => runQuiet('secret-tool', ['lookup', 'application', 'ioi', 'vault', vault], ''),
  clear: (vault) => runQuiet('secret-tool', ['clear', 'application', 'ioi', 'vault', vault], ''),
};

/** The keychain of macOS; what is stored goes over its standard input. */
const SECURITY: Tool = {
  program: 'security',
  store: (vault, key) =>
    runQuiet('security', ['-i'], `add-generic-password -U -s ioi-vault -a ${vault} -w ${key}\n`),
  lookup: (vault) =>
    runQuiet('security', ['find-generic-password', '-s', 'ioi-vault', '-a', vault, '-w'], ''),
  clear: (vault) =>
    runQuiet('security', ['delete-generic-password', '-s', 'ioi-vault', '-a', vault], ''),
};

/** Keeps a key for a vault in place of the one before, which the answer puts back. */
export async function replaceInKeyring(vault: string, key: string): Promise<() => Promise<void>> {
  const before = await readKeyring(vault).catch(() => undefined);
  await storeInKeyring(vault, key);
  return () => (before === undefined ? clearKeyring(vault) : storeInKeyring(vault, before));
}

/** What does not come back was not kept. */
async function storeInKeyring(vault: string, key: string): Promise<void> {
  const tool = keyringTool();
  const stored = await tool.store(vault, key);
  if (stored.code !== 0) throw refused(tool, stored);
  if ((await readKeyring(vault)) === key) return;
  throw refused(tool, { ...stored, said: 'what was stored did not come back' });
}

/** The key in base64, as it was kept. */
export async function readKeyring(vault: string): Promise<string> {
  const tool = keyringTool();
  const found = await tool.lookup(vault);
  const key = found.out.trim();
  if (found.code === 0 && BASE64.test(key)) return key;
  throw refused(tool, found);
}

/** Where nothing is there it is well, too. */
export async function clearKeyring(vault: string): Promise<void> {
  await keyringTool().clear(vault);
}

function keyringTool(): Tool {
  return process.platform === 'darwin' ? SECURITY : SECRET_TOOL;
}

function refused({ program }: Tool, { isMissing, said }: Ended): CommandFault {
  const message = isMissing
    ? `there is no keyring to use here: the program ${program} is not installed`
    : `the keyring did not take or give the key: ${said === '' ? 'it holds none' : said}`;
  const next = 'ioi wallet unlock, or: ioi wallet unattended file';
  return new CommandFault({ exit: 'unexpected', code: 'keyring.refused', message, next });
}
