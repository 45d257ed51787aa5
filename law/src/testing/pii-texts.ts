import { seededRandom } from '@ioi/basis';
import { isPiiClass, type PiiClass } from '../core/cim/index.ts';
import { PiiValues } from './pii-values.ts';

export type LabelledSpan = {
  readonly class: PiiClass;
  readonly start: number;
  readonly end: number;
};
export type LabelledText = { readonly text: string; readonly spans: readonly LabelledSpan[] };

/** Looked at while the detectors were written. */
const TRAIN: readonly string[] = [
  'Please write to {email} before {date}, or call {phone}.',
  'Card {card_pan} was charged {amount} EUR for order {order}.',
  'My SSN is {ssn} and my account is {iban}.',
  'export API_KEY={api_key}\nexport REGION=eu-1 # build {hash}',
  'Authorization: Bearer {jwt}',
  'db_password = "{generic_secret}"\nretries = {count}',
  'Host {ip_address} answered at {time} with release {version}.',
  'key:\n{private_key}\nend of file',
  'Not a card: {badCard}. Not an account: {badIban}. Not an id: {badSsn}, {badIp}.',
  'Request {uuid} failed in {path} after {count} ms, see {hash}.',
  'The {word} mentions no secrets and {count} tokens.',
  '{"user":"{email}","tel":"{phone}","card":"{card_pan}"}',
];

/** Never looked at before they were scored. */
const HELD_OUT: readonly string[] = [
  'Hi team, {email} and {email} have moved; their new desk line is {phone}!',
  'Refund to {iban} (ref {order}), not to card {card_pan}, by {date}.',
  '<contact mail="{email}" phone="{phone}" ssn="{ssn}"/>',
  '| {ip_address} | {uuid} | {amount} | {version} |',
  'curl -H "Authorization: token {api_key}" https://api.example.com/{path}',
  'const client = connect({ secret: "{generic_secret}", timeout: {count} });',
  'session={jwt}; path=/; id={hash}',
  'Patient {word}, social security number {ssn}, reachable under {phone}.',
  'cat <<EOF > id\n{private_key}\nEOF',
  'She paid with {card_pan}; he paid with {card_pan}. Total: {amount}.',
  'Blocked {badIp} and {badSsn}, declined {badCard}, bounced {badIban}.',
  'Ticket {order} ({time}, {date}): {count} of {count} done, commit {hash}.',
  'A {word} and a {word} walked into {path}, {version}.',
  'token: {api_key}\npasswd: {generic_secret}\nowner: {email}',
  'Ping from {ip_address} to {ip_address} took {count}us.',
  'IBAN {iban}, BIC ABCDEFGH; Tel. {phone}',
];

/** Texts with every value labelled, the same for the same seed. */
export function labelledTexts(
  kind: 'train' | 'held_out',
  count: number,
  seed: number,
): readonly LabelledText[] {
  const values = new PiiValues(seededRandom(seed));
  const templates = kind === 'train' ? TRAIN : HELD_OUT;
  return Array.from({ length: count }, (_, at) =>
    fill(templates[at % templates.length] ?? '', values),
  );
}

function fill(template: string, values: PiiValues): LabelledText {
  const spans: LabelledSpan[] = [];
  let text = '';
  for (const part of template.split(/(\{\w+\})/)) {
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined) text += part;
    else if (isPiiClass(name)) {
      const start = text.length;
      text += values.of(name);
      spans.push({ class: name, start, end: text.length });
    } else text += values.like(name);
  }
  return { text, spans };
}

/** How spans compare with the labels: class, start and end must be those. */
export function scoreOf(
  labels: readonly LabelledSpan[],
  spans: readonly LabelledSpan[],
): { readonly wrong: readonly LabelledSpan[]; readonly missed: readonly LabelledSpan[] } {
  const isIn = (one: LabelledSpan, others: readonly LabelledSpan[]): boolean =>
    others.some((each) => {
      return each.class === one.class && each.start === one.start && each.end === one.end;
    });
  return {
    wrong: spans.filter((each) => !isIn(each, labels)),
    missed: labels.filter((each) => !isIn(each, spans)),
  };
}
