/** A program that asks the models of its sandbox in each of the four protocols, with a tool. */
export const ASK_IN_WORDS = `
const properties = { command: { type: 'string' } };
const schema = { type: 'object', properties, required: ['command'] };
const about = { name: 'Bash', description: 'Runs a command.' };
const call = (list) => list.map((each) => ({ ...each, given: JSON.parse(each.given || '{}') }));
const KINDS = {
  openai: {
    path: () => '/v1/chat/completions',
    body: (model, stream, done) => ({
      model, stream, ...(stream && { stream_options: { include_usage: true } }), max_tokens: 99,
      messages: [
        { role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Look.' },
        ...(done ? [
          { role: 'assistant', content: null, tool_calls: [{ id: done.id, type: 'function',
            function: { name: 'Bash', arguments: JSON.stringify(done.given) } }] },
          { role: 'tool', tool_call_id: done.id, content: 'seen' },
        ] : []),
      ],
      tools: [{ type: 'function', function: { ...about, parameters: schema } }],
    }),
    read: (events) => {
      const all = events.flatMap(({ choices }) => choices ?? []);
      const parts = all.map((c) => c.delta ?? c.message);
      const calls = [];
      for (const t of parts.flatMap((p) => p.tool_calls ?? [])) {
        const { name, arguments: given = '' } = t.function;
        if (t.id) calls.push({ id: t.id, name, given });
        else calls.at(-1).given += given;
      }
      const text = parts.map((p) => p.content ?? '').join('');
      return { text, calls, tokens: events.findLast((e) => e.usage)?.usage.completion_tokens };
    },
  },
  'openai-responses': {
    path: () => '/v1/responses',
    body: (model, stream, done) => ({
      model, stream, instructions: 'Be brief.', max_output_tokens: 99,
      input: [
        { role: 'user', content: [{ type: 'input_text', text: 'Look.' }] },
        ...(done ? [
          { type: 'function_call', call_id: done.id, name: 'Bash',
            arguments: JSON.stringify(done.given) },
          { type: 'function_call_output', call_id: done.id, output: 'seen' },
        ] : []),
      ],
      tools: [{ type: 'function', ...about, parameters: schema, strict: false }],
    }),
    read: (events) => {
      const last = events.at(-1).response ?? events.at(-1);
      const calls = last.output.filter((o) => o.type === 'function_call')
        .map((o) => ({ id: o.call_id, name: o.name, given: o.arguments }));
      const text = last.output.flatMap((o) => o.content ?? []).map((p) => p.text).join('');
      return { text, calls, tokens: last.usage.output_tokens };
    },
  },
  anthropic: {
    path: () => '/v1/messages',
    body: (model, stream, done) => ({
      model, stream, system: 'Be brief.', max_tokens: 99,
      messages: [
        { role: 'user', content: 'Look.' },
        ...(done ? [
          { role: 'assistant', content: [
            { type: 'tool_use', id: done.id, name: 'Bash', input: done.given },
          ] },
          { role: 'user', content: [
            { type: 'tool_result', tool_use_id: done.id, content: 'seen' },
          ] },
        ] : []),
      ],
      tools: [{ ...about, input_schema: schema }],
    }),
    read: (events) => {
      const blocks = [];
      let tokens;
      for (const e of events) {
        if (e.type === 'message') {
          const json = (b) => b.input && JSON.stringify(b.input);
          blocks.push(...e.content.map((b) => ({ ...b, json: json(b) })));
          tokens = e.usage.output_tokens;
        }
        if (e.type === 'content_block_start') blocks.push({ ...e.content_block, json: '' });
        if (e.type === 'content_block_delta') {
          const b = blocks[e.index];
          b.text = (b.text ?? '') + (e.delta.text ?? '');
          b.json += e.delta.partial_json ?? '';
        }
        if (e.type === 'message_delta') tokens = e.usage.output_tokens;
      }
      const calls = blocks.filter((b) => b.type === 'tool_use')
        .map((b) => ({ id: b.id, name: b.name, given: b.json }));
      return { text: blocks.map((b) => (b.type === 'text' ? b.text : '')).join(''), calls, tokens };
    },
  },
  gemini: {
    path: (model, stream) =>
      '/v1beta/models/' + model + (stream ? ':streamGenerateContent?alt=sse' : ':generateContent'),
    body: (model, stream, done) => ({
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Look.' }] },
        ...(done ? [
          { role: 'model', parts: [
            { functionCall: { id: done.id, name: 'Bash', args: done.given } },
          ] },
          { role: 'user', parts: [
            { functionResponse: { id: done.id, name: 'Bash', response: { output: 'seen' } } },
          ] },
        ] : []),
      ],
      tools: [{ functionDeclarations: [{ ...about, parametersJsonSchema: schema }] }],
      generationConfig: { maxOutputTokens: 99 },
    }),
    read: (events) => {
      const parts = events.flatMap((e) => e.candidates?.[0]?.content?.parts ?? []);
      const calls = parts.filter((p) => p.functionCall)
        .map(({ functionCall: c }) => ({ id: c.id, name: c.name, given: JSON.stringify(c.args) }));
      const text = parts.map((p) => p.text ?? '').join('');
      const { usageMetadata: usage } = events.findLast((e) => e.usageMetadata) ?? {};
      return { text, calls, tokens: usage?.candidatesTokenCount };
    },
  },
};

async function ask(kind, model, stream, done) {
  const { path, body, read } = KINDS[kind];
  const headers = { 'content-type': 'application/json' };
  const sent = { method: 'POST', headers, body: JSON.stringify(body(model, stream, done)) };
  const answer = await fetch(process.env.ANTHROPIC_BASE_URL + path(model, stream), sent);
  const text = await answer.text();
  if (!answer.ok) throw new Error(answer.status + ' ' + text);
  const isStream = answer.headers.get('content-type').startsWith('text/event-stream');
  if (isStream !== stream) throw new Error('it came as ' + answer.headers.get('content-type'));
  const lines = text.split('\\n').filter((line) => line.startsWith('data: {'));
  const said = read(stream ? lines.map((line) => JSON.parse(line.slice(6))) : [JSON.parse(text)]);
  return { ...said, calls: call(said.calls) };
}

const told = [];
for (const kind of Object.keys(KINDS)) {
  for (const to of Object.keys(KINDS)) {
    for (const stream of [false, true]) {
      const pair = { kind, to, stream };
      try {
        const first = await ask(kind, to, stream);
        const last = await ask(kind, to, stream, first.calls[0]);
        told.push({ ...pair, call: first.calls[0], text: last.text, tokens: last.tokens });
      } catch (fault) {
        told.push({ ...pair, fault: String(fault) });
      }
    }
  }
}
console.log(JSON.stringify(told));
`;
