import { digestBytes } from '@ioi/canon';
import { redactText, type Span, scan } from '@ioi/law';
import { scanView } from '../core/scan-view.ts';
import { type Command, flagOption } from '../shell/context.ts';
import { chunksOf } from '../shell/file-chunks.ts';

/** `ioi cim scan [FILE|-]`: what the detectors find, without the values unless asked for. */
export const cimScan: Command = async ({ output }, [path = '-'], options) => {
  const text = read(path);
  const spans = scan(text);
  const shown = flagOption(options, 'show') ? { text } : {};
  const value = {
    source_hash: digestBytes(text),
    spans: spans.map((span) => ({ ...span, ...shownValue(span, shown.text) })),
  };
  output.say(scanView(text, spans, { isShown: 'text' in shown, paint: output.paint }), value);
  return undefined;
};

/** `ioi cim redact [FILE|-]`: the text with everything that was found replaced. */
export const cimRedact: Command = async ({ output }, [path = '-']) => {
  const source = read(path);
  const { text, spans } = redactText(source);
  if (!output.json) return void output.raw(text) as undefined;
  output.say([], { source_hash: digestBytes(source), text, spans });
  return undefined;
};

function shownValue({ start, end }: Span, text: string | undefined): { value?: string } {
  return text === undefined ? {} : { value: text.slice(start, end) };
}

/** As UTF-8; bytes that are none stand as the replacement character. */
function read(path: string): string {
  return Buffer.concat([...chunksOf(path)]).toString('utf8');
}
