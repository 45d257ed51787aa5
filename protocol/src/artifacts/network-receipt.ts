import Type from 'typebox';
import { artifact } from './artifact.ts';
import { Count, closed, Digest, ShortText } from './primitives.ts';

const HASH = `sha256:${'0f'.repeat(32)}`;
const Headers = Type.Array(
  Type.Tuple([Type.String({ maxLength: 256 }), Type.String({ maxLength: 65_536 })]),
  { maxItems: 512 },
);
const PushedRef = Type.Object(
  {
    ref: Type.String({ minLength: 1, maxLength: 512 }),
    is_done: Type.Boolean(),
    reason: Type.Optional(ShortText),
  },
  closed,
);
const received = {
  request_hash: HASH,
  method: 'GET',
  url: 'https://example.com/a',
  address: '192.0.2.1',
  request_bytes: 0,
  status: 200,
  response_headers: [['content-type', 'text/plain']],
  response_cid: HASH,
  response_bytes: 2,
  complete: true,
  response_body: { encoding: 'utf8', data: 'ok' },
};

export const NetworkReceipt = artifact({
  name: 'NetworkReceipt',
  source: 'whitepaper 2.2.2 (Pinned Network)',
  summary:
    'What one request over HTTP sent and what came back, as whoever performed it saw it. It is ' +
    'the output that the ToolExecutionReceipt of the act commits to. Bodies are named by the ' +
    'SHA-256 of their bytes as they went over the line; that of a response is held here up to ' +
    '1 MiB, and of a longer one its name and length alone.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      request_hash: Digest,
      method: ShortText,
      url: Type.String({ minLength: 8, maxLength: 16_384 }),
      /** That was connected to. */
      address: ShortText,
      request_cid: Type.Optional(Digest),
      request_bytes: Count,
      status: Count,
      response_headers: Headers,
      response_cid: Digest,
      response_bytes: Count,
      /** Whether the answer came to its end; what is named is what came. */
      complete: Type.Boolean(),
      response_body: Type.Optional(
        Type.Object(
          {
            encoding: Type.Union([Type.Literal('utf8'), Type.Literal('base64')]),
            data: Type.String(),
          },
          closed,
        ),
      ),
      /** Of a WebSocket, whose bodies are all that was said each way: who ended it, or what. */
      ended_by: Type.Optional(
        Type.Union([
          Type.Literal('program'),
          Type.Literal('server'),
          Type.Literal('limit'),
          Type.Literal('stop'),
        ]),
      ),
      /** What a repository of git says became of a push. */
      push_report: Type.Optional(
        Type.Object({ unpack: ShortText, refs: Type.Array(PushedRef, { maxItems: 256 }) }, closed),
      ),
    },
    closed,
  ),
  examples: [
    received,
    { ...received, status: 101, request_cid: HASH, request_bytes: 7, ended_by: 'program' },
    {
      ...received,
      method: 'POST',
      request_cid: HASH,
      request_bytes: 7,
      push_report: {
        unpack: 'ok',
        refs: [
          { ref: 'refs/heads/a', is_done: true },
          { ref: 'refs/heads/b', is_done: false, reason: 'non-fast-forward' },
        ],
      },
    },
    { ...received, method: 'POST', request_cid: HASH, request_bytes: 7, response_body: undefined },
  ].map((each) => JSON.parse(JSON.stringify(each))),
  refused: [
    { why: 'no name of what came back', value: { ...received, response_cid: undefined } },
    { why: 'a length that is none', value: { ...received, response_bytes: -1 } },
  ],
});
