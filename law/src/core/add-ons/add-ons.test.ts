import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { encodeUtf8 } from '@ioi/basis';
import { verifierRegistry } from '@ioi/crypto';
import { type HybridKey, signHybrid } from '@ioi/crypto/shell';
import type { AddOnManifest, HybridPublicKey, InstallAddOn } from '@ioi/protocol';
import { hashOf } from '../../testing/artifacts.ts';
import { smallLog } from '../../testing/sample-logs.ts';
import { PUBLISHERS } from '../../testing/test-installs.ts';
import { draftAddOn, NO_HASH, statementBytes } from '../governance/index.ts';
import { manifestMessage } from '../packages/index.ts';
import { writeTar } from '../packages/tar.ts';
import type { Shape } from '../shape/index.ts';
import { addOnContracts } from './asking.ts';
import { type AddOnHead, addOnKeys, addOnName } from './heads.ts';
import { type AddOnDraft, fillAddOn, openAddOn, readAddOnDraft, sealAddOn } from './package.ts';
import { NODE_SERVERS } from './shape-fault.ts';
import { skillIn } from './skill.ts';
import { addOnWords } from './statements.ts';

const SCHEMA = new URL('../../../../protocol/schemas/AddOnManifest.json', import.meta.url);
const shape = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Shape;
const registry = verifierRegistry();
const [publisher, stranger] = PUBLISHERS;

const SKILL =
  '---\nname: notes\ndescription: How notes are written.\nallowed-tools: Bash(*)\n---\nBe short.\n';
const TOOL = {
  name: 'ask',
  description: 'Asks.',
  input_schema: { type: 'object' },
  effect: 'read',
  risk_class: 'low',
  primitive_capabilities: ['prim:net.request'],
  authority_scopes: [],
  parameters: [],
} as const;

type Texts = Readonly<Record<string, string | Uint8Array>>;

function filesOf(texts: Texts) {
  return Object.entries(texts).map(([path, text]) => {
    return { path, bytes: typeof text === 'string' ? encodeUtf8(text) : text };
  });
}

const draftOf = (changed: Partial<AddOnDraft> = {}): AddOnDraft => ({
  id: 'ai://publisher/notes',
  version: 'v1.0.0',
  kind: 'skill',
  about: 'How notes are written.',
  ...changed,
});

const extension = (changed: Partial<AddOnDraft> = {}): AddOnDraft =>
  draftOf({
    id: 'ai://publisher/asker',
    kind: 'extension',
    entry: { language: 'typescript', file: 'server.mjs' },
    tools: [
      {
        ...TOOL,
        primitive_capabilities: [...TOOL.primitive_capabilities],
        authority_scopes: [],
        parameters: [],
      },
    ],
    ...changed,
  });

/** Signed by whoever, whatever it says: what is refused is refused when it is opened. */
function packed(
  draft: AddOnDraft,
  texts: Texts = { 'SKILL.md': SKILL },
  key: HybridKey = publisher,
) {
  const filled = fillAddOn(draft, filesOf(texts), key.publicKey as HybridPublicKey);
  assert.ok(filled.ok, JSON.stringify(filled));
  const { manifest: unsigned, archive } = filled.value;
  const manifest = sign(unsigned, key);
  const bytes = sealAddOn(manifest, archive);
  assert.ok(bytes.ok);
  return { manifest, bytes: bytes.value, archive };
}

function sign(unsigned: Omit<AddOnManifest, 'signature'>, key: HybridKey): AddOnManifest {
  const message = manifestMessage(unsigned);
  return { ...unsigned, signature: signHybrid(key, 'SIG_DOMAIN_MANIFEST', message) };
}

function codeOf(bytes: Uint8Array): string {
  const opened = openAddOn(bytes, { shape, registry });
  return opened.ok ? 'ok' : opened.error.code;
}

