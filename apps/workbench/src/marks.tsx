import { mixedScripts, visible } from '@ioi/law/shown';
import type { InboxPage } from '@ioi/protocol';
import { Foreign, Notice } from './parts.tsx';

/** Of a text this much is looked through; beyond it the words say so. */
const LOOKED_AT = 100_000;
const NAMED = 60;

/** What a person would read over in what an agent asks: letters that look alike, signs not seen. */
export function Marks({ request }: Pick<InboxPage['pending'][number], 'request'>) {
  const { target, context, params } = request;
  const { text: looked, isWhole } = lookedAt([target, context.agent_id, params]);
  const mixed = mixedScripts(looked);
  // These are written out as well, and everybody expects them in a text.
  const plain = looked.replaceAll(/[\\\n\r\t]/g, ' ');
  const isHiding = visible(plain) !== plain;
  if (mixed.length === 0 && !isHiding && isWhole) return null;
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
      {isWhole ? null : 'It is too long to be looked through whole.'}
    </Notice>
  );
}

/** The texts of a value, names of members as well: what stands deep comes last. */
function lookedAt(value: unknown): { readonly text: string; readonly isWhole: boolean } {
  const found: string[] = [];
  const ahead: unknown[] = [value];
  let length = 0;
  for (const each of ahead) {
    if (length > LOOKED_AT) break;
    if (typeof each === 'string') {
      found.push(each);
      length += each.length + 1;
    } else if (typeof each === 'object' && each !== null) {
      // There can be more of them than one call takes.
      for (const member of membersOf(each)) ahead.push(member);
    }
  }
  return { text: found.join('\n').slice(0, LOOKED_AT), isWhole: length <= LOOKED_AT };
}

function membersOf(value: object): readonly unknown[] {
  return Array.isArray(value) ? value : Object.entries(value).flat();
}
