import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Digest, digestBytes } from '@ioi/canon';
import { formatHeader, formatPayload } from '@ioi/law';
import {
  forget,
  readEntry,
  TestAgent,
  TestNode,
  type Typed,
  textOf,
  typeContract,
  typed,
  typingPolicy,
} from '@ioi/law/testing';
import { verdict, verifyText } from '../testing/index.ts';

/** A node on which a few texts were typed, blocked or asked about. */
function typist(): { agent: TestAgent; texts: Record<'typed' | 'blocked' | 'asked', Typed> } {
  const agent = new TestAgent(new TestNode());
  agent.begin(typingPolicy);
  agent.node.seal(agent.node.propose('contract.register', { contract: typeContract }));
  const texts = {
    typed: typed(agent, 'hello', 'ALLOW'),
    blocked: typed(agent, 'my password', 'BLOCK'),
    asked: typed(agent, 'please delete it', 'REQUIRE_APPROVAL'),
  };
  for (const each of Object.values(texts)) agent.decide(each);
  agent.approve(texts.asked);
  agent.complete(texts.typed, typeContract);
  return { agent, texts };
}

/** An export whose payload lines are these, signed as if the guardian had sealed the entries. */
async function exported({ node }: TestAgent, lines: readonly string[], texts = node.texts) {
  const note = await node.note(texts);
  const header = formatHeader({ note, payloads: lines.length, entries: texts.length });
  return `${[header, ...lines, ...texts].join('\n')}\n`;
}

function linesOf(text: string, kind: string): string[] {
  return text.split('\n').filter((line) => line.includes(kind));
}

test('an export with its contents is decided again on them', async () => {
  const { agent } = typist();
  const report = verifyText(await agent.node.export());
  assert.ok(report.ok, verdict(report));
  assert.deepEqual(report.summary.forgotten, []);
});

test('what the log says was forgotten is missed, said, and nothing else is relaxed', async () => {
  const { agent, texts } = typist();
  const seqs = agent.node.texts
    .map((text) => readEntry(text).entry)
    .filter(({ operation }) => operation === 'boundary/action.decide')
    .map(({ seq }) => seq);
  forget(agent, texts.typed.digest, texts.asked.digest, texts.blocked.digest);
  const report = verifyText(await agent.node.export());
  assert.ok(report.ok, verdict(report));
  assert.deepEqual(report.summary.forgotten, seqs);
  assert.equal(report.summary.actions.allowed, 1);
});

test('content that is only missing is missing, also where it is said to be forgotten', async () => {
  const { agent, texts } = typist();
  const { digest } = texts.typed;
  const whole = await agent.node.export();
  const payloads = linesOf(whole, '"digest"').filter((line) => !line.includes('"operation"'));
  const without = payloads.filter((line) => !line.includes(digest));
  const at = payloads.findIndex((line) => line.includes(digest));
  const claimed = payloads.with(at, formatPayload({ digest, forgotten: true }));
  assert.match(verdict(verifyText(await exported(agent, without))), /^payload\.missing/);
  assert.match(verdict(verifyText(await exported(agent, claimed))), /^payload\.missing/);
  const other = digestBytes('another');
  agent.node.seal(
    agent.node.propose('content/forget', { digests: [other], reason: 'r', authority: 'operator' }),
  );
  assert.match(verdict(verifyText(await exported(agent, claimed))), /^payload\.missing/);
  forget(agent, digest);
  assert.equal(verifyText(await exported(agent, claimed)).ok, true);
  assert.equal(verifyText(await exported(agent, payloads)).ok, true);
});

test('a policy is never forgotten, whatever the log says', async () => {
  const { agent } = typist();
  const policy = [...agent.node.payloads.keys()][0] as Digest;
  forget(agent, policy);
  assert.match(verdict(verifyText(await agent.node.export())), /^payload\.missing/);
});

test('a verdict that no content explains is refused, the content being forgotten', async () => {
  const { agent, texts } = typist();
  forget(agent, texts.typed.digest, texts.blocked.digest);
  const lines = linesOf(await agent.node.export(), '"digest"').filter(
    (line) => !line.includes('"operation"'),
  );
  const refusedWith = async (from: string, to: string): Promise<string> => {
    const changed = agent.node.texts.map((text) => {
      const { entry } = readEntry(text);
      const isTyped = entry.operation === 'boundary/action.decide' && text.includes(from);
      return isTyped ? textOf(JSON.parse(text.replaceAll(from, to))) : text;
    });
    return verdict(verifyText(await exported(agent, lines, changed)));
  };
  assert.match(await refusedWith('"rule_id":"type"', '"rule_id":"tape"'), /^replay\.refused/);
  assert.match(await refusedWith('"verdict":"BLOCK"', '"verdict":"ALLOW"'), /^replay\.refused/);
  assert.match(await refusedWith('no_passwords', 'ask_deletion'), /^replay\.refused/);
  assert.notEqual(await refusedWith('"mediated"', '"hardware"'), 'ok');
});