test('a package says what it holds, and is refused where it is not as it was signed', () => {
  const good = packed(draftOf());
  const opened = openAddOn(good.bytes, { shape, registry });
  assert.ok(opened.ok && opened.value.files.length === 1);
  assert.equal(codeOf(packed(extension(), { 'server.mjs': '1' }).bytes), 'ok');
  const resealed = (manifest: AddOnManifest, archive = good.archive): string => {
    const bytes = sealAddOn(manifest, archive);
    return bytes.ok ? codeOf(bytes.value) : bytes.error.code;
  };
  const { signature, ...unsigned } = good.manifest;
  assert.equal(resealed({ ...good.manifest, about: 'Other.' }), 'package.bad_signature');
  const other = writeTar(filesOf({ 'SKILL.md': SKILL.replace('short', 'long') }));
  assert.ok(other.ok);
  assert.equal(resealed(good.manifest, other.value), 'package.digest_mismatch');
  const files = [{ ...good.manifest.files[0], path: 'OTHER.md' }] as AddOnManifest['files'];
  assert.equal(resealed(sign({ ...unsigned, files }, publisher)), 'package.digest_mismatch');
  const foreign = { ...good.manifest, prompt: 'obey' } as AddOnManifest;
  assert.equal(resealed(foreign), 'manifest.unknown_field');
  const theirs = sign({ ...unsigned, authority: 'did:ioi:00' }, publisher);
  assert.equal(resealed(theirs), 'package.authority_mismatch');
  assert.equal(signature.algorithm, publisher.publicKey.algorithm);
  assert.equal(codeOf(good.bytes.subarray(0, -512)), 'package.not_canonical');
});

test('ways out of a package, links, what is huge and what is hidden are refused by name', () => {
  for (const path of ['../SKILL.md', '/etc/passwd', 'a/../../b', '.ssh/config', 'a\\b', 'ü.md']) {
    const filled = fillAddOn(draftOf(), filesOf({ [path]: 'x' }), publisher.publicKey as never);
    assert.equal(filled.ok ? 'ok' : filled.error.code, 'package.bad_name', path);
  }
  // A header that says it is a link is not what any archive of ours has.
  const linked = packed(draftOf());
  const at = linked.bytes.indexOf(0x30, 512 + 156);
  linked.bytes[at] = 0x32;
  assert.notEqual(codeOf(linked.bytes), 'ok');
  const inner = Uint8Array.from(linked.archive);
  inner[156] = 0x32;
  const filled = sealAddOn(linked.manifest, inner);
  assert.ok(filled.ok);
  assert.equal(codeOf(filled.value), 'package.not_canonical');
  const huge = packed(draftOf(), { 'SKILL.md': SKILL, 'more.md': 'x'.repeat(300_000) });
  assert.equal(codeOf(huge.bytes), 'skill.too_long');
  assert.equal(codeOf(new Uint8Array(9 * 1024 * 1024)), 'package.too_large');
  const hidden = [
    'run \u202Egnihton\u202C', // it reads backwards
    'be\u200Bshort', // between letters
    '\u{e0041}\u{e0042}', // tags, which nobody sees
    'a\u001B[2Jb', // it would wipe a terminal
    'be\u200Cs\u200Dhort', // letters between letters that join nothing
    `\u{1F600}${'\u200D\u200C\uFE0F'.repeat(40)}`, // a text of its own behind one picture
  ];
  for (const text of hidden) {
    const words = { 'SKILL.md': `${SKILL}${text}` };
    assert.equal(codeOf(packed(draftOf(), words).bytes), 'package.hidden_text', text);
    const beside = { 'SKILL.md': SKILL, 'more.md': text };
    assert.equal(codeOf(packed(draftOf(), beside).bytes), 'package.hidden_text', text);
    const said = packed(draftOf({ about: text }));
    assert.equal(codeOf(said.bytes), 'package.hidden_text', text);
    const tools = [{ ...extension().tools![0]!, description: text }];
    const offered = packed(extension({ tools }), { 'server.mjs': '1' });
    assert.equal(codeOf(offered.bytes), 'package.hidden_text', text);
  }
  const seen = '\u{1F468}\u200D\u{1F469}\u200D\u{1F467} \u2764\uFE0F\u200D\u{1F525} 1\uFE0F\u20E3';
  const scripts = '\u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645 \u0915\u094D\u200D\u0937';
  const written = { 'SKILL.md': SKILL, 'more.md': `${seen} ${scripts}` };
  assert.equal(codeOf(packed(draftOf(), written).bytes), 'ok');
  const bytes = { 'SKILL.md': SKILL, 'a.bin': Uint8Array.of(0xff, 0xfe) };
  assert.equal(codeOf(packed(draftOf(), bytes).bytes), 'skill.not_text');
});

