import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { messageBytes } from '@ioi/crypto/ssh';
import { readSshKey, type SshKey, signSsh } from '@ioi/crypto/ssh/shell';
import { AgentClient } from '../../testing/agent-client.ts';
import { agentServer } from './agent-server.ts';

test('a signature of something else is not handed on', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = readSshKey(String(privateKey.export({ type: 'pkcs8', format: 'pem' }))) as SshKey;
  const about = { hashAlgorithm: 'sha256', digest: new Uint8Array(32) } as const;
  const asked = messageBytes({ namespace: 'git', ...about });
  let signed = messageBytes({ namespace: 'file', ...about });
  const said: string[] = [];
  const server = agentServer({
    keys: async () => [{ publicKey: key.publicKey, server: 'box', hostKeys: [] }],
    call: async () => {
      const signature = signSsh(key, 'ssh-ed25519', signed) ?? new Uint8Array();
      const content = { signature: Buffer.from(signature).toString('base64') };
      return { kind: 'answer', content };
    },
    say: (line) => said.push(line),
  });
  const folder = mkdtempSync(join(tmpdir(), 'ioi-agent-'));
  const path = join(folder, 'agent');
  server.listen(path);
  await once(server, 'listening');
  const client = await AgentClient.open(path);
  assert.equal(await client.sign(key.publicKey.blob, asked), undefined);
  assert.match(said.join(), /not what was asked/);
  signed = asked;
  assert.ok(await client.sign(key.publicKey.blob, asked));
  client.close();
  server.close();
  rmSync(folder, { recursive: true });
});
