import assert from 'node:assert/strict';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestNode } from './test-node.ts';

const SDK = fileURLToPath(new URL('../../../python/ioi_sdk', import.meta.url));

const WORKER = `from ioi_sdk import Agent

agent = Agent(name="clerk")


@agent.task
def count(path: str) -> int:
    return len(agent.fs.read(path).split())


@agent.task
def note(path: str, text: str) -> dict[str, str]:
    agent.fs.write(path, text)
    return {"path": path}


@agent.task
def loop(path: str) -> str:
    while True:
        agent.clock.now()


@agent.task
def broken(path: str) -> str:
    raise ValueError("not today")


@agent.task
def prints(secret: str) -> str:
    print(secret)
    raise ValueError("it was " + secret)
`;

const MANIFEST = {
  id: 'ai://local/clerk',
  version: 'v1.0.0',
  about: 'Counts and notes.',
  entry: { language: 'python', file: 'worker.py' },
  capabilities_required: ['prim:fs.read', 'prim:fs.write'],
  template_id: 'tpl:clerk.v1',
};

/** A node that is up, with a worker installed that it lets read and, once asked, write. */
export async function installClerk(node: TestNode): Promise<readonly string[]> {
  const folder = join(node.folder, 'clerk');
  mkdirSync(folder);
  cpSync(SDK, join(folder, 'ioi_sdk'), { recursive: true });
  writeFileSync(join(folder, 'worker.py'), WORKER);
  writeFileSync(join(folder, 'worker.json'), JSON.stringify(MANIFEST));
  const secret = ['--passphrase-file', node.passphraseFile];
  const good = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await node.ioiWith(
      { PATH: process.env['PATH'] ?? '' },
      ...args,
    );
    assert.equal(code, 0, stderr);
    return stdout;
  };
  assert.equal((await node.init()).code, 0);
  await good('up', '--detach');
  const conditions = { allow_paths: [node.workspace] };
  const rules = [
    { rule_id: 'read', target: 'fs::read', action: 'ALLOW', conditions },
    { rule_id: 'write', target: 'fs::write', action: 'REQUIRE_APPROVAL', conditions },
  ];
  const mounted = { rule_id: 'tool', target: 'mcp::desk::count', action: 'ALLOW', conditions: {} };
  const policy = { policy_id: 'clerk', defaults: 'deny_all', rules: [...rules, mounted] };
  writeFileSync(node.home.policy, JSON.stringify(policy));
  const activated = await node.activate();
  assert.equal(activated.code, 0, activated.stderr);
  const [key, out] = [join(node.folder, 'publisher.key'), join(node.folder, 'clerk.worker')];
  await good('domain', 'key', 'new', key, ...secret);
  await good('worker', 'pack', folder, '--key', key, '--out', out, ...secret);
  await good('worker', 'install', out, ...secret);
  const { available } = JSON.parse((await node.ioi('mcp', 'sandbox', '--json')).stdout);
  const how = available ? [] : ['--unconfined'];
  return ['clerk', '--workspace', node.workspace, ...how];
}