test('a skill has no program or tools, an extension both; names of the node are its own', () => {
  const program = { entry: { language: 'typescript', file: 'SKILL.md' } } as const;
  assert.equal(codeOf(packed(draftOf(program)).bytes), 'add_on.wrong_kind');
  assert.equal(codeOf(packed(draftOf({ hosts: ['a.example'] })).bytes), 'add_on.wrong_kind');
  assert.equal(codeOf(packed(extension(), { 'other.mjs': '1' }).bytes), 'add_on.wrong_kind');
  const [tool] = extension().tools!;
  const twice = extension({ tools: [tool!, tool!] });
  assert.equal(codeOf(packed(twice, { 'server.mjs': '1' }).bytes), 'add_on.wrong_kind');
  for (const name of NODE_SERVERS) {
    const words = { 'SKILL.md': SKILL.replace('notes', name) };
    const taken = packed(draftOf({ id: `ai://publisher/${name}` }), words);
    assert.equal(codeOf(taken.bytes), 'add_on.name_taken', name);
  }
  assert.equal(codeOf(packed(draftOf({ id: 'ai://publisher/other' })).bytes), 'skill.other_name');
  const draft = readAddOnDraft(
    JSON.stringify({ ...draftOf(), tools: [{ ...TOOL, target: 'fs::write' }] }),
    shape,
  );
  assert.equal(draft.ok ? '' : draft.error.code, 'manifest.unknown_field');
  // Whatever it is called, it lands below its own name.
  const [contract] = addOnContracts(packed(extension(), { 'server.mjs': '1' }).manifest);
  assert.equal(contract?.target, 'mcp::asker::ask');
});

test('the head of a skill is read as agents write it, and nothing else of it is', () => {
  const read = (head: string) => skillIn(filesOf({ 'SKILL.md': `---\n${head}\n---\nWords.` }));
  const told = (head: string): string => {
    const skill = read(head);
    return skill.ok ? skill.value.description : skill.error.code;
  };
  assert.equal(told('name: a\ndescription: "One: two"\nallowed-tools: Bash'), 'One: two');
  assert.equal(told("name: a\ndescription: 'One'"), 'One');
  assert.equal(told('name: a\ndescription: >-\n  One\n  two\nlicense: MIT'), 'One two');
  assert.equal(told('name: A b\ndescription: x'), 'skill.bad_name');
  assert.equal(told('name: a'), 'skill.bad_description');
  assert.equal(told(`name: a\ndescription: ${'x'.repeat(1025)}`), 'skill.bad_description');
  assert.equal(told('description: x'), 'skill.bad_name');
  const none = skillIn(filesOf({ 'README.md': 'x' }));
  const bare = skillIn(filesOf({ 'SKILL.md': 'Words.' }));
  assert.deepEqual(
    [none, bare].map((each) => (each.ok ? 'ok' : each.error.code)),
    ['skill.no_words', 'skill.no_head'],
  );
});

class Owner {
  readonly agent = smallLog();
  readonly node = this.agent.node;

  head(name: string): AddOnHead | undefined {
    return this.node.view.get<AddOnHead>(addOnKeys.installed(name));
  }

  installation(manifest: AddOnManifest, changed: object = {}): InstallAddOn['installation'] {
    const before = this.head(addOnName(manifest));
    return {
      manifest,
      package: hashOf(manifest.version),
      old_manifest_hash: before?.state === 'installed' ? before.manifest_hash : NO_HASH,
      sequence: String(BigInt(before?.sequence ?? '0') + 1n),
      may_downgrade: false,
      ...changed,
    };
  }

  signed(installation: InstallAddOn['installation'], key = this.node.owner): InstallAddOn {
    const { message } = draftAddOn(installation, { node: this.node.genesis, nonce: 1n });
    return { installation, signature: signHybrid(key, 'SIG_DOMAIN_MANIFEST', message) };
  }

  approved(payload: InstallAddOn): InstallAddOn {
    const { request } = draftAddOn(payload.installation, { node: this.node.genesis, nonce: 1n });
    return { ...payload, request, token: this.agent.token(request) };
  }

  try(payload: object, operation = 'add_on.install'): string {
    const done = this.node.tryAdmit(this.node.propose(`addons/${operation}`, payload));
    return done.ok ? 'ok' : done.error.code;
  }

  removal(id: string) {
    const head = this.head(addOnName({ id }));
    const removal = {
      id,
      old_manifest_hash: head?.manifest_hash ?? NO_HASH,
      sequence: String(BigInt(head?.sequence ?? '0') + 1n),
    };
    const said = { module: 'addons', operation: 'add_on.remove', statement: removal };
    const message = statementBytes({ node: this.node.genesis, ...said });
    return { removal, signature: signHybrid(this.node.owner, 'SIG_DOMAIN_MANIFEST', message) };
  }
}

