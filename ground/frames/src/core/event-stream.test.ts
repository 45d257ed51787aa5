import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsIn } from './event-stream.ts';

test('events are taken whole, wherever the text is cut', () => {
  const text = ': hello\n\nid: t1\nevent: delta\ndata: {"a":": "}\n\nevent: fault\ndata: {}\n\n';
  for (let cut = 0; cut <= text.length; cut += 1) {
    const first = eventsIn(text.slice(0, cut));
    const second = eventsIn(first.rest + text.slice(cut));
    assert.deepEqual(
      [...first.events, ...second.events],
      [
        { event: 'delta', id: 't1', data: '{"a":": "}' },
        { event: 'fault', id: '', data: '{}' },
      ],
    );
  }
});
