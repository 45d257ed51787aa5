import type { DataOverview, DataReceipt, KeptContent, SelectedContents } from '@ioi/protocol';
import { tabbed, table } from './columns.ts';
import { shortId } from './match-id.ts';
import type { Paint } from './paint.ts';
import { sizeText } from './size-text.ts';
import { visible } from './visible.ts';

type TimeText = (chainTime: string) => string;

const CLASS_COLUMNS = [
  { title: 'CLASS', most: 10 },
  { title: 'COUNT', most: 10 },
  { title: 'SIZE', most: 10 },
  { title: 'OLDEST (UTC)', most: 19 },
  { title: 'KEPT FOR', most: 10 },
  { title: 'AT MOST', most: 10 },
  { title: 'HELD', most: 8 },
];

const CONTENT_COLUMNS = [
  { title: 'CONTENT', most: 12 },
  { title: 'CLASS', most: 10 },
  { title: 'SIZE', most: 10 },
  { title: 'CREATED (UTC)', most: 19 },
  { title: 'REQUEST', most: 12 },
  { title: 'AGENT', most: 52 },
  { title: '', most: 32 },
];

/** What is kept outside the log, by which rule, and how long the disk lasts. */
export function overviewView(overview: DataOverview, timeText: TimeText, paint: Paint): string[] {
  const rows = overview.classes.map((each) => [
    each.artifact_class,
    String(each.count),
    sizeText(each.bytes),
    each.oldest === undefined ? '' : timeText(each.oldest),
    each.keep_days === 0 ? 'the action' : `${each.keep_days} days`,
    sizeText(each.max_bytes),
    String(each.held),
  ]);
  const { disk, warning } = overview;
  const forecast =
    disk.days_left === undefined ? '' : `, full in ${daysText(disk.days_left)} at this rate`;
  const lines = [
    ...table(CLASS_COLUMNS, rows),
    '',
    `on disk   log ${sizeText(disk.log_bytes)}, heads ${sizeText(disk.heads_bytes)}, ` +
      `contents ${sizeText(disk.artifacts_bytes)}, other ${sizeText(disk.other_bytes)}`,
    `free      ${sizeText(disk.free_bytes)} of ${sizeText(disk.total_bytes)}`,
    `growth    ${sizeText(disk.growth_bytes_per_day)} a day${forecast}`,
    ...bucketLines(overview.bucket, paint),
  ];
  return warning === undefined ? lines : [...lines, paint('yellow', `warning: ${warning}`)];
}

function bucketLines(bucket: DataOverview['bucket'], paint: Paint): string[] {
  if (bucket === undefined) return [];
  const { place, moving, stored, waiting, local, doomed, trouble } = bucket;
  const amount = ({ count, bytes }: typeof stored): string => `${count} (${sizeText(bytes)})`;
  const here = `${amount(local)} of them here too`;
  const rest = moving === 'home' ? 'coming back' : `${amount(waiting)} waiting`;
  const leaving = doomed === 0 ? '' : `, ${doomed} to be removed there`;
  return [
    visible(`bucket    ${place}`),
    `          ${amount(stored)} there, ${here}; ${rest}${leaving}`,
    ...(trouble ? [paint('yellow', visible(`          ${trouble.code}: ${trouble.message}`))] : []),
  ];
}

/** Beyond some years a forecast says nothing. */
function daysText(days: number): string {
  return days > 3650 ? 'more than 10 years' : `${days} days`;
}

export function contentsView(selected: SelectedContents, timeText: TimeText): string[] {
  const { contents, more } = selected;
  const total = contents.reduce((sum, { envelope }) => sum + envelope.size_bytes, 0);
  const end = more ? ' and more' : '';
  return [
    ...table(
      CONTENT_COLUMNS,
      contents.map((each) => rowOf(each, timeText)),
    ),
    `${contents.length} contents, ${sizeText(total)}${end}`,
  ];
}

export function contentsTabbed({ contents }: SelectedContents): string[] {
  return tabbed(
    contents.map((each) => [
      each.envelope.sha256,
      each.artifact_class,
      String(each.envelope.size_bytes),
      each.created,
      each.request_hash,
      each.agent_id,
      each.spared_by ?? '',
    ]),
  );
}

function rowOf(content: KeptContent, timeText: TimeText): string[] {
  const { envelope, matters, spared_by: spared } = content;
  const why = matters.length > 0 ? `held by ${matters.join(', ')}` : (spared ?? '');
  return [
    shortId(envelope.sha256),
    content.artifact_class,
    sizeText(envelope.size_bytes),
    timeText(content.created),
    shortId(content.request_hash),
    content.agent_id,
    why.replace('_', ' '),
  ];
}

/** What was done, and where the log says so. */
export function receiptView(done: string, receipt: DataReceipt, timeText: TimeText): string[] {
  const { digests, bytes, receipts } = receipt;
  return [
    `${done} ${digests.length} contents, ${sizeText(bytes)}`,
    ...receipts.map(({ seq, operation_id: id, chain_time: time }) =>
      visible(`entry ${seq}  ${timeText(time)}  ${id}`),
    ),
  ];
}
