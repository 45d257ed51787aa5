import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeUtf8, err } from '@ioi/basis';
import { MODELS_PLACE } from '@ioi/law';
import { type ModelsClient, type ModelsOptions, RunModels } from './run-models.ts';
import { RunRecord } from './run-record.ts';

test('where node.json cannot be read a question is refused by name, and told no path', async () => {
  const options = {
    routing: () => {
      throw new Error('/home/me/node.json: expected a member name');
    },
    writer: { submit: async () => err({ code: 'log.full', message: 'no room' }) },
  };
  const record = new RunRecord({ isOverlay: false, isPassing: true });
  const client = { record, models: [{ route: 'writer' }], session: { origin: {} } };
  const models = new RunModels(
    options as unknown as ModelsOptions,
    client as unknown as ModelsClient,
  );
  const { scheme, host, port } = MODELS_PLACE;
  const url = `${scheme}://${host}:${port}/v1/chat/completions`;
  const body = encodeUtf8('{"model":"m"}');
  const { signal } = new AbortController();
  const onReply = () => ({ write: async () => {} });
  const answer = await models.act({ method: 'POST', url, headers: [], body }, { signal, onReply });
  assert.ok(answer.kind === 'problem');
  assert.deepEqual([answer.problem.code, answer.problem.status], ['config.invalid', 503]);
  assert.doesNotMatch(JSON.stringify(answer), /home|node\.json/);
  assert.equal(record.refused, 1);
});
