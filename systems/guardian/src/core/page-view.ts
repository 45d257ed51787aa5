import {
  clipped,
  isUnanswered,
  mainPath,
  mixedScripts,
  paramText,
  type Quorum,
  revealed,
  ruleCoverage,
  type ShownParam,
  shownParam,
  visible,
} from '@ioi/law';
import type { ActionRules } from '@ioi/protocol';
import type { PendingItem } from './desk.ts';

/** One request as the page shows it: every text is safe to print, line by line. */
export type PageItem = {
  readonly request_hash: string;
  readonly target: string;
  /** Where it would act, in few words. */
  readonly place?: string;
  readonly agent: string;
  readonly tool: string;
  readonly effect: string;
  readonly risk_class: 'low' | 'high';
  /** Chain Time, milliseconds. */
  readonly expires: string;
  readonly because: string;
  readonly rule: readonly string[];
  readonly params: readonly ShownParam[];
  readonly facts: readonly string[];
  readonly warnings: readonly string[];
  readonly needs: Quorum;
  readonly signed: readonly string[];
  /** It waits for an answer, which is put into it before it is approved: any of these, or words. */
  readonly answers?: readonly string[];
};

export type Viewing = {
  /** Contents that the request refers to, where they were brought. */
  readonly content: (digest: string) => string | undefined;
  readonly rules: ActionRules | undefined;
  readonly others: readonly PendingItem[];
  readonly standing: { readonly needs: Quorum; readonly signed: readonly string[] };
};

const COLUMNS = 100;
/** The page is asked for often, by whoever opened it: what one look costs has an end. */
const MOST_LOOKED_AT = 65_536;
const LONGEST_WORD = 60;
const MOST_WORDS = 20;

export function pageItem(item: PendingItem, viewing: Viewing): PageItem {
  const { request, contract, receipt, facts } = item;
  const params = revealed(request.params, viewing.content) as Readonly<Record<string, unknown>>;
  const { needs, signed } = viewing.standing;
  const place = mainPath(request.params);
  return {
    request_hash: item.request_hash,
    target: visible(request.target),
    ...(place === undefined ? {} : { place: clipped(place, COLUMNS) }),
    agent: visible(request.context.agent_id),
    tool: visible(`${contract.server} ${contract.tool}`),
    effect: contract.effect,
    risk_class: contract.risk_class,
    expires: item.expires,
    because: visible(receipt.deciding_field ?? 'the target'),
    rule: ruleLines(item, viewing),
    params: Object.entries(params).map(([name, value]) => shownParam(name, value)),
    facts: Object.entries(facts).map(([name, value]) => visible(`${name}: ${paramText(value)}`)),
    warnings: warningsIn(params),
    needs,
    signed,
    ...(isUnanswered(contract, request) ? { answers: choicesIn(params) } : {}),
  };
}

/** As they are shown: the page answers with the request's own. */
function choicesIn({ choices }: Readonly<Record<string, unknown>>): string[] {
  return Array.isArray(choices) ? choices.map((choice) => clipped(String(choice), COLUMNS)) : [];
}

function ruleLines(item: PendingItem, { rules, others }: Viewing): string[] {
  const { rule_id } = item.receipt;
  if (rule_id === undefined) return ['no rule names it: what is not allowed is asked about'];
  const rule = rules?.rules.find((each) => each.rule_id === rule_id);
  const same = others.filter((each) => each.receipt.rule_id === rule_id).length;
  const covers = rule === undefined ? [] : [visible(`it covers ${ruleCoverage(rule)}`)];
  const more = same > 1 ? [`${same} requests wait because of it`] : [];
  return [visible(rule_id), ...covers, ...more];
}

function warningsIn(params: Readonly<Record<string, unknown>>): string[] {
  const whole = Object.values(params).map(paramText).join('\n');
  const text = whole.slice(0, MOST_LOOKED_AT);
  const words = mixedScripts(text).slice(0, MOST_WORDS);
  const mixed = words.map((word) => {
    const shown = word.slice(0, LONGEST_WORD);
    return `“${visible(shown)}” mixes letters that look alike: ${spelled(shown)}`;
  });
  const plain = text.replaceAll('\n', '').replaceAll('\t', '').replaceAll('\\', '');
  const isHidden = visible(plain) !== plain;
  const hidden = isHidden
    ? ['it holds characters that would not be seen; they are written out']
    : [];
  const unseen =
    whole.length > text.length
      ? [`only the first of its ${whole.length} characters were looked at for such`]
      : [];
  return [...hidden, ...mixed, ...unseen];
}

function spelled(word: string): string {
  const written = [...word].map((each) => (each > '\u007f' ? codeOf(each) : each));
  return written.join('');
}

function codeOf(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