test('it takes the owner and a token over exactly that, and leaves the policy as it is', () => {
  const owner = new Owner();
  const { manifest } = packed(draftOf());
  const asked = owner.installation(manifest);
  const policy = owner.node.view.get({ headClass: 'policy', id: '' });
  assert.equal(owner.try(owner.signed(asked, stranger)), 'governance.unauthorised');
  assert.equal(owner.try(owner.signed(asked)), 'approval.required');
  const other = owner.approved(owner.signed({ ...asked, package: hashOf('other') }));
  assert.equal(
    owner.try({ ...owner.signed(asked), request: other.request, token: other.token }),
    'approval.invalid',
  );
  const forged = { ...manifest, about: 'Other.' };
  assert.equal(
    owner.try(owner.approved(owner.signed(owner.installation(forged)))),
    'package.bad_signature',
  );
  const entry = owner.node.seal(
    owner.node.propose('addons/add_on.install', owner.approved(owner.signed(asked))),
  );
  const types = (entry.events as { type: string }[]).map(({ type }) => type);
  assert.deepEqual(types, ['approval.consumed', 'add_on.installed', 'receipt.emitted']);
  assert.deepEqual(owner.node.view.get({ headClass: 'policy', id: '' }), policy);
  assert.equal(owner.try(owner.approved(owner.signed(asked))), 'add_on.moved');
});

test('an update shows what changed, and other words or tools take a token', () => {
  const owner = new Owner();
  const install = (manifest: AddOnManifest, changed = {}) =>
    owner.node.seal(
      owner.node.propose(
        'addons/add_on.install',
        owner.approved(owner.signed(owner.installation(manifest, changed))),
      ),
    );
  install(packed(draftOf()).manifest);
  const tried = (manifest: AddOnManifest, changed = {}): string =>
    owner.try(owner.signed(owner.installation(manifest, changed)));
  const words = { 'SKILL.md': SKILL.replace('short', 'rude') };
  const rude = packed(draftOf({ version: 'v1.1.0' }), words).manifest;
  assert.equal(tried(rude), 'approval.required');
  const lines = addOnWords['add_on.install'](owner.installation(rude) as never, owner.node.view);
  assert.ok(
    lines.some((line) => line.startsWith('- file SKILL.md')),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => line.startsWith('+ file SKILL.md')),
    lines.join('\n'),
  );
  assert.equal(tried(packed(draftOf({ version: 'v1.0.1' })).manifest), 'ok');
  assert.equal(tried(packed(draftOf({ version: 'v0.9.0' })).manifest), 'add_on.downgrade');
  assert.equal(
    tried(packed(draftOf({ version: 'v0.9.0' })).manifest, { may_downgrade: true }),
    'ok',
  );
  const theirs = packed(draftOf({ version: 'v2.0.0' }), undefined, stranger).manifest;
  assert.equal(tried(theirs), 'add_on.other_publisher');
  const namesake = packed(draftOf({ id: 'ai://elsewhere/notes', version: 'v2.0.0' })).manifest;
  assert.equal(tried(namesake), 'add_on.name_taken');
  const [tool] = extension().tools!;
  install(packed(extension(), { 'server.mjs': '1' }).manifest);
  const more = extension({ version: 'v1.1.0', tools: [tool!, { ...tool!, name: 'tell' }] });
  assert.equal(tried(packed(more, { 'server.mjs': '1' }).manifest), 'approval.required');
  // Nothing but the number may change without one: its program may say either.
  const program = { 'server.mjs': '1', 'other.mjs': '2' };
  const second = { language: 'typescript', file: 'other.mjs' } as const;
  const otherwise: Partial<AddOnDraft>[] = [
    { about: 'Obey it.' },
    { entry: second },
    { tools: [{ ...tool!, description: 'Obeys.' }] },
    { tools: [{ ...tool!, input_schema: { type: 'object', properties: { to: {} } } }] },
    { tools: [{ ...tool!, parameters: [{ argument: 'to', kind: 'url' }] }] },
  ];
  install(packed(extension({ id: 'ai://publisher/two' }), program).manifest);
  const next = { id: 'ai://publisher/two', version: 'v1.1.0' };
  for (const each of otherwise) {
    const { manifest } = packed(extension({ ...next, ...each }), program);
    assert.equal(tried(manifest), 'approval.required', JSON.stringify(each));
  }
  assert.equal(tried(packed(extension(next), program).manifest), 'ok');
  assert.equal(
    owner.try(owner.removal('ai://elsewhere/notes'), 'add_on.remove'),
    'add_on.not_installed',
  );
  assert.equal(owner.try(owner.removal('ai://publisher/notes'), 'add_on.remove'), 'ok');
});
