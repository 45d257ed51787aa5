import Type from 'typebox';
import { artifact } from './artifact.ts';
import { ChainTime, closed, Digest, ShortText } from './primitives.ts';

const HASH = `sha256:${'7c'.repeat(32)}`;
const SOURCE = 'whitepaper 8.2 (evidence-hash separation); 3.2';

const Digests = Type.Array(Digest, { minItems: 1, maxItems: 256 });

export const ForgetContent = artifact({
  name: 'ForgetContent',
  source: SOURCE,
  summary:
    'Payload of `content/forget`, sealed before the keys of these contents are destroyed: from ' +
    'here on their absence is what the log says. `due` is the Chain Time before which a ' +
    'retention rule may not forget them.',
  artifactClass: 'enforceable',
  schema: Type.Object(
    {
      digests: Digests,
      reason: ShortText,
      authority: Type.Union([Type.Literal('operator'), Type.Literal('retention')]),
      due: Type.Optional(ChainTime),
    },
    closed,
  ),
  examples: [{ digests: [HASH], reason: 'asked for by the person', authority: 'operator' }],
  refused: [
    { why: 'no digest', value: { digests: [], reason: 'r', authority: 'operator' } },
    { why: 'an authority nobody has', value: { digests: [HASH], reason: 'r', authority: 'me' } },
  ],
});

export const HoldContent = artifact({
  name: 'HoldContent',
  source: SOURCE,
  summary:
    'Payload of `content/hold`: these contents may not be forgotten until the same matter ' +
    'releases them.',
  artifactClass: 'enforceable',
  schema: Type.Object({ digests: Digests, matter: ShortText }, closed),
  examples: [{ digests: [HASH], matter: 'case 17' }],
  refused: [{ why: 'no matter', value: { digests: [HASH] } }],
});

export const ReleaseContent = artifact({
  name: 'ReleaseContent',
  source: SOURCE,
  summary: 'Payload of `content/release`: a matter holds these contents no longer.',
  artifactClass: 'enforceable',
  schema: HoldContent.schema,
  examples: [{ digests: [HASH], matter: 'case 17' }],
  refused: [{ why: 'no digests', value: { matter: 'case 17' } }],
});
