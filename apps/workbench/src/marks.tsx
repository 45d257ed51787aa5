import { mixedScripts, visible } from '@ioi/law/shown';
import type { InboxPage } from '@ioi/protocol';
import { Foreign, Notice } from './parts.tsx';

/** Of a text this much is looked through; beyond it the words say so. */
const LOOKED_AT = 100_000;
const NAMED = 60;

/** What a person would read over in what an agent asks: letters that look alike, signs not seen. */
export function Marks({ request }: Pick<InboxPage['pending'][number], 'request'>) {
  const text = textsIn([request.target, request.params]).join('\n');
  const looked = text.slice(0, LOOKED_AT);
  const mixed = mixedScripts(looked);
  // These are written out as well, and everybody expects them in a text.
  const plain = looked.replaceAll(/[\\\n\r\t]/g, ' ');
  const isHiding = visible(plain) !== plain;
  if (mixed.length === 0 && !isHiding && text.length <= LOOKED_AT) return null;
  return (
    <Notice tone="warn">
      {mixed.length === 0 ? null : (
        <>
          Letters of scripts that look alike, in one word:{' '}
          {mixed.map((word) => (
            <Foreign key={word} text={`${word} `} columns={NAMED} />
          ))}
        </>
      )}
      {isHiding ? 'Characters that would not be seen are written out as \\u{…}. ' : null}
      {text.length > LOOKED_AT ? 'It is too long to be looked through whole.' : null}
    </Notice>
  );
}

/** Every text of a value, names of members as well, until it is more than is looked at. */
function textsIn(value: unknown): readonly string[] {
  const found: string[] = [];
  const ahead: unknown[] = [value];
  for (let length = 0; ahead.length > 0 && length <= LOOKED_AT; ) {
    const each = ahead.pop();
    if (typeof each === 'string') {
      found.push(each);
      length += each.length + 1;
    } else if (typeof each === 'object' && each !== null) {
      ahead.push(...Object.entries(each).flat());
    }
  }
  return found;
}
